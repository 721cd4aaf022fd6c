package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.StoreSlot;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.ratis.RatisCluster;
import io.henge.replication.ratis.RatisSettings;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.StoredItem;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.nio.charset.StandardCharsets;
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
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * On real Ratis: a leader is cut off right after it has served a read, another node takes over at
 * once, and the old leader, which does not know, is asked again.
 */
class StaleReadTest {
  private static final String A = "00000000000000a1";
  private static final String B = "00000000000000b2";
  private static final String C = "00000000000000c3";
  private static final byte[] KEY = PhysicalKey.of(Key.of("all"), 1, Key.of("x"));
  private static final Creation CREATION =
      new Creation(
          new ShardDescription(1, 1, new byte[0], new byte[0]),
          List.of(new CollectionInfo(1, "things", 0, false, false, 1)));

  @TempDir Path directory;

  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
  private final ExecutorService readers = Executors.newFixedThreadPool(2);
  private final Map<String, ReplicatedShard> shards = new ConcurrentHashMap<>();
  private final AtomicLong sequence = new AtomicLong();
  private @Nullable RatisCluster<ShardStateMachine> cluster;

  @AfterEach
  void stop() {
    shards.values().forEach(ReplicatedShard::close);
    if (cluster != null) {
      cluster.shutdown();
    }
    timer.shutdownNow();
    readers.shutdownNow();
  }

  @Test
  void shouldNotServeAStaleReadFromACutOffLeader() {
    startLedByA(LeaseTiming.DEFAULT);
    assertThat(staleReadsAfterTakeover()).isZero();
  }

  /** Shows that the lease is what prevents it: Ratis lets the old leader go on. */
  @Test
  void shouldServeStaleReadsIfTheLeaseIsLongerThanOthersWait() {
    startLedByA(LeaseTiming.of(Duration.ofSeconds(30), Duration.ofSeconds(60)));
    assertThat(staleReadsAfterTakeover()).isPositive();
  }

  /** Reads that the old leader answers with the old value after the new one was acknowledged. */
  private int staleReadsAfterTakeover() {
    RatisCluster<ShardStateMachine> running = Objects.requireNonNull(cluster);
    writeUntilAcknowledged("old", A);
    // The others would never elect one who has less of the log than they have.
    await()
        .atMost(RatisCluster.PATIENCE)
        .until(() -> "old".equals(read(B, ReadLevel.eventual())) && "old".equals(read(A)));
    running.cutOff(A);
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(5))
        .atMost(RatisCluster.PATIENCE)
        .until(
            () -> {
              running.node(B).group().standForElection();
              return running.node(B).group().isLeader() || running.node(C).group().isLeader();
            });
    writeUntilAcknowledged("new", B, C);
    int stale = 0;
    int asked = 0;
    while (shard(A).group().isLeader() || asked < 10) {
      asked++;
      if ("old".equals(read(A))) {
        stale++;
      }
    }
    assertThat(asked).isPositive();
    running.heal(A);
    await()
        .atMost(RatisCluster.PATIENCE)
        .until(
            () ->
                List.of(A, B, C).stream().anyMatch(id -> "new".equals(read(id)))
                    && shards.values().stream().filter(s -> s.group().isLeader()).count() == 1);
    return stale;
  }

  private void startLedByA(LeaseTiming leaseOfA) {
    RatisCluster<ShardStateMachine> started =
        new RatisCluster<>(
            directory,
            RatisSettings.normal(),
            (id, place) -> machine(id, place, id.equals(A) ? leaseOfA : LeaseTiming.DEFAULT));
    cluster = started;
    started.create(A, B, C);
    shards.forEach((id, shard) -> shard.attach(started.node(id).group()));
    await()
        .atMost(RatisCluster.PATIENCE)
        .until(
            () -> {
              if (shard(A).group().isLeader()) {
                return true;
              }
              for (ReplicatedShard shard : shards.values()) {
                if (shard.group().isLeader()) {
                  RatisCluster.join(shard.transferLeadership(A).handle((done, failure) -> null));
                }
              }
              return false;
            });
  }

  private ShardStateMachine machine(String id, Path place, LeaseTiming lease) {
    InMemoryStorageEngine engine = new InMemoryStorageEngine();
    StoreSlot slot = StoreSlot.open(engine, place);
    ShardStateMachine machine = new ShardStateMachine(engine, slot, slot::swap);
    ReplicaEnvironment environment =
        new ReplicaEnvironment(
            id,
            ClusterClock.ofLoneNode(),
            System::nanoTime,
            System::currentTimeMillis,
            timer,
            readers,
            (group, leader, deadline) -> shard(leader).readIndex(deadline),
            lease,
            ReplicaLimits.DEFAULT);
    shards.put(
        id,
        new ReplicatedShard(
            environment, machine, slot, ReplicatedShard.Origin.NEW_GROUP, CREATION));
    return machine;
  }

  private void writeUntilAcknowledged(String value, String... nodes) {
    WriteCommand command =
        new WriteCommand(
            new RequestId(1, 2, sequence.incrementAndGet()),
            System.currentTimeMillis() + 30_000,
            1,
            List.of(
                new Mutation(
                    KEY,
                    Condition.none(),
                    new Action.Put(Value.of(value), Action.TTL_NEVER),
                    false)));
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .atMost(RatisCluster.PATIENCE)
        .until(
            () -> {
              for (String node : nodes) {
                if (write(node, command).error() == null) {
                  return true;
                }
              }
              return false;
            });
  }

  private WriteOutcome write(String node, WriteCommand command) {
    CompletableFuture<WriteOutcome> answer = new CompletableFuture<>();
    shard(node).write(command, System.nanoTime() + 1_000_000_000L, answer::complete);
    shard(node).flush();
    return RatisCluster.join(answer);
  }

  /** The value by a linearizable read, or null if it was refused. */
  private @Nullable String read(String node) {
    return read(node, ReadLevel.linearizable());
  }

  private @Nullable String read(String node, ReadLevel level) {
    CompletableFuture<ReadOutcome> answer = new CompletableFuture<>();
    shard(node)
        .read(
            new ReadCommand(List.of(KEY), level),
            System.nanoTime() + 50_000_000L,
            answer::complete);
    ReadOutcome outcome = RatisCluster.join(answer);
    HengeException error = outcome.error();
    if (error != null) {
      assertThat(error.code())
          .isIn(ErrorCode.NOT_LEADER, ErrorCode.DEADLINE, ErrorCode.UNAVAILABLE);
      return null;
    }
    StoredItem item = outcome.items().get(0);
    return item != null && item.value() instanceof Value.Data data
        ? new String(data.bytes(), StandardCharsets.UTF_8)
        : "";
  }

  private ReplicatedShard shard(String node) {
    return Objects.requireNonNull(shards.get(node));
  }
}
