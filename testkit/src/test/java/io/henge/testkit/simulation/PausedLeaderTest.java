package io.henge.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.Member;
import io.henge.replication.shard.FrozenDigest;
import io.henge.replication.shard.FrozenPage;
import io.henge.replication.shard.LeaseTiming;
import io.henge.replication.shard.ReadCommand;
import io.henge.replication.shard.ReadOutcome;
import io.henge.replication.sim.SimulatedNode;
import io.henge.replication.sim.SimulationSettings;
import io.henge.replication.statemachine.Mutation;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.StoredItem;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import io.henge.testkit.simulation.SimulatedShard.Options;
import io.henge.testkit.simulation.SimulatedShard.Replica;
import io.henge.testkit.simulation.SimulatedShard.Reshaping;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A leader is away while its shard is split, moved or merged, as fast as that can be done, and
 * knows nothing of it when it is back: it must not serve what was written over elsewhere.
 */
@Timeout(120)
class PausedLeaderTest {
  private static final int RUNS = Integer.getInteger("test.simulations", 40);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long RIGHT = 9;
  private static final String FOURTH = "00000000000000a4";

  /** In the upper half of the ring, which is what moves to another shard. */
  private static final byte[] KEY = upperKey();

  private static final byte[] CUT = {(byte) 0x80, 0, 0, 0, 0, 0, 0, 0};

  /** Quick elections, and a leader that is cut off does not step down. */
  private static final SimulationSettings QUICK =
      new SimulationSettings(
          Duration.ofNanos(100_000),
          Duration.ofMillis(1),
          0,
          0,
          Duration.ofMillis(1),
          Duration.ofNanos(100_000),
          Duration.ofMillis(500),
          Duration.ofMillis(900),
          Duration.ofMillis(100),
          Duration.ofSeconds(30));

  @TempDir Path directory;

  /** What the rest of the cluster does meanwhile. */
  enum Change {
    SPLIT,
    MERGE,
    MOVE
  }

  /** How the leader is away; messages do not reach it either way. */
  private enum Away {
    CUT_OFF,
    PAUSED,
    SUSPENDED
  }

  @ParameterizedTest
  @EnumSource(Change.class)
  void shouldNotServeAStaleRead(Change change) throws IOException {
    long first = Seed.next("PausedLeaderTest");
    for (int i = 0; i < RUNS; i++) {
      for (Away away : Away.values()) {
        int stale = new Run(first + i, Options.SPLITTING).staleReads(change, away);
        assertThat(stale).as("seed %s, %s", first + i, away).isZero();
      }
    }
  }

  /** Shows that it is the lease that prevents it, in each of the three. */
  @ParameterizedTest
  @EnumSource(Change.class)
  void shouldServeStaleReadsIfTheLeaseIsLongerThanOthersWait(Change change) throws IOException {
    LeaseTiming tooLong = LeaseTiming.of(Duration.ofSeconds(20), Duration.ofSeconds(30));
    for (String holder : SimulatedShard.NODES) {
      Options broken =
          new Options(
              node -> node.equals(holder) ? tooLong : LeaseTiming.DEFAULT,
              node -> node::wallMillis,
              Reshaping.SOUND);
      for (Away away : List.of(Away.CUT_OFF, Away.PAUSED)) {
        Run run = new Run(1, broken);
        run.victim = holder;
        assertThat(run.staleReads(change, away)).as("%s, %s", holder, away).isPositive();
      }
    }
  }

  /** A clock that stood still and a wall clock that stood still with it: nothing to notice. */
  @Test
  void shouldServeStaleReadsIfASuspensionIsNotNoticed() throws IOException {
    Options broken =
        new Options(
            node -> LeaseTiming.DEFAULT,
            node -> () -> node.nanoTime() / 1_000_000,
            Reshaping.SOUND);
    for (Change change : Change.values()) {
      assertThat(new Run(2, broken).staleReads(change, Away.SUSPENDED))
          .as("%s", change)
          .isPositive();
    }
  }

  private static byte[] upperKey() {
    for (int i = 0; ; i++) {
      byte[] key = SimulatedClient.physicalKey("item" + i);
      if (PhysicalKey.token(key) < 0) {
        return key;
      }
    }
  }

  /** One world. */
  private final class Run {
    private final SimulatedShard world;
    private final Random random;
    private @Nullable String victim;
    private long sequence;

