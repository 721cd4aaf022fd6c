package io.henge.server.reshape;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * Work on shards that is under way: who asks again for the same gets what the first one gets, and
 * two things are not done to a shard at once. Thread-safe.
 */
final class Running {
  private record Work(Object what, CompletableFuture<?> done) {}

  private final Executor executor;
  private final Map<Long, Work> works = new ConcurrentHashMap<>();

  Running(Executor executor) {
    this.executor = executor;
  }

  /**
   * Does something to a shard, on a thread that may wait.
   *
   * @param what equal for what is the same work
   * @return BUSY if something else is being done to the shard
   */
  @SuppressWarnings("unchecked")
  <T> CompletableFuture<T> run(long shardId, Object what, Supplier<T> work) {
    CompletableFuture<T> mine = new CompletableFuture<>();
    Work entry = new Work(what, mine);
    Work before = works.putIfAbsent(shardId, entry);
    if (before != null) {
      return before.what().equals(what)
          ? (CompletableFuture<T>) before.done().copy()
          : CompletableFuture.failedFuture(
              new HengeException(
                  ErrorCode.BUSY, "something else is being done to shard " + shardId));
    }
    try {
      executor.execute(
          () -> {
            try {
              T result = work.get();
              works.remove(shardId, entry);
              mine.complete(result);
            } catch (RuntimeException | Error e) {
              works.remove(shardId, entry);
              mine.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      works.remove(shardId, entry);
      mine.completeExceptionally(
          new HengeException(ErrorCode.BUSY, "too many shards are being cut and joined here", e));
    }
    return mine.copy();
  }
}
