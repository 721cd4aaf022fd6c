package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.DurableFiles;
import io.henge.engine.StoreSlot;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import io.henge.replication.Consensus.Start;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.ratis.RatisCluster;
import io.henge.replication.ratis.RatisSettings;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.ChildSeed;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.SeedMaker;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.StoredItem;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A split on real Ratis and RocksDB: three nodes, one of them cut off, and a restart of all. */
class SplitOnRatisTest {
  private static final List<String> NODES =
      List.of("00000000000000a1", "00000000000000b2", "00000000000000c3");
  private static final long CHILD = 9;
  private static final GroupId CHILD_GROUP = new GroupId(0x1234_5678_9abc_def0L, CHILD);
  private static final CollectionInfo COLLECTION =
      new CollectionInfo(1, "things", 0, false, false, 1);
  private static final Creation CREATION =
      new Creation(new ShardDescription(7, 1, new byte[0], new byte[0]), List.of(COLLECTION));

  /** The middle of the ring. */
  private static final byte[] CUT = {(byte) 0x80, 0, 0, 0, 0, 0, 0, 0};

  @TempDir Path directory;

  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
  private final ExecutorService readers = Executors.newFixedThreadPool(2);
  private final RocksStorageEngine engine = new RocksStorageEngine(RocksSettings.of(64 << 20));
  private final Map<String, ReplicatedShard> parents = new ConcurrentHashMap<>();
  private final Map<String, ReplicatedShard> children = new ConcurrentHashMap<>();
  private final Map<String, ShardStateMachine> childMachines = new ConcurrentHashMap<>();
  private ReplicatedShard.Origin origin = ReplicatedShard.Origin.NEW_GROUP;
  private @Nullable RatisCluster<ShardStateMachine> cluster;

  @AfterEach
  void stop() {
    parents.values().forEach(ReplicatedShard::close);
    children.values().forEach(ReplicatedShard::close);
    if (cluster != null) {
      cluster.shutdown();
    }
    timer.shutdownNow();
    readers.shutdownNow();
    engine.close();
  }

  @Test
  void shouldSplitAGroupOfThree() {
    RatisCluster<ShardStateMachine> running = start();
    String leader = leaderOf(parents);
    for (int i = 0; i < 40; i++) {
      write(parents, i, "before");
    }
    String lagging = NODES.stream().filter(id -> !id.equals(leader)).findFirst().orElseThrow();
    running.cutOff(lagging);

    ReshapeOutcome outcome =
        RatisCluster.join(
            parent(leader).reshape(new ReshapeCommand.Split(5, CHILD, CUT, 1, NODES)));
    assertThat(outcome.code()).as(outcome.message()).isNull();
    long splitAt = parent(leader).state().applied().index();
    LeaseInheritance inherited = parent(leader).inheritance(CHILD);
    assertThat(inherited).isNotNull();
    begin(leader, inherited);
    for (String id : NODES) {
      if (!id.equals(leader) && !id.equals(lagging)) {
        awaitChild(id);
        assertThat(parent(id).inheritance(CHILD)).isNull();
        begin(id, null);
      }
    }
    // The parent's leader stands at once: no waiting for a timeout.
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .atMost(RatisCluster.PATIENCE)
        .until(
            () -> {
              child(leader).group().standForElection();
              return child(leader).group().isLeader();
            });
    for (int i = 0; i < 40; i++) {
      write(isLow(i) ? parents : children, 100 + i, "after");
    }
    // A retry of what the parent has answered gets the parent's answer.
    int moved = firstHigh();
    assertThat(version(write(children, moved, "before")))
        .isEqualTo(Objects.requireNonNull(read(child(leader), moved)).version());

    // The log is kept for the one that lags, although much of it is durable.
    running.node(leader).machine().flush();
    RatisCluster.join(running.node(leader).group().purgeLog());
    assertThat(running.node(leader).group().logStartIndex()).isLessThanOrEqualTo(splitAt);
    running.heal(lagging);
    awaitChild(lagging);
    assertThat(seedOf(lagging)).exists();
    begin(lagging, null);
    awaitSame();

    restartAll();
    awaitSame();
    String childLeader = leaderOf(children);
    for (int i = 0; i < 40; i++) {
      ReplicatedShard of = isLow(i) ? parent(leaderOf(parents)) : child(childLeader);
      assertThat(read(of, i)).as("item %s", i).isNotNull();
      assertThat(read(of, 100 + i)).isNotNull();
    }
    trim(parents);
    trim(children);
    awaitSame();
    assertThat(running.node(leaderOf(parents)).machine().holdsLog()).isFalse();
  }