    Run(long seed, Options options) throws IOException {
      Path place = Files.createTempDirectory(directory, "run");
      world = new SimulatedShard(seed, QUICK, place, options);
      random = world.time().random();
    }

    /** Reads by which the old leader gives the old value after the new one was acknowledged. */
    int staleReads(Change change, Away away) {
      leaderOf(SimulatedShard.ROOT, "");
      if (change == Change.MERGE) {
        halve();
      } else if (change == Change.MOVE) {
        world.join(FOURTH, SimulatedShard.ROOT);
      }
      long shard = change == Change.MERGE ? RIGHT : SimulatedShard.ROOT;
      String old = victim != null ? victim : SimulatedShard.NODES.get(random.nextInt(3));
      lead(shard, old);
      write(shard, "old", "");
      world.time().runFor(Duration.ofMillis(random.nextInt(1_000)));
      for (int i = 0; !"old".equals(read(old, shard)); i++) {
        assertThat(i).as("%s", state(old, shard)).isLessThan(100);
        lead(shard, old);
      }

      List<String> others = new ArrayList<>(SimulatedShard.NODES);
      others.remove(old);
      String next = others.get(random.nextInt(2));
      others.add(FOURTH);
      world.cluster().partition(List.of(old), others);
      switch (away) {
        case CUT_OFF -> {}
        case PAUSED -> world.cluster().node(old).pause();
        case SUSPENDED -> world.cluster().node(old).suspend();
      }
      world.shards().forEach(each -> lead(each, next));
      long now = change(change, next, old);
      write(now, "new", old);

      world.cluster().node(old).resume();
      // Else it had learned of the change, and this would show nothing.
      assertThat(isLeader(old, shard)).isTrue();
      int stale = 0;
      for (int i = 0; i < 20; i++) {
        stale += "old".equals(read(old, shard)) ? 1 : 0;
      }
      return stale;
    }

    /** Who holds the key then. */
    private long change(Change change, String leader, String without) {
      long shard = SimulatedShard.ROOT;
      switch (change) {
        case SPLIT -> {
          reshape(leader, shard, new ReshapeCommand.Split(5, RIGHT, CUT, 1, SimulatedShard.NODES));
          lead(RIGHT, leader);
        }
        case MERGE -> merge(leader);
        case MOVE -> {
          List<Member> members =
              Stream.of(
                      SimulatedShard.NODES.stream().filter(id -> !id.equals(without)),
                      Stream.of(FOURTH))
                  .flatMap(ids -> ids)
                  .map(id -> new Member(id, ""))
                  .toList();
          ConsensusGroup group = replica(leader, shard).shard().group();
          await(
              "a change of members",
              () ->
                  !group.changeMembers(members, Duration.ofSeconds(5)).isCompletedExceptionally());
          await("the new members", () -> group.membership().members().equals(members));
          if (random.nextBoolean()) {
            lead(shard, FOURTH);
          }
        }
      }
      return change == Change.SPLIT ? RIGHT : SimulatedShard.ROOT;
    }

    /** As the drivers do it: the left shard takes what the right one has. */
    private void merge(String leader) {
      long left = SimulatedShard.ROOT;
      reshape(
          leader, left, new ReshapeCommand.Absorb(6, replica(leader, RIGHT).shard().description()));
      reshape(leader, RIGHT, new ReshapeCommand.Freeze(6, left));
      while (true) {
        byte[] from =
            Objects.requireNonNull(state(leader, left).reshaping().absorbing()).position();
        if (Arrays.equals(from, ReshapeCommand.AbsorbRows.END)) {
          break;
        }
        FrozenPage page = get(() -> replica(leader, RIGHT).shard().frozenRows(6, from, 4_000));
        reshape(
            leader, left, new ReshapeCommand.AbsorbRows(6, page.from(), page.to(), page.rows()));
      }
      reshape(leader, RIGHT, new ReshapeCommand.Seal(6));
      FrozenDigest digest = get(() -> replica(leader, RIGHT).shard().frozenDigest(6));
      reshape(
          leader,
          left,
          new ReshapeCommand.AbsorbCommit(
              6,
              digest.epoch(),
              digest.timeMillis(),
              digest.version(),
              digest.catalogue(),
              digest.rows(),
              digest.checksum()));
    }

