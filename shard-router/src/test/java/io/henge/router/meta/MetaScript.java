package io.henge.router.meta;

import com.google.protobuf.ByteString;
import io.henge.api.internal.v1.AbandonReplica;
import io.henge.api.internal.v1.AddReplica;
import io.henge.api.internal.v1.BeginOperation;
import io.henge.api.internal.v1.ConfirmReplicas;
import io.henge.api.internal.v1.CreateCollection;
import io.henge.api.internal.v1.DropCollection;
import io.henge.api.internal.v1.FormCluster;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RaiseFeatureLevel;
import io.henge.api.internal.v1.RecordMerge;
import io.henge.api.internal.v1.RecordSplit;
import io.henge.api.internal.v1.RegisterNode;
import io.henge.api.internal.v1.SetMetaReplicas;
import io.henge.api.internal.v1.SetNodeState;
import io.henge.api.internal.v1.SetSetting;
import io.henge.api.internal.v1.UpdateOperation;
import io.henge.api.v1.Documents;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationState;
import io.henge.api.v1.RequestId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.NullUnmarked;

/** Drives a state by commands and keeps what happened. */
@NullUnmarked
final class MetaScript {
  MetaState state = MetaState.EMPTY;
  final List<MetaCommand> commands = new ArrayList<>();
  final List<Applied> applied = new ArrayList<>();
  private long sequence;

  MetaResult run(MetaCommand.Builder command) {
    return runAs(++sequence, command);
  }

  MetaResult runAs(long sequence, MetaCommand.Builder command) {
    MetaCommand built =
        command
            .setRequestId(
                RequestId.newBuilder().setClientHigh(7).setClientLow(8).setSequence(sequence))
            .build();
    Applied one = state.apply(built);
    commands.add(built);
    applied.add(one);
    state = one.state();
    return one.result();
  }

  static MetaScript formed(int shards) {
    MetaScript script = new MetaScript();
    script.run(form("c1", "a", shards));
    return script;
  }

  static NodeRecord.Builder node(String letter) {
    int port = 7000 + letter.charAt(0);
    return NodeRecord.newBuilder()
        .setNodeId(letter.repeat(16))
        .setName("n-" + letter)
        .setClientAddress("127.0.0.1:" + port)
        .setRaftAddress("127.0.0.1:" + (port + 1000))
        .setHttpAddress("127.0.0.1:" + (port + 2000))
        .setFeatureLevel(1);
  }

  static String id(String letter) {
    return letter.repeat(16);
  }

  static MetaCommand.Builder form(String cluster, String node, int shards) {
    return MetaCommand.newBuilder()
        .setFormCluster(
            FormCluster.newBuilder()
                .setClusterId(cluster)
                .setFirstNode(node(node))
                .setShards(shards));
  }

  static MetaCommand.Builder register(NodeRecord.Builder node, boolean oldIsDead) {
    return MetaCommand.newBuilder()
        .setRegisterNode(
            RegisterNode.newBuilder().setNode(node).setOldIncarnationIsDead(oldIsDead));
  }

  static MetaCommand.Builder collection(
      String name, long ttl, boolean divisible, boolean ifAbsent) {
    return MetaCommand.newBuilder()
        .setCreateCollection(
            CreateCollection.newBuilder()
                .setName(name)
                .setTtlMillis(ttl)
                .setDivisible(divisible)
                .setIfAbsent(ifAbsent));
  }

  static MetaCommand.Builder documents(String name, Documents documents, boolean ifAbsent) {
    return MetaCommand.newBuilder()
        .setCreateCollection(
            CreateCollection.newBuilder()
                .setName(name)
                .setDocuments(documents)
                .setIfAbsent(ifAbsent));
  }

  static MetaCommand.Builder drop(String name) {
    return MetaCommand.newBuilder().setDropCollection(DropCollection.newBuilder().setName(name));
  }

  static MetaCommand.Builder add(long shard, String node, long expected) {
    return MetaCommand.newBuilder()
        .setAddReplica(
            AddReplica.newBuilder()
                .setShardId(shard)
                .setNodeId(id(node))
                .setExpectedConfVersion(expected));
  }

