package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.ConsensusGroup;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Hands leadership over: gives up the lease in the log first. Thread-safe; nothing blocks. */
final class LeadershipTransfer {
  /** Meanwhile nobody serves. Who has not won an election by then is not about to. */
  private static final Duration TIMEOUT = Duration.ofMillis(1_500);

  private final Proposer proposer;
  private final ScheduledExecutorService timer;
  private final Supplier<@Nullable ConsensusGroup> group;

  /**
   * @param group null before it runs
   */
  LeadershipTransfer(
      Proposer proposer, ScheduledExecutorService timer, Supplier<@Nullable ConsensusGroup> group) {
    this.proposer = proposer;
    this.timer = timer;
    this.group = group;
  }

  /** See {@link ShardReplica#transferLeadership}. */
  CompletableFuture<Void> to(String nodeId) {
    ConsensusGroup running = group.get();
    if (running == null || !proposer.isLeading()) {
      return CompletableFuture.failedFuture(Refusals.notLeaderOf(running));
    }
    if (!running.membership().contains(nodeId)) {
      return CompletableFuture.failedFuture(
          HengeException.invalid(
              "node: a member of "
                  + running.id()
                  + " expected, found "
                  + nodeId
                  + "; members are "
                  + running.membership().members()));
    }
    CompletableFuture<Void> released = proposer.release();
    if (released == null) {
      return CompletableFuture.failedFuture(
          new HengeException(ErrorCode.BUSY, "leadership is being handed over already"));
    }
    return released
        .thenCompose(done -> running.transferLeadership(nodeId, TIMEOUT))
        .whenComplete((done, failure) -> transferred(released, failure));
  }

  private void transferred(CompletableFuture<Void> released, @Nullable Throwable failure) {
    if (failure != null) {
      proposer.resume(released);
      return;
    }
    // Leadership should be gone by now. If it is not, the shard must not stand still for ever.
    try {
      timer.schedule(() -> proposer.resume(released), TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      proposer.resume(released);
    }
  }
}
