package io.henge.client.internal;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.net.ConnectException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/** Calls to the control plane: asks one node after the other until one has an answer. */
final class AdminCalls {
  private static final long ATTEMPT_MILLIS_MAX = 3_000;
  private static final long PAUSE_MILLIS_MIN = 20;
  private static final long PAUSE_MILLIS_MAX = 200;

  private final Core core;

  AdminCalls(Core core) {
    this.core = core;
  }

  /** Tries again inside the client's timeout, whatever the failure leaves open. */
  <T> T ask(String what, BiFunction<String, Long, CompletableFuture<T>> rpc) {
    return ask(what, true, rpc);
  }

  /** Tries again only if nothing can have come of the attempt before. */
  <T> T once(String what, BiFunction<String, Long, CompletableFuture<T>> rpc) {
    return ask(what, false, rpc);
  }

  private <T> T ask(
      String what, boolean repeatable, BiFunction<String, Long, CompletableFuture<T>> rpc) {
    long start = core.loop.nanoTime();
    long timeoutMillis = core.options.timeout().toMillis();
    boolean ambiguous = false;
    for (int attempt = 0; ; attempt++) {
      long leftMillis = timeoutMillis - TimeUnit.NANOSECONDS.toMillis(core.loop.nanoTime() - start);
      try {
        return core.await(
            attempt(attempt, Math.max(1, Math.min(leftMillis, ATTEMPT_MILLIS_MAX)), rpc),
            ErrorCode.OUTCOME_UNKNOWN,
            what);
      } catch (HengeException e) {
        boolean again =
            e.code().retry() != ErrorCode.Retry.NEVER
                && (repeatable || e.code().effect() != ErrorCode.Effect.UNKNOWN || isUnsent(e))
                && !Thread.currentThread().isInterrupted();
        if (!again) {
          throw described(what, e, ambiguous);
        }
        ambiguous |= e.code().effect() == ErrorCode.Effect.UNKNOWN && !isUnsent(e);
        long pause =
            Math.max(
                e.retryAfterMillis(),
                Math.min(PAUSE_MILLIS_MAX, PAUSE_MILLIS_MIN << Math.min(attempt, 10)));
        if (leftMillis <= pause) {
          throw new HengeException(
              ErrorCode.UNAVAILABLE,
              what
                  + ": no node could do it within "
                  + timeoutMillis
                  + " ms, "
                  + (attempt + 1)
                  + " attempts, last error "
                  + e.code()
                  + ": "
                  + e.getMessage(),
              e);
        }
        sleep(pause, what);
      }
    }
  }

  /** Whether there was no connection to send the request on: the next node may have it. */
  private static boolean isUnsent(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof ConnectException) {
        return true;
      }
    }
    return false;
  }

  private <T> CompletableFuture<T> attempt(
      int attempt, long millis, BiFunction<String, Long, CompletableFuture<T>> rpc) {
    CompletableFuture<T> result = new CompletableFuture<>();
    core.onLoop(
        () -> {
          List<String> addresses = core.routes.addresses();
          rpc.apply(addresses.get(attempt % addresses.size()), millis)
              .whenComplete(
                  (answer, failure) -> {
                    if (failure != null) {
                      result.completeExceptionally(failure);
                    } else {
                      result.complete(answer);
                    }
                  });
        });
    return result;
  }

  private static HengeException described(String what, HengeException e, boolean ambiguous) {
    boolean ours =
        ambiguous && (e.code() == ErrorCode.ALREADY_EXISTS || e.code() == ErrorCode.NOT_FOUND);
    String remark =
        ours ? " (an earlier attempt of this call, whose answer was lost, may have done it)" : "";
    return new HengeException(
        e.code(), what + ": " + e.getMessage() + remark, e.retryAfterMillis(), e.getCause());
  }

  private static void sleep(long millis, String what) {
    try {
      Thread.sleep(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HengeException(
          ErrorCode.OUTCOME_UNKNOWN, what + ": the thread was interrupted while it waited", e);
    }
  }
}
