package io.henge.router.meta;

import io.henge.api.internal.v1.AbandonReplica;
import io.henge.api.internal.v1.AddReplica;
import io.henge.api.internal.v1.ConfirmReplicas;
import io.henge.api.internal.v1.CreateCollection;
import io.henge.api.internal.v1.DropCollection;
import io.henge.api.internal.v1.FormCluster;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RaiseFeatureLevel;
import io.henge.api.internal.v1.RegisterNode;
import io.henge.api.internal.v1.SetMetaReplicas;
import io.henge.api.internal.v1.SetSetting;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.RequestId;
import java.util.ArrayList;
import java.util.List;
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
}
