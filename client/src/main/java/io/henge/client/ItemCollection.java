package io.henge.client;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * A named set of items. Calls block the caller until answered; they fail with {@link
 * io.henge.api.error.HengeException}. Use {@link Key#EMPTY} where an item has no sort key.
 */
public interface ItemCollection {
  String name();

  /** The same operations without blocking. */
  AsyncItemCollection async();

  default Optional<Item> get(Key shardingKey, Key sortKey) {
    return get(shardingKey, sortKey, ReadOptions.LINEARIZABLE);
  }

  Optional<Item> get(Key shardingKey, Key sortKey, ReadOptions options);

  /** Several items of one sharding key, in the order asked for. */
  List<Optional<Item>> getAll(Key shardingKey, List<Key> sortKeys, ReadOptions options);

  default WriteResult put(Key shardingKey, Key sortKey, Value value) {
    return put(shardingKey, sortKey, value, WriteOptions.DEFAULT);
  }

  WriteResult put(Key shardingKey, Key sortKey, Value value, WriteOptions options);

  default WriteResult delete(Key shardingKey, Key sortKey) {
    return delete(shardingKey, sortKey, WriteOptions.DEFAULT);
  }

  WriteResult delete(Key shardingKey, Key sortKey, WriteOptions options);

  /**
   * Adds to a counter, which begins at 0; answers with its new value in {@link
   * WriteResult#counter}.
   */
  default WriteResult increment(Key shardingKey, Key sortKey, long delta) {
    return increment(shardingKey, sortKey, delta, WriteOptions.DEFAULT);
  }

  WriteResult increment(Key shardingKey, Key sortKey, long delta, WriteOptions options);

  /** Appends to a value, which begins empty. */
  WriteResult append(Key shardingKey, Key sortKey, byte[] bytes, WriteOptions options);

  /** Sets the value if it equals {@code expected}. False if it does not, or if there is no item. */
  boolean compareAndSet(Key shardingKey, Key sortKey, Value expected, Value value);

  /** Changes only when the item expires: {@link WriteOptions#ttlMillis}. */
  WriteResult touch(Key shardingKey, Key sortKey, WriteOptions options);

  /** One page of the items of a sharding key. */
  Page scan(Key shardingKey, ScanOptions scan, ReadOptions options);

  /** All items of a range, page by page as they are needed. */
  Iterator<Item> iterate(Key shardingKey, ScanOptions scan, ReadOptions options);
}
