package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.Value;
import io.henge.replication.shard.SimulatedReplicas.Answer;
import io.henge.replication.sim.SimulationSettings;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicatedShardTest {
  private static final Action ADD = new Action.Add(1);

  @TempDir Path directory;

  private SimulatedReplicas start(int nodes) {
    return start(nodes, ReplicaLimits.DEFAULT);
  }

  private SimulatedReplicas start(int nodes, ReplicaLimits limits) {
    return new SimulatedReplicas(directory, nodes, limits);
  }

  private static ReplicaLimits limits(int writes, long bytes, int entryWrites, long requestBytes) {
    return new ReplicaLimits(
        writes, bytes, entryWrites, 1 << 20, 100, requestBytes, 65_000, 20, 256L << 20, 50);
  }

  @Test
  void shouldPutAllThatWaitsIntoTheNextEntry() {
    SimulatedReplicas replicas = start(3);
    String leader = replicas.leaderId();
    long before = replicas.leader().statistics().entries();
    Answer<WriteOutcome> first = replicas.queue(leader, replicas.command("n", ADD), 5_000);
    replicas.leader().flush();
    List<Answer<WriteOutcome>> others = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      others.add(replicas.queue(leader, replicas.command("n", ADD), 5_000));
      replicas.leader().flush();
    }
    assertThat(replicas.leader().statistics().queuedWrites()).isEqualTo(100);
    replicas.runUntil(() -> others.get(99).result != null);
    assertThat(replicas.leader().statistics().entries() - before).isEqualTo(2);
    assertThat(first.get().results().get(0).counter()).isEqualTo(1);
    for (int i = 0; i < 100; i++) {
      assertThat(others.get(i).get().results().get(0).counter()).isEqualTo(i + 2);
      assertThat(others.get(i).flushes).isEqualTo(1);
    }
  }

  @Test
  void shouldBoundTheWritesOfAnEntry() {
    SimulatedReplicas replicas = start(1, limits(1_000, 1 << 20, 10, 1 << 20));
    long before = replicas.leader().statistics().entries();
    Answer<WriteOutcome> last =
        replicas.queue(replicas.leaderId(), replicas.command("n", ADD), 5_000);
    for (int i = 1; i < 25; i++) {
      last = replicas.queue(replicas.leaderId(), replicas.command("n", ADD), 5_000);
    }
    replicas.leader().flush();
    Answer<WriteOutcome> end = last;
    replicas.runUntil(() -> end.result != null);
    assertThat(replicas.leader().statistics().entries() - before).isEqualTo(3);
  }

  @Test
  void shouldAnswerBusyWhenTheQueueIsFull() {
    SimulatedReplicas replicas = start(3, limits(5, 1 << 20, 10, 1 << 20));
    replicas.cluster.partition(List.of(replicas.leaderId()), replicas.followerIds());
    String leader = replicas.leaderId();
    replicas.queue(leader, replicas.command("n", ADD), 5_000);
    replicas.leader().flush();
    for (int i = 0; i < 5; i++) {
      assertThat(replicas.queue(leader, replicas.command("n", ADD), 200).result).isNull();
    }
    WriteOutcome refused = replicas.queue(leader, replicas.command("n", ADD), 5_000).get();
    assertThat(refused.error()).isEqualTo(ErrorCode.BUSY);
    assertThat(refused.retryAfterMillis()).isPositive();
    // Those that nobody waits for any more make room, although nothing is proposed.
    replicas.time.runFor(Duration.ofMillis(400));
    assertThat(replicas.queue(leader, replicas.command("n", ADD), 5_000).result).isNull();
  }

  @Test
  void shouldNotProposeWhatNobodyWaitsForAnyMore() {
    SimulatedReplicas replicas = start(3);
    String leader = replicas.leaderId();
    replicas.queue(leader, replicas.command("n", ADD), 5_000);
    replicas.leader().flush();
    Answer<WriteOutcome> late = replicas.queue(leader, replicas.command("n", ADD), 50);
    replicas.cluster.node(leader).pause();
    replicas.time.runFor(Duration.ofMillis(60));
    replicas.cluster.node(leader).resume();
    replicas.runUntil(() -> late.result != null);
    assertThat(late.get().error()).isEqualTo(ErrorCode.DEADLINE);
    assertThat(replicas.write("n", ADD).results().get(0).counter()).isEqualTo(2);
  }

  @Test
  void shouldNameTheLeaderAtOnceWhenNotLeading() {
    SimulatedReplicas replicas = start(3);
    replicas.put("k", "v");
    String follower = replicas.followerIds().get(0);
    WriteOutcome refused = replicas.queue(follower, replicas.command("n", ADD), 5_000).get();
    assertThat(refused.error()).isEqualTo(ErrorCode.NOT_LEADER);
    assertThat(refused.leader()).isEqualTo(replicas.leaderId());
    HengeException error =
        replicas.read(follower, "k", ReadLevel.linearizable(), 1_000).get().error();
    assertThat(error).isInstanceOf(NotLeaderException.class);
    assertThat(((NotLeaderException) Objects.requireNonNull(error)).leader())
        .isEqualTo(replicas.leaderId());
  }

  @Test
  void shouldRefuseANotAfterTimeTooFarAhead() {
    SimulatedReplicas replicas = start(1);
    long now = replicas.cluster.node(replicas.leaderId()).wallMillis();
    WriteOutcome refused =
        replicas.queue(replicas.leaderId(), replicas.command("n", ADD, now + 70_000), 5_000).get();
    assertThat(refused.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refused.message()).contains("not-after time").contains("65000").contains("70000");
  }

  @Test
  void shouldRefuseAWriteThatFitsNoEntry() {
    SimulatedReplicas replicas = start(1, limits(10, 8 << 20, 10, 1 << 20));
    Action big = new Action.Put(Value.of(new byte[1 << 20]), Action.TTL_NEVER);
    WriteOutcome refused =
        replicas.queue(replicas.leaderId(), replicas.command("n", big), 5_000).get();
    assertThat(refused.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(refused.message()).contains("1048576");
  }

  @Test
  void shouldTakeEffectOnceWhenTheAnswerIsLost() {
    SimulatedReplicas replicas = start(3);
    SimulationSettings calm = SimulationSettings.CALM;
    replicas.cluster.settings(
        new SimulationSettings(
            calm.delayMin(),
            calm.delayMax(),
            0,
            1,
            // Slower than the loss is noticed.
            Duration.ofMillis(300),
            calm.applyMax(),
            calm.electionTimeoutMin(),
            calm.electionTimeoutMax(),
            calm.heartbeat(),
            calm.stepDownAfter()));
    WriteCommand command = replicas.command("n", ADD);
    int unknown = 0;
    for (int i = 0; i < 20; i++) {
      Answer<WriteOutcome> answer = replicas.queue(replicas.leaderId(), command, 5_000);
      replicas.leader().flush();
      replicas.runUntil(() -> answer.result != null);
      unknown += answer.get().error() == ErrorCode.UNAVAILABLE ? 1 : 0;
    }
    assertThat(unknown).isPositive();
    replicas.cluster.settings(calm);
    Answer<WriteOutcome> answer = replicas.queue(replicas.leaderId(), command, 5_000);
    replicas.leader().flush();
    replicas.runUntil(() -> answer.result != null);
    assertThat(answer.get().results().get(0).counter()).isEqualTo(1);
    assertThat(replicas.write("n", ADD).results().get(0).counter()).isEqualTo(2);
  }

  @Test
  void shouldWriteNothingWhenNobodyAsks() {
    SimulatedReplicas replicas = start(3);
    replicas.put("k", "v");
    long before = replicas.leader().statistics().entries();
    replicas.time.runFor(Duration.ofMinutes(1));
    assertThat(replicas.leader().statistics().entries()).isEqualTo(before);
  }

  @Test
  void shouldRenewTheLeaseOnlyAsOftenAsReadsNeedIt() {
    SimulatedReplicas replicas = start(3);
    replicas.put("k", "v");
    long before = replicas.leader().statistics().entries();
    int waited = 0;
    for (int i = 0; i < 600; i++) {
      Answer<ReadOutcome> answer =
          replicas.read(replicas.leaderId(), "k", ReadLevel.linearizable(), 1_000);
      waited += answer.result == null ? 1 : 0;
      replicas.runUntil(() -> answer.result != null);
      assertThat(answer.get().error()).isNull();
      assertThat(answer.get().stalenessMillis()).isZero();
      replicas.time.runFor(Duration.ofMillis(10));
    }
    // Six seconds; a renewal when a third of 300 ms is left, or less.
    assertThat(replicas.leader().statistics().entries() - before).isBetween(20L, 32L);
    assertThat(waited).as("a lease in use does not run out").isZero();
  }

  @Test
  void shouldServeReadsThatWaitedForTheLease() {
    SimulatedReplicas replicas = start(3);
    replicas.put("k", "v");
    replicas.time.runFor(Duration.ofSeconds(5));
    assertThat(replicas.leader().statistics().leaseValid()).isFalse();
    Answer<ReadOutcome> answer =
        replicas.read(replicas.leaderId(), "k", ReadLevel.linearizable(), 1_000);
    assertThat(answer.result).isNull();
    replicas.runUntil(() -> answer.result != null);
    assertThat(SimulatedReplicas.value(answer.get())).isEqualTo(Value.of("v"));
    assertThat(answer.flushes).isEqualTo(1);
    assertThat(replicas.leader().statistics().leaseValid()).isTrue();
  }

  @Test
  void shouldNotServeLinearizableReadsWhenCutOff() {
    SimulatedReplicas replicas = start(3);
    replicas.put("k", "v");
    String leader = replicas.leaderId();
    replicas.cluster.partition(List.of(leader), replicas.followerIds());
    replicas.time.runFor(Duration.ofMillis(400));
    assertThat(replicas.shard(leader).group().isLeader()).isTrue();
    Answer<ReadOutcome> answer = replicas.read(leader, "k", ReadLevel.linearizable(), 300);
    replicas.time.runFor(Duration.ofMillis(100));
    assertThat(answer.result).isNull();
    replicas.runUntil(() -> answer.result != null);
    assertThat(Objects.requireNonNull(answer.get().error()).code())
        .isIn(ErrorCode.DEADLINE, ErrorCode.UNAVAILABLE, ErrorCode.NOT_LEADER);
  }

  @Test
  void shouldSweepWhatExpiresWhenNoWriteComes() {
    SimulatedReplicas replicas = start(3);
    replicas.write("k", new Action.Put(Value.of("v"), 2_000));
    replicas.time.runFor(Duration.ofMillis(1_900));
    assertThat(eventual(replicas)).isEqualTo(Value.of("v"));
    replicas.time.runFor(Duration.ofMillis(400));
    assertThat(eventual(replicas)).isNull();
  }

  private static @Nullable Value eventual(SimulatedReplicas replicas) {
    return SimulatedReplicas.value(
        replicas.read(replicas.leaderId(), "k", ReadLevel.eventual(), 1_000).get());
  }

  @Test
  void shouldAnswerBusyWhenTooMuchIsRememberedAndRecover() {
    SimulatedReplicas replicas = start(1, limits(10_000, 8 << 20, 1_000, 100_000));
    String leader = replicas.leaderId();
    List<Answer<WriteOutcome>> answers = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      answers.add(replicas.queue(leader, replicas.command("n", ADD), 5_000));
    }
    replicas.leader().flush();
    replicas.runUntil(() -> answers.stream().allMatch(answer -> answer.result != null));
    Answer<WriteOutcome> refused = replicas.queue(leader, replicas.command("n", ADD), 5_000);
    assertThat(refused.get().error()).isEqualTo(ErrorCode.BUSY);
    // After their not-after times, without a write that would forget them.
    replicas.time.runFor(Duration.ofSeconds(60));
    assertThat(replicas.write("n", ADD).error()).isNull();
  }

  @Test
  void shouldServeASessionOnceItsVersionIsThere() {
    SimulatedReplicas replicas = start(3);
    String follower = replicas.followerIds().get(0);
    replicas.put("k", "old");
    replicas.time.runFor(Duration.ofSeconds(1));
    replicas.cluster.block(replicas.leaderId(), follower);
    long version = replicas.put("k", "new").shardVersion();
    Answer<ReadOutcome> session =
        replicas.read(follower, "k", new ReadLevel.Session(version), 1_000);
    assertThat(session.result).isNull();
    assertThat(
            SimulatedReplicas.value(
                replicas.read(follower, "k", ReadLevel.eventual(), 1_000).get()))
        .isEqualTo(Value.of("old"));
    replicas.cluster.heal();
    replicas.runUntil(() -> session.result != null);
    assertThat(SimulatedReplicas.value(session.get())).isEqualTo(Value.of("new"));
    assertThat(session.get().shardVersion()).isGreaterThanOrEqualTo(version);
  }

  @Test
  void shouldKnowItsAgeOnAFollowerOnlyByAsking() {
    SimulatedReplicas replicas = start(3);
    String follower = replicas.followerIds().get(0);
    replicas.put("k", "v");
    replicas.time.runFor(Duration.ofSeconds(1));
    assertThat(replicas.read(follower, "k", ReadLevel.eventual(), 1_000).get().stalenessMillis())
        .isEqualTo(-1);
    Answer<ReadOutcome> bounded = replicas.read(follower, "k", new ReadLevel.Bounded(100), 1_000);
    assertThat(bounded.result).isNull();
    replicas.runUntil(() -> bounded.result != null);
    assertThat(bounded.get().error()).isNull();
    assertThat(bounded.get().stalenessMillis()).isBetween(0L, 100L);
    replicas.cluster.partition(List.of(replicas.leaderId()), replicas.followerIds());
    replicas.time.runFor(Duration.ofMillis(150));
    Answer<ReadOutcome> tooOld = replicas.read(follower, "k", new ReadLevel.Bounded(100), 1_000);
    replicas.time.runFor(Duration.ofMillis(250));
    assertThat(tooOld.result).isNull();
    replicas.time.runFor(Duration.ofMillis(450));
    assertThat(Objects.requireNonNull(tooOld.get().error()).code())
        .isIn(ErrorCode.NOT_LEADER, ErrorCode.UNAVAILABLE);
  }

  @Test
  void shouldNotTakeItselfForYoungerThanItIsAfterASuspension() {
    SimulatedReplicas replicas = start(3);
    String follower = replicas.followerIds().get(0);
    replicas.put("k", "v");
    Answer<ReadOutcome> fresh = replicas.read(follower, "k", new ReadLevel.Bounded(1_000), 1_000);
    replicas.runUntil(() -> fresh.result != null);
    assertThat(fresh.get().error()).isNull();
    replicas.cluster.node(follower).suspend();
    replicas.time.runFor(Duration.ofSeconds(5));
    replicas.cluster.partition(
        List.of(follower), replicas.ids.stream().filter(id -> !id.equals(follower)).toList());
    replicas.cluster.node(follower).resume();
    assertThat(replicas.read(follower, "k", ReadLevel.eventual(), 1_000).get().stalenessMillis())
        .isGreaterThanOrEqualTo(5_000);
    Answer<ReadOutcome> bounded = replicas.read(follower, "k", new ReadLevel.Bounded(1_000), 1_000);
    assertThat(bounded.result).isNull();
    replicas.runUntil(() -> bounded.result != null);
    assertThat(bounded.get().error()).isNotNull();
  }

  @Test
  void shouldHandOverWithoutWaitingForTheLease() {
    SimulatedReplicas replicas = start(3);
    replicas.put("k", "v");
    String old = replicas.leaderId();
    String target = replicas.followerIds().get(0);
    long begun = replicas.time.nanos();
    CompletableFuture<Void> done = replicas.leader().transferLeadership(target);
    replicas.runUntil(() -> done.isDone() && replicas.shard(target).group().isLeader());
    assertThat(done).isCompleted();
    assertThat(replicas.shard(old).statistics().leaseValid()).isFalse();
    assertThat(replicas.put("k", "w").error()).isNull();
    assertThat(replicas.leaderId()).isEqualTo(target);
    assertThat(replicas.time.nanos() - begun).isLessThan(LeaseTiming.DEFAULT.waitNanos() / 2);
  }

  @Test
  void shouldGoOnWhenAHandoverFails() {
    SimulatedReplicas replicas = start(3);
    replicas.put("k", "v");
    String leader = replicas.leaderId();
    String target = replicas.followerIds().get(0);
    CompletableFuture<Void> done = replicas.leader().transferLeadership(target);
    replicas.runUntil(() -> !replicas.shard(leader).statistics().leaseValid());
    replicas.cluster.node(target).crash();
    Answer<WriteOutcome> meanwhile = replicas.queue(leader, replicas.command("n", ADD), 10_000);
    replicas.leader().flush();
    replicas.runUntil(done::isDone);
    assertThat(done).isCompletedExceptionally();
    replicas.runUntil(() -> meanwhile.result != null);
    assertThat(meanwhile.get().error()).isNull();
    Answer<ReadOutcome> read = replicas.read(leader, "k", ReadLevel.linearizable(), 1_000);
    replicas.runUntil(() -> read.result != null);
    assertThat(SimulatedReplicas.value(read.get())).isEqualTo(Value.of("v"));
  }

  @Test
  void shouldGoOnServingUntilAMemberThatIsToTakeOverHasAnswered() {
    SimulatedReplicas replicas = start(3);
    replicas.put("k", "v");
    String leader = replicas.leaderId();
    String target = replicas.followerIds().get(0);
    replicas.cluster.node(target).crash();
    CompletableFuture<Void> done = replicas.leader().transferLeadership(target);
    int served = 0;
    while (!done.isDone()) {
      assertThat(replicas.shard(leader).statistics().leaseValid()).isTrue();
      assertThat(replicas.put("n" + served++, "v").error()).isNull();
      Answer<ReadOutcome> read = replicas.read(leader, "k", ReadLevel.linearizable(), 1_000);
      replicas.runUntil(() -> read.result != null);
      assertThat(SimulatedReplicas.value(read.get())).isEqualTo(Value.of("v"));
    }
    assertThat(served).as("writes until it was given up").isGreaterThan(10);
    assertThatThrownBy(done::join)
        .cause()
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAVAILABLE))
        .hasMessageContaining(target);
  }

  @Test
  void shouldHandOverOnlyToAMemberThatHasCaughtUp() {
    SimulatedReplicas replicas = start(3);
    String leader = replicas.leaderId();
    String target = replicas.followerIds().get(0);
    List<String> others = replicas.ids.stream().filter(id -> !id.equals(target)).toList();
    replicas.cluster.partition(List.of(target), others);
    for (int i = 0; i < 400; i++) {
      replicas.put("k" + i, "v");
    }
    long wanted = replicas.leader().group().committedIndex();
    assertThat(replicas.shard(target).group().committedIndex()).isLessThan(wanted - 300);
    replicas.cluster.heal();
    CompletableFuture<Void> done = replicas.leader().transferLeadership(target);
    replicas.runUntil(() -> !replicas.shard(leader).statistics().leaseValid());
    assertThat(replicas.shard(target).group().committedIndex())
        .as("what it has when its predecessor serves no more")
        .isGreaterThanOrEqualTo(wanted);
    replicas.runUntil(() -> done.isDone() && replicas.shard(target).group().isLeader());
    assertThat(done).isCompleted();
  }

  @Test
  void shouldAnswerEverythingWhenItIsClosed() {
    SimulatedReplicas replicas = start(3);
    String leader = replicas.leaderId();
    replicas.queue(leader, replicas.command("n", ADD), 5_000);
    replicas.leader().flush();
    Answer<WriteOutcome> queued = replicas.queue(leader, replicas.command("n", ADD), 5_000);
    Answer<ReadOutcome> session =
        replicas.read(leader, "k", new ReadLevel.Session(Long.MAX_VALUE), 5_000);
    replicas.shard(leader).close();
    assertThat(queued.get().error()).isEqualTo(ErrorCode.NOT_LEADER);
    assertThat(session.get().error()).isNotNull();
    assertThat(replicas.queue(leader, replicas.command("n", ADD), 5_000).get().error())
        .isEqualTo(ErrorCode.NOT_LEADER);
  }
}
