package io.henge.testkit.simulation;

import io.henge.engine.StoreSlot;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.Consensus.Start;
import io.henge.replication.GroupId;
import io.henge.replication.Member;
import io.henge.replication.shard.ClusterClock;
import io.henge.replication.shard.Creation;
import io.henge.replication.shard.LeaderIndex;
import io.henge.replication.shard.LeaseTiming;
import io.henge.replication.shard.ReplicaEnvironment;
import io.henge.replication.shard.ReplicaLimits;
import io.henge.replication.shard.ReplicatedShard;
import io.henge.replication.sim.SimulatedCluster;
import io.henge.replication.sim.SimulatedNode;
import io.henge.replication.sim.SimulationSettings;
import io.henge.replication.sim.VirtualTime;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardStateMachine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** One shard on three simulated nodes: the product's replicas over consensus in virtual time. */
final class SimulatedShard {
  static final List<String> NODES =
      List.of("00000000000000a1", "00000000000000a2", "00000000000000a3");
  static final CollectionInfo COLLECTION = new CollectionInfo(1, "things", 0, false, false, 1);
  private static final GroupId GROUP = new GroupId(5, 1);
  private static final Creation CREATION =
      new Creation(new ShardDescription(1, 1, new byte[0], new byte[0]), List.of(COLLECTION));

  /** What a test may make different on a node. */
  record Options(
      Function<String, LeaseTiming> lease, Function<SimulatedNode, LongSupplier> wallMillis) {
    static final Options SOUND = new Options(node -> LeaseTiming.DEFAULT, node -> node::wallMillis);
  }

  /** A node's replica in one of its lives. */
  record Replica(ShardStateMachine machine, ReplicatedShard shard) {}

  private final VirtualTime time;
  private final SimulatedCluster cluster;
  private final Path directory;
  private final Options options;
  private final Map<String, Replica> replicas = new HashMap<>();

  SimulatedShard(long seed, SimulationSettings settings, Path directory, Options options) {
    this.time = new VirtualTime(seed);
    this.cluster = new SimulatedCluster(time, settings, directory);
    this.directory = directory;
    this.options = options;
    List<Member> members = NODES.stream().map(id -> new Member(id, "")).toList();
    for (String id : NODES) {
      start(cluster.node(id), Start.CREATE, members);
    }
  }

  VirtualTime time() {
    return time;
  }

  SimulatedCluster cluster() {
    return cluster;
  }

  Replica replica(String node) {
    return Objects.requireNonNull(replicas.get(node));
  }

  void restart(SimulatedNode node) {
    node.restart();
    start(node, Start.RESTART, List.of());
  }

  /** Everything works again; runs until a leader serves and all replicas are equally far. */
  boolean settle(Duration limit) {
    cluster.heal();
    cluster.settings(SimulationSettings.CALM);
    for (SimulatedNode node : cluster.nodes()) {
      node.resume();
      if (!node.isUp()) {
        restart(node);
      }
    }
    return time.runUntil(
        () -> {
          long applied = replica(NODES.get(0)).machine.applied().index();
          return NODES.stream().allMatch(id -> replica(id).machine.applied().index() == applied)
              && NODES.stream().anyMatch(id -> replica(id).shard.group().isLeader())
              && NODES.stream()
                  .filter(id -> replica(id).shard.group().isLeader())
                  .allMatch(
                      id ->
                          replica(id).shard.group().committedIndex() == applied
                              && replica(id).shard.group().term()
                                  == replica(id).machine.applied().term());
        },
        limit);
  }

  private void start(SimulatedNode node, Start how, List<Member> members) {
    InMemoryStorageEngine engine = new InMemoryStorageEngine();
    StoreSlot slot = StoreSlot.open(engine, directory.resolve(node.id()));
    ShardStateMachine machine = new ShardStateMachine(engine, slot, slot::swap);
    ReplicatedShard shard =
        new ReplicatedShard(
            environment(node),
            machine,
            slot,
            how == Start.CREATE ? ReplicatedShard.Origin.NEW_GROUP : ReplicatedShard.Origin.STARTED,
            CREATION);
    replicas.put(node.id(), new Replica(machine, shard));
    shard.attach(node.consensus().start(GROUP, how, members, machine).join());
  }

  private ReplicaEnvironment environment(SimulatedNode node) {
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
    Executor readers = task -> node.schedule((long) (time.random().nextDouble() * 5_000_000), task);
    return new ReplicaEnvironment(
        node.id(),
        clock,
        node::nanoTime,
        options.wallMillis.apply(node),
        node.scheduler(),
        readers,
        leaderIndex(node),
        options.lease.apply(node.id()),
        ReplicaLimits.DEFAULT);
  }

  private LeaderIndex leaderIndex(SimulatedNode node) {
    return (group, leader, deadlineNanos) -> {
      CompletableFuture<Long> answer = new CompletableFuture<>();
      cluster.send(
          node.id(),
          leader,
          () -> {
            long leaderDeadline = cluster.node(leader).nanoTime() + 1_000_000_000L;
            replica(leader)
                .shard
                .readIndex(leaderDeadline)
                .whenComplete(
                    (index, failure) ->
                        cluster.send(
                            leader,
                            node.id(),
                            () -> {
                              if (failure != null) {
                                answer.completeExceptionally(failure);
                              } else {
                                answer.complete(index);
                              }
                            }));
          });
      return answer;
    };
  }
}
