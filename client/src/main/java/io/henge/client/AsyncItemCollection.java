package io.henge.client;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * {@link ItemCollection} without blocking. Futures fail with {@link
 * io.henge.api.error.HengeException}; they complete on a thread of the client that must not be
 * blocked.
 */
public interface AsyncItemCollection {
  CompletableFuture<Optional<Item>> get(Key shardingKey, Key sortKey, ReadOptions options);

  CompletableFuture<List<Optional<Item>>> getAll(
      Key shardingKey, List<Key> sortKeys, ReadOptions options);

  CompletableFuture<WriteResult> put(
      Key shardingKey, Key sortKey, Value value, WriteOptions options);

  /** Sets the value if it equals {@code expected}, as {@link ItemCollection#compareAndSet} does. */
  default CompletableFuture<Boolean> compareAndSet(
      Key shardingKey, Key sortKey, Value expected, Value value) {
    WriteOptions ifExpected = WriteOptions.DEFAULT.onlyIf(new Condition.ValueIs(expected));
    return put(shardingKey, sortKey, value, ifExpected)
        .thenApply(done -> true)
        .exceptionallyCompose(
            failure -> {
              Throwable cause =
                  failure instanceof CompletionException && failure.getCause() != null
                      ? failure.getCause()
                      : failure;
              return cause instanceof HengeException known
                      && known.code() == ErrorCode.CONDITION_FAILED
                  ? CompletableFuture.completedFuture(false)
                  : CompletableFuture.failedFuture(cause);
            });
  }

  CompletableFuture<WriteResult> delete(Key shardingKey, Key sortKey, WriteOptions options);

  CompletableFuture<WriteResult> increment(
      Key shardingKey, Key sortKey, long delta, WriteOptions options);

  CompletableFuture<WriteResult> append(
      Key shardingKey, Key sortKey, byte[] bytes, WriteOptions options);

  CompletableFuture<WriteResult> touch(Key shardingKey, Key sortKey, WriteOptions options);

  CompletableFuture<Page> scan(Key shardingKey, ScanOptions scan, ReadOptions options);
}
