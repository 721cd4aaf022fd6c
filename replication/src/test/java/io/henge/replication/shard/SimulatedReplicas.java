package io.henge.replication.shard;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.StoreSlot;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.Consensus.Start;
import io.henge.replication.GroupId;
import io.henge.replication.Member;
import io.henge.replication.sim.SimulatedCluster;
import io.henge.replication.sim.SimulatedNode;
import io.henge.replication.sim.SimulationSettings;
import io.henge.replication.sim.VirtualTime;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.StoredItem;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Replicas of one shard over simulated consensus, as many as wanted. */
final class SimulatedReplicas {
  static final Duration LONG = Duration.ofSeconds(20);
  static final ShardDescription WHOLE = new ShardDescription(1, 1, new byte[0], new byte[0]);

  final VirtualTime time = new VirtualTime(11);
  final SimulatedCluster cluster;
  final List<String> ids = new ArrayList<>();
  private final Map<String, ReplicatedShard> shards = new HashMap<>();
  private final Map<String, StoreSlot> slots = new HashMap<>();
  private long sequence;

  SimulatedReplicas(Path directory, int nodes, ReplicaLimits limits) {
    this(directory, nodes, limits, WHOLE);
  }

  SimulatedReplicas(Path directory, int nodes, ReplicaLimits limits, ShardDescription range) {
    this(
        directory,
        nodes,
        limits,
        range,
        List.of(new CollectionInfo(1, "things", 0, false, false, 1)));
  }

  SimulatedReplicas(
      Path directory,
      int nodes,
      ReplicaLimits limits,
      ShardDescription range,
      List<CollectionInfo> collections) {
    Creation creation = new Creation(range, collections);
    cluster = new SimulatedCluster(time, SimulationSettings.CALM, null);
    List<Member> members = new ArrayList<>();
    for (int i = 1; i <= nodes; i++) {
      String id = String.format("%016x", i);
      ids.add(id);
      members.add(new Member(id, ""));
    }
    for (String id : ids) {
      SimulatedNode node = cluster.node(id);
      InMemoryStorageEngine engine = new InMemoryStorageEngine();
      StoreSlot slot = StoreSlot.open(engine, directory.resolve(id));
      slots.put(id, slot);
      ShardStateMachine machine = new ShardStateMachine(engine, slot, slot::swap);
      ReplicatedShard shard =
          new ReplicatedShard(
              environment(node, limits), machine, slot, ReplicatedShard.Origin.NEW_GROUP, creation);
      shards.put(id, shard);
      shard.attach(
          node.consensus().start(new GroupId(5, 1), Start.CREATE, members, machine).join());
    }
    runUntil(() -> shards.values().stream().anyMatch(s -> s.statistics().entries() > 0));
  }

  private ReplicaEnvironment environment(SimulatedNode node, ReplicaLimits limits) {
    ClusterClock clock =
        new ClusterClock() {
          @Override
          public long millis() {
            return node.wallMillis();
          }

          @Override
          public boolean majorityReached(long millis) {
            return true;
          }
        };
    return new ReplicaEnvironment(
        node.id(),
        clock,
        node::nanoTime,
        node::wallMillis,
        node.scheduler(),
        node.scheduler(),
        (group, leader, deadline) -> {
          CompletableFuture<Long> answer = new CompletableFuture<>();
          cluster.send(
              node.id(),
              leader,
              () ->
                  shard(leader)
                      .readIndex(deadline)
                      .thenAccept(
                          index -> cluster.send(leader, node.id(), () -> answer.complete(index))));
          return answer;
        },
        LeaseTiming.DEFAULT,
        limits);
  }

  ReplicatedShard shard(String id) {
    return Objects.requireNonNull(shards.get(id));
  }

  /** Where a replica's rows are. */
  StoreSlot slot(String id) {
    return Objects.requireNonNull(slots.get(id));
  }

  String leaderId() {
    return ids.stream().filter(id -> shard(id).group().isLeader()).findFirst().orElseThrow();
  }

  ReplicatedShard leader() {
    return shard(leaderId());
  }

  List<String> followerIds() {
    return ids.stream().filter(id -> !id.equals(leaderId())).toList();
  }

  void runUntil(BooleanSupplier condition) {
    if (!time.runUntil(condition, LONG)) {
      throw new AssertionError("it did not happen within " + LONG + " of virtual time");
    }
  }

  long deadline(String node, long millis) {
    return cluster.node(node).nanoTime() + millis * 1_000_000;
  }

  WriteCommand command(String key, Action action) {
    return command(key, action, cluster.node(ids.get(0)).wallMillis() + 30_000);
  }

  WriteCommand command(String key, Action action, long notAfterMillis) {
    return new WriteCommand(
        new RequestId(1, 2, ++sequence),
        notAfterMillis,
        1,
        List.of(new Mutation(key(key), Condition.none(), action, false)));
  }

  static byte[] key(String name) {
    return PhysicalKey.of(Key.of("all"), 1, Key.of(name));
  }

  /** Queues without flushing. */
  Answer<WriteOutcome> queue(String node, WriteCommand command, long timeoutMillis) {
    Answer<WriteOutcome> answer = new Answer<>();
    shard(node).write(command, deadline(node, timeoutMillis), answer);
    return answer;
  }

  WriteOutcome write(String key, Action action) {
    Answer<WriteOutcome> answer = queue(leaderId(), command(key, action), 5_000);
    leader().flush();
    runUntil(() -> answer.result != null);
    return answer.get();
  }

  WriteOutcome put(String key, String value) {
    return write(key, new Action.Put(Value.of(value), Action.TTL_NEVER));
  }

  Answer<ReadOutcome> read(String node, String key, ReadLevel level, long timeoutMillis) {
    Answer<ReadOutcome> answer = new Answer<>();
    shard(node)
        .read(new ReadCommand(List.of(key(key)), level), deadline(node, timeoutMillis), answer);
    return answer;
  }

  Answer<ReadOutcome> range(String node, RangeCommand command, long timeoutMillis) {
    Answer<ReadOutcome> answer = new Answer<>();
    shard(node).range(command, deadline(node, timeoutMillis), answer);
    return answer;
  }

  static @Nullable Value value(ReadOutcome outcome) {
    StoredItem item = outcome.items().get(0);
    return item == null ? null : item.value();
  }

  /** Keeps a result, and how often it was flushed. */
  static final class Answer<T> implements Completion<T> {
    @Nullable T result;
    int flushes;

    @Override
    public void complete(T given) {
      if (result != null) {
        throw new AssertionError("completed twice: " + result + " and " + given);
      }
      result = given;
    }

    @Override
    public void flush() {
      flushes++;
    }

    T get() {
      return Objects.requireNonNull(result, "no answer yet");
    }
  }
}