  // ---- Nodes ----

  private RatisCluster<ShardStateMachine> start() {
    RatisCluster<ShardStateMachine> started =
        new RatisCluster<>(
            directory, RatisSettings.small().withLogKept(1, 10), this::parentMachine);
    cluster = started;
    started.create(NODES.toArray(String[]::new));
    parents.forEach((id, shard) -> shard.attach(started.node(id).group()));
    return started;
  }

  private ShardStateMachine parentMachine(String id, Path place) {
    StoreSlot slot = StoreSlot.open(engine, place);
    ShardStateMachine machine = new ShardStateMachine(engine, slot, slot::swap);
    machine.seedMaker(new Seeds(id));
    parents.put(id, new ReplicatedShard(environment(id, parents), machine, slot, origin, CREATION));
    return machine;
  }

  private final class Seeds implements SeedMaker {
    private final String id;

    Seeds(String id) {
      this.id = id;
    }

    @Override
    public void seed(Child child, Consumer<Path> checkpoint) {
      if (Files.exists(store(id))) {
        return;
      }
      try {
        DurableFiles.deleteTree(seedOf(id));
        DurableFiles.createDirectories(seedOf(id).resolveSibling(""));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      checkpoint.accept(seedOf(id));
    }
  }

  private Path seedOf(String id) {
    return directory.resolve(id).resolve("seeds").resolve("9");
  }

  private Path store(String id) {
    return directory.resolve(id).resolve("child");
  }

  private void awaitChild(String id) {
    await()
        .atMost(RatisCluster.PATIENCE)
        .until(() -> parent(id).state().reshaping().child(CHILD) != null);
  }

  /** The child's first start on a node. */
  private void begin(String id, @Nullable LeaseInheritance inherited) {
    Child child = Objects.requireNonNull(parent(id).state().reshaping().child(CHILD));
    ChildSeed.finish(engine, seedOf(id), child);
    StoreSlot slot = StoreSlot.open(engine, store(id));
    slot.swap(seedOf(id));
    startChild(id, slot, Start.SEED, inherited);
  }

  private void startChild(
      String id, StoreSlot slot, Start how, @Nullable LeaseInheritance inherited) {
    ShardStateMachine machine = new ShardStateMachine(engine, slot, slot::swap);
    ReplicatedShard shard =
        ReplicatedShard.ofChild(environment(id, children), machine, slot, inherited);
    children.put(id, shard);
    childMachines.put(id, machine);
    RatisCluster<ShardStateMachine> running = Objects.requireNonNull(cluster);
    ConsensusGroup group =
        RatisCluster.join(
            running
                .node(id)
                .consensus()
                .start(
                    CHILD_GROUP,
                    how,
                    how == Start.SEED ? running.members(NODES.toArray(String[]::new)) : List.of(),
                    machine));
    shard.attach(group);
  }

  private void restartAll() {
    RatisCluster<ShardStateMachine> running = Objects.requireNonNull(cluster);
    parents.values().forEach(ReplicatedShard::close);
    children.values().forEach(ReplicatedShard::close);
    running.close();
    origin = ReplicatedShard.Origin.STARTED;
    for (String id : NODES) {
      running.node(id).restart();
      parent(id).attach(running.node(id).group());
      startChild(id, StoreSlot.open(engine, store(id)), Start.RESTART, null);
    }
  }

