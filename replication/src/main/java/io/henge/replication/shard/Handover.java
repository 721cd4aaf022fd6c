package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The end of a leadership that its leader wishes for: nothing more is proposed, and the last entry
 * gives the lease back. One at a time. Thread-safe; the lock is never held while answering.
 */
final class Handover {
  private final long retryAfterMillis;

  /** What {@link #begin} gave for the handover under way; null = none is. */
  private volatile @Nullable CompletableFuture<Void> underWay;

  /** Of that handover, until it is proposed. Guarded by this. */
  private @Nullable Flight release;

  /** Of handovers that are over before they were proposed: whoever pumps tells those who wait. */
  private final Queue<Flight> abandoned = new ConcurrentLinkedQueue<>();

  Handover(long retryAfterMillis) {
    this.retryAfterMillis = retryAfterMillis;
  }

  boolean isUnderWay() {
    return underWay != null;
  }

  /**
   * Ends reads and proposals of this leadership in the log; {@link #end} with what this returns
   * takes it back.
   *
   * @return null if another one is under way
   */
  synchronized @Nullable CompletableFuture<Void> begin() {
    if (underWay != null) {
      return null;
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    underWay = done;
    release = Flight.ofRelease(done);
    return done;
  }

  /**
   * Takes back a handover that came to nothing. Without effect on one that began later.
   *
   * @param ended what {@link #begin} gave for it
   */
  synchronized void end(CompletableFuture<Void> ended) {
    if (underWay == ended) {
      abandon();
    }
  }

  /** Takes back whatever is under way. Answers nobody: the caller may hold a lock. */
  synchronized void abandon() {
    underWay = null;
    Flight unproposed = take();
    if (unproposed != null) {
      abandoned.add(unproposed);
    }
  }

  /** The entry to be proposed, once; null if there is none, or it has been taken. */
  synchronized @Nullable Flight take() {
    Flight taken = release;
    release = null;
    return taken;
  }

  /** Tells those who wait for what will not come. */
  void answerAbandoned() {
    for (Flight ending = abandoned.poll(); ending != null; ending = abandoned.poll()) {
      if (ending.done != null) {
        ending.done.completeExceptionally(
            new HengeException(
                ErrorCode.BUSY,
                "leadership changed before it could be handed over",
                retryAfterMillis,
                null));
      }
    }
  }
}
