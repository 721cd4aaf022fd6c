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
 * member has to show first that it can: it may have died since somebody thought of it, or have come
 * back just now and lack much. Thread-safe; nothing blocks.
 */
final class LeadershipTransfer {
  /** For so long the member may keep the leader waiting, which goes on serving. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final long LOOK_MILLIS = 5;

  /** Meanwhile nobody serves. Who has not won an election by then is not about to. */
  private static final Duration TIMEOUT = Duration.ofMillis(1_500);

  private final Proposer proposer;
  private final ScheduledExecutorService timer;
  private final LongSupplier nanoTime;
  private final Supplier<@Nullable ConsensusGroup> group;

  /**
   * Who is to take over.
   *
   * @param index of the last committed entry when it was asked
   */
  private record Successor(String nodeId, long index, long askedAt) {}

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
    Successor successor = new Successor(nodeId, running.committedIndex(), nanoTime.getAsLong());
    // An entry, so that there is something to answer.
    proposer.wantExtension();
    await(successor, running, there);
    return there
        .whenComplete((done, failure) -> asking.set(false))
        .thenCompose(done -> handOver(nodeId, running));
  }

  private static HengeException underWay() {
    return new HengeException(ErrorCode.BUSY, "leadership is being handed over already");
  }

  /** Completes when the member has answered since, and has what there was when it was asked. */
  private void await(Successor successor, ConsensusGroup running, CompletableFuture<Void> there) {
    try {
      long waitedMillis = TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - successor.askedAt());
      // Less, not equal: it may have answered just before.
      boolean answers = running.silentMillis(successor.nodeId()) < waitedMillis;
      long reached = running.reachedIndex(successor.nodeId());
      if (answers && reached >= successor.index()) {
        there.complete(null);
      } else if (!proposer.isLeading()) {
        there.completeExceptionally(Refusals.notLeaderOf(running));
      } else if (waitedMillis >= PATIENCE.toMillis()) {
        there.completeExceptionally(
            cannot(
                successor,
                running,
                answers
                    ? "has the log up to " + reached + " of " + successor.index()
                    : "has not answered for " + waitedMillis + " ms"));
      } else {
        timer.schedule(() -> await(successor, running, there), LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (RejectedExecutionException e) {
      there.completeExceptionally(
          new HengeException(ErrorCode.UNAVAILABLE, "the node is stopping"));
    } catch (RuntimeException e) {
      there.completeExceptionally(e);
    }
  }

  private static HengeException cannot(Successor successor, ConsensusGroup running, String why) {
    return new HengeException(
        ErrorCode.UNAVAILABLE,
        "node "
            + successor.nodeId()
            + ", a member of "
            + running.id()
            + ", "
            + why
            + ": it cannot take over now");
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
