package io.henge.client;

import io.henge.api.key.Key;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A connection to a cluster. Thread-safe; open one and keep it. */
public interface HengeClient extends AutoCloseable {

  ItemCollection collection(String name);

  /** Applies a batch: all of it, or nothing. One result for each step. */
  List<WriteResult> write(Batch batch, WriteOptions options);

  CompletableFuture<List<WriteResult>> writeAsync(Batch batch, WriteOptions options);

  /** A read that tells the path it took. */
  Explanation explainGet(String collection, Key shardingKey, Key sortKey, ReadOptions options);

  Admin admin();

  /** A view of this client whose writes and reads are noted in {@code session}. */
  HengeClient within(Session session);

  ClientStatistics statistics();

  @Override
  void close();
}
