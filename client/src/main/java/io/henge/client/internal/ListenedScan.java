package io.henge.client.internal;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.router.scan.RingScan;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a scan over the ring, given out one by one. One thread at a time takes and gives for
 * all ({@link #pump}), without a lock; while a page is being taken, no other is given.
 */
final class ListenedScan {
  /** Another page, please. */
  static final CompletionStage<Boolean> GO_ON = CompletableFuture.completedStage(true);

  /** Takes pages. */
  interface Taker {
    /** Takes one; answers when it is done with it, with whether it wants more. */
    CompletionStage<Boolean> take(RingScan.Page page);
  }

  private final RingScan scan;
  private final Taker taker;
  private final CompletableFuture<Void> over = new CompletableFuture<>();
  private final AtomicInteger pumps = new AtomicInteger();
  private volatile boolean atWork;

  /**
   * @param scan given what to call when there is news
   */
  ListenedScan(Function<Runnable, RingScan> scan, Taker taker) {
    this.scan = scan.apply(this::pump);
    this.taker = taker;
  }

  /** Begins; what is returned ends it when it is cancelled. */
  CompletableFuture<Void> begin() {
    over.whenComplete((done, failure) -> scan.cancel());
    scan.start();
    pump();
    return over;
  }

  private void pump() {
    if (pumps.getAndIncrement() > 0) {
      return;
    }
    int seen;
    do {
      seen = pumps.get();
      takeAll();
    } while (pumps.addAndGet(-seen) > 0);
  }

  private void takeAll() {
    while (!atWork && !over.isDone()) {
      RingScan.Page page;
      try {
        page = scan.poll();
      } catch (HengeException e) {
        over.completeExceptionally(e);
        return;
      }
      if (page == null) {
        if (scan.isDone()) {
          over.complete(null);
        }
        return;
      }
      give(page);
    }
  }

  private void give(RingScan.Page page) {
    atWork = true;
    try {
      taker.take(page).whenComplete(this::taken);
    } catch (RuntimeException e) {
      taken(false, e);
    }
  }

  private void taken(@Nullable Boolean more, @Nullable Throwable failure) {
    atWork = false;
    if (failure != null) {
      over.completeExceptionally(known(failure));
    } else if (!Boolean.TRUE.equals(more)) {
      over.complete(null);
    } else {
      pump();
    }
  }

  private static HengeException known(Throwable failure) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return cause instanceof HengeException known
        ? known
        : new HengeException(ErrorCode.INTERNAL, "the listener failed", cause);
  }
}
