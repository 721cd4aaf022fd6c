package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.ConsensusGroup;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands leadership over: gives up the lease in the log first, from when on nobody serves. So the
 * member has to show first that it is there: it may have died since somebody thought of it, and
 * what it is then wanted for is most of what is left. Thread-safe; nothing blocks.
 */
final class LeadershipTransfer {
  /** For so long the member may keep the leader waiting, which goes on serving. */
  private static final Duration PATIENCE = Duration.ofMillis(1_000);

  private static final long LOOK_MILLIS = 5;

  /** Meanwhile nobody serves. Who has not won an election by then is not about to. */
  private static final Duration TIMEOUT = Duration.ofMillis(1_500);

  private final Proposer proposer;
  private final ScheduledExecutorService timer;
  private final LongSupplier nanoTime;
  private final Supplier<@Nullable ConsensusGroup> group;

  /** A member is being waited for. */
  private final AtomicBoolean asking = new AtomicBoolean();

  /**
   * @param group null before it runs
   */
  LeadershipTransfer(
      Proposer proposer,
      ScheduledExecutorService timer,
      LongSupplier nanoTime,
      Supplier<@Nullable ConsensusGroup> group) {
    this.proposer = proposer;
    this.timer = timer;
    this.nanoTime = nanoTime;
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
    if (nodeId.equals(running.leader())) {
      return handOver(nodeId, running);
    }
    if (!asking.compareAndSet(false, true)) {
      return CompletableFuture.failedFuture(underWay());
    }
    CompletableFuture<Void> there = new CompletableFuture<>();
    // An entry, so that there is something to answer.
    proposer.wantExtension();
    await(nodeId, running, nanoTime.getAsLong(), there);
    return there
        .whenComplete((done, failure) -> asking.set(false))
        .thenCompose(done -> handOver(nodeId, running));
  }

  private static HengeException underWay() {
    return new HengeException(ErrorCode.BUSY, "leadership is being handed over already");
  }

  /** Completes when the member has answered, which it was asked for at that time. */
  private void await(
      String nodeId, ConsensusGroup running, long sinceNanos, CompletableFuture<Void> there) {
    try {
      long waitedMillis = TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - sinceNanos);
      // Less, not equal: it may have answered just before.
      if (running.silentMillis(nodeId) < waitedMillis) {
        there.complete(null);
      } else if (!proposer.isLeading()) {
        there.completeExceptionally(Refusals.notLeaderOf(running));
      } else if (waitedMillis >= PATIENCE.toMillis()) {
        there.completeExceptionally(silent(nodeId, running, waitedMillis));
      } else {
        timer.schedule(
            () -> await(nodeId, running, sinceNanos, there), LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (RejectedExecutionException e) {
      there.completeExceptionally(
          new HengeException(ErrorCode.UNAVAILABLE, "the node is stopping"));
    } catch (RuntimeException e) {
      there.completeExceptionally(e);
    }
  }

  private static HengeException silent(String nodeId, ConsensusGroup running, long millis) {
    return new HengeException(
        ErrorCode.UNAVAILABLE,
        "node "
            + nodeId
            + " has not answered as a member of "
            + running.id()
            + " for "
            + millis
            + " ms: it cannot take over now");
  }

  private CompletableFuture<Void> handOver(String nodeId, ConsensusGroup running) {
    if (!proposer.isLeading()) {
      return CompletableFuture.failedFuture(Refusals.notLeaderOf(running));
    }
    CompletableFuture<Void> released = proposer.release();
    if (released == null) {
      return CompletableFuture.failedFuture(underWay());
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
