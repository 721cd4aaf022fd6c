package io.henge.server.reshape;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.server.node.Failures;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** For threads that may wait: what is asked of others, one thing after another. */
final class Waiting {
  private static final Duration STEP = Duration.ofSeconds(15);
  private static final long PAUSE_MILLIS = 10;

  private Waiting() {}

  /**
   * Waits for an answer.
   *
   * @throws HengeException what it fails with; UNAVAILABLE if there is none in time, or the node
   *     stops
   */
  static <T> T on(CompletableFuture<T> answer, Duration atMost) {
    try {
      return answer.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HengeException(ErrorCode.UNAVAILABLE, "the node is stopping", e);
    } catch (ExecutionException | TimeoutException e) {
      throw Failures.known(e);
    }
  }

  /**
   * Has a step replicated, again while it is BUSY or its outcome is unknown: steps may be repeated.
   *
   * @throws HengeException NOT_LEADER if the shard is led elsewhere by now; what the step was
   *     refused with
   */
  static void step(ShardReplica replica, ReshapeCommand command) {
    ReshapeOutcome outcome = tried(replica, command);
    ErrorCode code = outcome.code();
    if (code != null) {
      throw new HengeException(
          code,
          "shard "
              + replica.description().shardId()
              + ", "
              + command.kind()
              + ": "
              + outcome.message());
    }
  }

  /** The same, but a refusal is an answer. */
  static ReshapeOutcome tried(ShardReplica replica, ReshapeCommand command) {
    long deadline = System.nanoTime() + STEP.toNanos();
    while (true) {
      HengeException failure;
      try {
        ReshapeOutcome outcome = on(replica.reshape(command), STEP);
        if (outcome.code() != ErrorCode.BUSY) {
          return outcome;
        }
        failure = new HengeException(ErrorCode.BUSY, outcome.message());
      } catch (HengeException e) {
        if (e.code() != ErrorCode.BUSY && e.code() != ErrorCode.UNAVAILABLE) {
          throw e;
        }
        failure = e;
      }
      if (System.nanoTime() - deadline > 0 || Thread.currentThread().isInterrupted()) {
        throw failure;
      }
      pause(PAUSE_MILLIS);
    }
  }

  /** Lets some time pass. */
  static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HengeException(ErrorCode.UNAVAILABLE, "the node is stopping", e);
    }
  }
}
