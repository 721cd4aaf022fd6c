package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Action;
import io.henge.replication.shard.SimulatedReplicas.Answer;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.WriteOutcome;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries of clients' writes, and those that keep copies: neither has to wait for many others. */
class TurnsTest {
  private static final Action ADD = new Action.Add(1);

  /** One may be under way, and one is the other's turn. */
  private static final int BETWEEN_MAX = 2;

  @TempDir Path directory;

  private SimulatedReplicas replicas;
  private String leader;
  private final AtomicInteger done = new AtomicInteger();

  @BeforeEach
  void setUp() {
    replicas = new SimulatedReplicas(directory, 3, ReplicaLimits.DEFAULT);
    replicas.put("k", "v");
    leader = replicas.leaderId();
  }

  @Test
  void shouldLetWritesThroughWhileThereAreAlwaysCopiesToBeMade() {
    followForEver();
    for (int i = 1; i <= 20; i++) {
      int pause = i % 3;
      int before = done.get();
      Answer<WriteOutcome> write = replicas.queue(leader, replicas.command("n", ADD), 5_000);
      replicas.leader().flush();
      replicas.runUntil(() -> write.result != null);
      assertThat(write.get().results().get(0).counter()).isEqualTo(i);
      assertThat(done.get() - before).as("entries before it").isLessThanOrEqualTo(BETWEEN_MAX);
      int then = done.get();
      replicas.runUntil(() -> done.get() > then + pause);
    }
  }

  @Test
  void shouldLetCopiesBeMadeWhileThereAreAlwaysWrites() {
    writeForEver();
    for (int i = 1; i <= 20; i++) {
      int before = done.get();
      CompletableFuture<?> followed = follow();
      replicas.runUntil(followed::isDone);
      assertThat(followed).isCompleted();
      assertThat(done.get() - before).as("entries before it").isLessThanOrEqualTo(BETWEEN_MAX);
      int then = done.get();
      int pause = i % 3;
      replicas.runUntil(() -> done.get() > then + pause);
    }
  }

  /** Refused, since there are no such copies; an entry all the same. */
  private CompletableFuture<List<FollowOutcome>> follow() {
    return replicas
        .shard(leader)
        .follow(List.of(new FollowCommand.Sent(new SourceKey(7, SimulatedReplicas.key("s")), 1)));
  }

  private void followForEver() {
    follow()
        .thenRun(
            () -> {
              done.incrementAndGet();
              followForEver();
            });
  }

  private void writeForEver() {
    replicas
        .shard(leader)
        .write(
            replicas.command("n", ADD),
            replicas.deadline(leader, 5_000),
            outcome -> {
              done.incrementAndGet();
              writeForEver();
            });
    replicas.shard(leader).flush();
  }
}