  static MetaCommand.Builder abandon(long shard, String node, long expected) {
    return MetaCommand.newBuilder()
        .setAbandonReplica(
            AbandonReplica.newBuilder()
                .setShardId(shard)
                .setNodeId(id(node))
                .setExpectedConfVersion(expected));
  }

  static MetaCommand.Builder confirm(long shard, long index, String... nodes) {
    ConfirmReplicas.Builder confirm =
        ConfirmReplicas.newBuilder().setShardId(shard).setConfIndex(index);
    for (String node : nodes) {
      confirm.addNodeIds(id(node));
    }
    return MetaCommand.newBuilder().setConfirmReplicas(confirm);
  }

  static MetaCommand.Builder meta(
      List<String> members, List<String> joining, long index, long expected) {
    return MetaCommand.newBuilder()
        .setSetMetaReplicas(
            SetMetaReplicas.newBuilder()
                .addAllNodeIds(members.stream().map(MetaScript::id).toList())
                .addAllJoiningNodeIds(joining.stream().map(MetaScript::id).toList())
                .setConfIndex(index)
                .setExpectedConfVersion(expected));
  }

  static MetaCommand.Builder set(String name, String value) {
    return MetaCommand.newBuilder()
        .setSetSetting(SetSetting.newBuilder().setName(name).setValue(value));
  }

  static MetaCommand.Builder raise(int level) {
    return MetaCommand.newBuilder()
        .setRaiseFeatureLevel(RaiseFeatureLevel.newBuilder().setLevel(level));
  }

  static MetaCommand.Builder split(long shard, ByteString at) {
    return begin(OperationKind.OPERATION_KIND_SPLIT, shard, b -> b.setAt(at));
  }

  static MetaCommand.Builder merge(long left, long right) {
    return begin(OperationKind.OPERATION_KIND_MERGE, left, b -> b.setOtherShardId(right));
  }

  static MetaCommand.Builder move(long shard, String from, String to) {
    return begin(
        OperationKind.OPERATION_KIND_MOVE,
        shard,
        b -> b.setFromNodeId(id(from)).setToNodeId(id(to)));
  }

  static MetaCommand.Builder drain(String node) {
    return begin(OperationKind.OPERATION_KIND_DRAIN, 0, b -> b.setFromNodeId(id(node)));
  }

  static MetaCommand.Builder begin(
      OperationKind kind, long shard, UnaryOperator<BeginOperation.Builder> more) {
    return MetaCommand.newBuilder()
        .setBeginOperation(
            more.apply(
                BeginOperation.newBuilder()
                    .setKind(kind)
                    .setShardId(shard)
                    .setReason("because")
                    .setAtMillis(1_000)));
  }

  static MetaCommand.Builder update(long operation, OperationState state) {
    return MetaCommand.newBuilder()
        .setUpdateOperation(
            UpdateOperation.newBuilder()
                .setOperationId(operation)
                .setState(state)
                .setPhase("copying")
                .setAtMillis(2_000));
  }

  static MetaCommand.Builder recordSplit(
      long shard, long child, ByteString at, long epoch, String... nodes) {
    RecordSplit.Builder split =
        RecordSplit.newBuilder().setShardId(shard).setChildId(child).setAt(at).setEpoch(epoch);
    for (String node : nodes) {
      split.addChildNodeIds(id(node));
    }
    return MetaCommand.newBuilder().setRecordSplit(split);
  }

  static MetaCommand.Builder recordMerge(long left, long right, long epoch) {
    return MetaCommand.newBuilder()
        .setRecordMerge(
            RecordMerge.newBuilder().setShardId(left).setAbsorbedId(right).setEpoch(epoch));
  }

  static MetaCommand.Builder state(String node, NodeState state, boolean dead) {
    return MetaCommand.newBuilder()
        .setSetNodeState(
            SetNodeState.newBuilder().setNodeId(id(node)).setState(state).setDead(dead));
  }

  /** A physical key with nothing but a token that begins so. */
  static ByteString at(int firstByte) {
    return ByteString.copyFrom(new byte[] {(byte) firstByte, 0, 0, 0, 0, 0, 0, 0});
  }
}
