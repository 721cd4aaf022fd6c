package io.henge.client;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

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

  CompletableFuture<WriteResult> delete(Key shardingKey, Key sortKey, WriteOptions options);

  CompletableFuture<WriteResult> increment(
      Key shardingKey, Key sortKey, long delta, WriteOptions options);

  CompletableFuture<WriteResult> append(
      Key shardingKey, Key sortKey, byte[] bytes, WriteOptions options);

  CompletableFuture<WriteResult> touch(Key shardingKey, Key sortKey, WriteOptions options);

  CompletableFuture<Page> scan(Key shardingKey, ScanOptions scan, ReadOptions options);
}
