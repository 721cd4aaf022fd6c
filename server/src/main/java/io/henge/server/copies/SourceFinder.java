package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.SourceKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Finds out what a write lacks. Thread-safe; nothing blocks. */
@FunctionalInterface
public interface SourceFinder {
  /** Finds nothing. */
  SourceFinder NONE =
      (state, missing, deadlineNanos) ->
          CompletableFuture.failedFuture(
              new HengeException(
                  ErrorCode.UNAVAILABLE, "copies from other shards cannot be found out here"));

  /**
   * The states of sources, wherever they are. Those that are followed may be {@linkplain
   * CopySource#unknown unknown}: they come later. Those of snapshots are waited for until the
   * deadline, and then it fails.
   *
   * @param state of the shard whose write lacks them
   * @param deadlineNanos as of {@link System#nanoTime}
   */
  CompletableFuture<List<CopySource>> find(
      ShardState state, List<SourceKey> missing, long deadlineNanos);
}