    /** Two shards, both whole. */
    private void halve() {
      String leader = leaderOf(SimulatedShard.ROOT, "");
      reshape(
          leader,
          SimulatedShard.ROOT,
          new ReshapeCommand.Split(5, RIGHT, CUT, 1, SimulatedShard.NODES));
      await("replicas of the child", () -> world.isComplete(RIGHT));
      for (long shard : new long[] {SimulatedShard.ROOT, RIGHT}) {
        lead(shard, leader);
        await(
            "trim",
            () -> {
              reshape(leader, shard, new ReshapeCommand.Trim(List.of(RIGHT)));
              return state(leader, shard).reshaping().untrimmed() == null;
            });
      }
    }

    // ---- What the nodes are told ----

    private void await(String what, BooleanSupplier condition) {
      assertThat(world.time().runUntil(condition, PATIENCE)).as(what).isTrue();
    }

    private <T> T get(Supplier<CompletableFuture<T>> asked) {
      CompletableFuture<T> future = asked.get();
      await("an answer", future::isDone);
      return future.join();
    }

    private Replica replica(String node, long shard) {
      return Objects.requireNonNull(world.replica(node, shard), () -> shard + " on " + node);
    }

    private ShardState state(String node, long shard) {
      return replica(node, shard).shard().state();
    }

    private boolean isLeader(String node, long shard) {
      Replica replica = world.replica(node, shard);
      return replica != null && replica.shard().group().isLeader();
    }

    /** The newest leader there is among all but one. */
    private String leaderOf(long shard, String without) {
      List<String> found = new ArrayList<>();
      await(
          "a leader of shard " + shard,
          () -> {
            found.clear();
            world.cluster().nodes().stream()
                .map(SimulatedNode::id)
                .filter(id -> !id.equals(without) && isLeader(id, shard))
                .forEach(found::add);
            return !found.isEmpty();
          });
      return found.get(0);
    }

    /** Makes a node lead, at once. */
    private void lead(long shard, String node) {
      await("a replica on " + node, () -> world.replica(node, shard) != null);
      for (int i = 0; i < 1_000 && !isLeader(node, shard); i++) {
        replica(node, shard).shard().group().standForElection();
        world
            .time()
            .runUntil(() -> isLeader(node, shard), Duration.ofMillis(3 + random.nextInt(20)));
      }
      assertThat(isLeader(node, shard)).isTrue();
    }

    private void reshape(String leader, long shard, ReshapeCommand command) {
      ReshapeOutcome outcome = get(() -> replica(leader, shard).shard().reshape(command));
      assertThat(outcome.code()).as("%s: %s", command, outcome.message()).isNull();
    }

    /** Until it is acknowledged by whoever leads, but for one. */
    private void write(long shard, String value, String without) {
      WriteCommand command =
          new WriteCommand(
              new RequestId(1, 2, ++sequence),
              1_700_000_000_000L + world.time().nanos() / 1_000_000 + 60_000,
              SimulatedShard.COLLECTION.changedIn(),
              List.of(
                  new Mutation(
                      KEY,
                      Condition.none(),
                      new Action.Put(Value.of(value), Action.TTL_NEVER),
                      false)));
      for (int i = 0; i < 1_000; i++) {
        String leader = leaderOf(shard, without);
        CompletableFuture<WriteOutcome> answer = new CompletableFuture<>();
        long deadline = world.cluster().node(leader).nanoTime() + 1_000_000_000L;
        replica(leader, shard).shard().write(command, deadline, answer::complete);
        replica(leader, shard).shard().flush();
        await("an answer to a write", answer::isDone);
        if (answer.join().error() == null) {
          return;
        }
        world.time().runFor(Duration.ofMillis(2));
      }
      throw new AssertionError(value + " was never written");
    }

    /** By a linearizable read of a node's replica; null if it was refused. */
    private @Nullable String read(String node, long shard) {
      CompletableFuture<ReadOutcome> answer = new CompletableFuture<>();
      long deadline = world.cluster().node(node).nanoTime() + 20_000_000L;
      replica(node, shard)
          .shard()
          .read(
              new ReadCommand(List.of(KEY), ReadLevel.linearizable()), deadline, answer::complete);
      await("an answer to a read", answer::isDone);
      if (answer.join().error() != null) {
        return null;
      }
      StoredItem item = answer.join().items().get(0);
      return item != null && item.value() instanceof Value.Data data
          ? new String(data.bytes(), StandardCharsets.UTF_8)
          : "";
    }
  }
}
