package io.henge.server.grpc;

import io.henge.api.error.ErrorCode;
import io.henge.api.v1.Error;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Does for simple callers what the client library does for its own: a request keeps its identity
 * and is tried again, inside its time, until it has an answer. Thread-safe.
 */
final class UnaryCalls {
  private static final int BACKOFF_MILLIS_MIN = 5;
  private static final int BACKOFF_MILLIS_MAX = 200;

  /** An attempt that stays silent for so long is repeated: its node may have been stopped. */
  private static final int SILENCE_MILLIS_MAX = 1_000;

  /** What was astray because a shard changed a moment ago has found it by then. */
  private static final int DIVIDED_ATTEMPTS = 3;

  private final RequestHandler handler;
  private final RequestReader reader;
  private final WriteIdentities identities;
  private final ScheduledExecutorService timer;
  private final Executor heavy;

  /**
   * @param heavy for requests that take long to parse
   */
  UnaryCalls(
      RequestHandler handler,
      RequestReader reader,
      WriteIdentities identities,
      ScheduledExecutorService timer,
      Executor heavy) {
    this.handler = handler;
    this.reader = reader;
    this.identities = identities;
    this.timer = timer;
    this.heavy = heavy;
  }

  /**
   * Executes a request.
   *
   * @param done told once, on any thread
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT for a timeout over the limit
   */
  void execute(Request request, Consumer<Response> done) {
    int timeoutMillis = reader.timeoutMillis(request, RequestHandler.TIMEOUT_MILLIS_DEFAULT);
    new Call(identities.complete(request, timeoutMillis), timeoutMillis, done).attempt();
  }

  private final class Call {
    private final Request request;
    private final long deadlineNanos;
    private final int silenceMillis;
    private final Consumer<Response> done;
    private final AtomicBoolean answered = new AtomicBoolean();
    private final AtomicInteger attempts = new AtomicInteger();
    private volatile boolean effectUnknown;
    private volatile @Nullable Error lastError;

    Call(Request request, int timeoutMillis, Consumer<Response> done) {
      this.request = request;
      this.deadlineNanos = System.nanoTime() + timeoutMillis * 1_000_000L;
      this.silenceMillis = Math.max(1, Math.min(SILENCE_MILLIS_MAX, timeoutMillis / 3));
      this.done = done;
    }

    private long remainingMillis() {
      return TimeUnit.NANOSECONDS.toMillis(deadlineNanos - System.nanoTime());
    }

    void attempt() {
      if (answered.get()) {
        return;
      }
      long remaining = remainingMillis();
      if (remaining <= 0) {
        giveUp();
        return;
      }
      attempts.incrementAndGet();
      Attempt attempt = new Attempt();
      timer.schedule(attempt::silent, Math.min(silenceMillis, remaining), TimeUnit.MILLISECONDS);
      Request now = request.toBuilder().setTimeoutMillis((int) remaining).build();
      if (!Heavy.isHeavy(now)) {
        handle(now, attempt);
        return;
      }
      try {
        heavy.execute(() -> handle(now, attempt));
      } catch (RejectedExecutionException e) {
        attempt.answer(
            Answers.failed(
                request.getId(), ErrorCode.BUSY, "too many large documents wait to be parsed", 0));
      }
    }

    private void handle(Request now, Attempt attempt) {
      Dispatch dispatch = new Dispatch();
      handler.handle(now, System.nanoTime(), attempt, dispatch);
      dispatch.flush();
    }

    private void finish(Response response) {
      if (answered.compareAndSet(false, true)) {
        done.accept(response);
      }
    }

    private void giveUp() {
      Error last = lastError;
      String why = last == null ? "no answer in time" : "the last answer was: " + last.getMessage();
      boolean unknown = request.hasWrite() && (effectUnknown || last == null);
      finish(
          Answers.failed(
              request.getId(),
              unknown ? ErrorCode.OUTCOME_UNKNOWN : ErrorCode.DEADLINE,
              "no success in " + attempts + " attempts; " + why,
              0));
    }

    /** One attempt: replaced by another when it fails in a way that passes, or stays silent. */
    private final class Attempt implements Answer {
      private final AtomicBoolean over = new AtomicBoolean();

      @Override
      public void answer(Response response) {
        if (!response.hasError()) {
          over.set(true);
          finish(response);
          return;
        }
        Error error = response.getError();
        ErrorCode code = ErrorCode.of(error.getCode());
        lastError = error;
        if (code.effect() == ErrorCode.Effect.UNKNOWN) {
          effectUnknown = true;
        }
        if (code.retry() == ErrorCode.Retry.NEVER || isDivided(code)) {
          // A silent attempt may have taken effect while this one says it came too late.
          over.set(true);
          finish(response);
        } else if (over.compareAndSet(false, true)) {
          later(Math.max(error.getRetryAfterMillis(), backoffMillis()));
        }
      }

      @Override
      public void flush() {}

      void silent() {
        if (over.compareAndSet(false, true)) {
          effectUnknown = true;
          attempt();
        }
      }
    }

    /** A read of several items that no shard holds alone: the caller divides it. */
    private boolean isDivided(ErrorCode code) {
      return code == ErrorCode.WRONG_SHARD
          && request.getRead().getItemsCount() > 1
          && attempts.get() >= DIVIDED_ATTEMPTS;
    }

    private int backoffMillis() {
      int base = Math.min(BACKOFF_MILLIS_MAX, BACKOFF_MILLIS_MIN << Math.min(attempts.get(), 6));
      return base / 2 + ThreadLocalRandom.current().nextInt(base / 2 + 1);
    }

    private void later(long delayMillis) {
      long delay = Math.max(1, Math.min(delayMillis, remainingMillis()));
      timer.schedule(this::attempt, delay, TimeUnit.MILLISECONDS);
    }
  }
}