  private ReplicaEnvironment environment(String id, Map<String, ReplicatedShard> of) {
    return new ReplicaEnvironment(
        id,
        ClusterClock.ofLoneNode(),
        System::nanoTime,
        System::currentTimeMillis,
        timer,
        readers,
        (group, leader, deadline) -> Objects.requireNonNull(of.get(leader)).readIndex(deadline),
        LeaseTiming.DEFAULT,
        ReplicaLimits.DEFAULT);
  }

  // ---- What is asked of them ----

  private ReplicatedShard parent(String id) {
    return Objects.requireNonNull(parents.get(id));
  }

  private ReplicatedShard child(String id) {
    return Objects.requireNonNull(children.get(id));
  }

  private static String leaderOf(Map<String, ReplicatedShard> shards) {
    return await()
        .atMost(RatisCluster.PATIENCE)
        .until(
            () ->
                shards.entrySet().stream()
                    .filter(each -> each.getValue().group().isLeader())
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElse(null),
            Objects::nonNull);
  }

  private void trim(Map<String, ReplicatedShard> shards) {
    await()
        .atMost(RatisCluster.PATIENCE)
        .until(
            () -> {
              ReplicatedShard leader = Objects.requireNonNull(shards.get(leaderOf(shards)));
              RatisCluster.join(
                  leader
                      .reshape(new ReshapeCommand.Trim(List.of(CHILD)))
                      .handle((outcome, failure) -> null));
              return leader.state().reshaping().untrimmed() == null
                  && leader.state().reshaping().children().isEmpty();
            });
  }

  private void awaitSame() {
    RatisCluster<ShardStateMachine> running = Objects.requireNonNull(cluster);
    await()
        .atMost(RatisCluster.PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(NODES.stream().map(id -> running.node(id).machine().checksum()).distinct())
                  .hasSize(1);
              assertThat(NODES.stream().map(id -> childMachine(id).checksum()).distinct())
                  .hasSize(1);
            });
  }

  private ShardStateMachine childMachine(String id) {
    return Objects.requireNonNull(childMachines.get(id));
  }

  private static byte[] key(int i) {
    return PhysicalKey.of(Key.of("item" + i % 100), 1, Key.of(i));
  }

  private static boolean isLow(int i) {
    return PhysicalKey.token(key(i)) >= 0;
  }

  private static int firstHigh() {
    for (int i = 0; i < 40; i++) {
      if (!isLow(i)) {
        return i;
      }
    }
    throw new AssertionError("all items are in one half");
  }

  /** Under the same request id until it is acknowledged. */
  private WriteOutcome write(Map<String, ReplicatedShard> shards, int i, String value) {
    WriteCommand command =
        new WriteCommand(
            new RequestId(1, 2, i),
            System.currentTimeMillis() + 60_000,
            1,
            List.of(
                new Mutation(
                    key(i),
                    Condition.none(),
                    new Action.Put(
                        Value.of(value.getBytes(StandardCharsets.UTF_8)), Action.TTL_NEVER),
                    false)));
    return await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .atMost(RatisCluster.PATIENCE)
        .until(
            () -> {
              ReplicatedShard leader = Objects.requireNonNull(shards.get(leaderOf(shards)));
              CompletableFuture<WriteOutcome> answer = new CompletableFuture<>();
              leader.write(command, System.nanoTime() + 1_000_000_000L, answer::complete);
              leader.flush();
              return RatisCluster.join(answer);
            },
            outcome -> outcome.error() == null);
  }

  private static long version(WriteOutcome outcome) {
    return outcome.results().get(0).version();
  }

  private static @Nullable StoredItem read(ReplicatedShard shard, int i) {
    ReadOutcome found =
        await()
            .atMost(RatisCluster.PATIENCE)
            .until(
                () -> {
                  CompletableFuture<ReadOutcome> answer = new CompletableFuture<>();
                  shard.read(
                      new ReadCommand(List.of(key(i)), ReadLevel.linearizable()),
                      System.nanoTime() + 1_000_000_000L,
                      answer::complete);
                  return RatisCluster.join(answer);
                },
                outcome -> outcome.error() == null);
    return found.items().get(0);
  }
}
