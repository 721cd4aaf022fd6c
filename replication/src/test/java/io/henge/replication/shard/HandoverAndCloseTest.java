package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.ReadLevel;
import io.henge.engine.StoreSlot;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.shard.SimulatedReplicas.Answer;
import io.henge.replication.sim.SimulatedCluster;
import io.henge.replication.sim.SimulatedNode;
import io.henge.replication.sim.SimulationSettings;
import io.henge.replication.sim.VirtualTime;
import io.henge.replication.statemachine.ShardStateMachine;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever waits is answered when a handover or a replica is over; without a group that runs. */
class HandoverAndCloseTest {
  @TempDir Path directory;

  private Proposer proposer;
  private FollowerReads followerReads;
  private long now;

  @BeforeEach
  void setUp() {
    SimulatedNode node =
        new SimulatedCluster(new VirtualTime(1), SimulationSettings.CALM, null)
            .node("0000000000000001");
    ReplicaEnvironment environment =
        new ReplicaEnvironment(
            node.id(),
            new ClusterClock() {
              @Override
              public long millis() {
                return node.wallMillis();
              }

              @Override
              public boolean majorityReached(long millis) {
                return true;
              }
            },
            node::nanoTime,
            node::wallMillis,
            node.scheduler(),
            node.scheduler(),
            (group, leader, deadline) -> new CompletableFuture<>(),
            LeaseTiming.DEFAULT,
            ReplicaLimits.DEFAULT);
    InMemoryStorageEngine engine = new InMemoryStorageEngine();
    StoreSlot slot = StoreSlot.open(engine, directory);
    ShardStateMachine machine = new ShardStateMachine(engine, slot, slot::swap);
    StoreReads reads = new StoreReads(machine, slot, node.scheduler(), () -> -1, 20);
    Lease lease = Lease.ofNewGroup(LeaseTiming.DEFAULT, node::nanoTime, node::wallMillis);
    proposer =
        new Proposer(
            environment,
            machine,
            lease,
            new WaitingReads(10, 20),
            reads,
            new Takeover(environment.nanoTime()),
            null);
    followerReads = new FollowerReads(environment, machine, reads);
    now = node.nanoTime();
  }

  private CompletableFuture<Void> release() {
    return Objects.requireNonNull(proposer.release(), "a handover is under way");
  }

  private static void assertBusy(CompletableFuture<Void> done) {
    assertThat(done).isCompletedExceptionally();
    assertThatThrownBy(done::join)
        .cause()
        .isInstanceOfSatisfying(
            HengeException.class, error -> assertThat(error.code()).isEqualTo(ErrorCode.BUSY));
  }

  @Test
  void shouldAnswerAHandoverWhenAnotherLeadershipBegins() {
    proposer.leadershipBegan(1);
    CompletableFuture<Void> done = release();
    proposer.leadershipBegan(2);
    assertThat(done).as("not on a thread that may hold locks").isNotDone();
    proposer.pump();
    assertBusy(done);
    assertThat(proposer.release()).isNotNull();
  }

  @Test
  void shouldNotEndALaterHandoverWithAnEarlierOne() {
    proposer.leadershipBegan(1);
    CompletableFuture<Void> first = release();
    proposer.leadershipBegan(2);
    proposer.pump();
    CompletableFuture<Void> second = release();
    proposer.resume(first);
    assertThat(second).isNotDone();
    assertThat(proposer.release()).as("the second is still under way").isNull();
    proposer.resume(second);
    assertBusy(second);
    assertThat(proposer.release()).isNotNull();
  }

  @Test
  void shouldFailAReadThatComesAfterTheClose() {
    followerReads.close();
    Answer<ReadOutcome> answer = new Answer<>();
    ReadCommand command =
        new ReadCommand(List.of(SimulatedReplicas.key("k")), new ReadLevel.Session(5));
    followerReads.atVersion(ReadTask.of(command, now + 1_000_000_000, answer), 5);
    assertThat(answer.get().error()).isInstanceOf(NotLeaderException.class);
  }
}
