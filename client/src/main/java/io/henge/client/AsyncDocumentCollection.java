package io.henge.client;

import io.henge.api.key.Key;
import io.henge.document.find.Totals;
import io.henge.document.patch.Patch;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * {@link DocumentCollection} without blocking. Futures fail with {@link
 * io.henge.api.error.HengeException}; they complete on a thread of the client that must not be
 * blocked.
 */
public interface AsyncDocumentCollection<T> {
  CompletableFuture<Optional<Stored<T>>> get(Key shardingKey, Key id, ReadOptions options);

  /**
   * One page of the documents of a sharding key in the order of their ids.
   *
   * @param scan its limit is the page's; go on with {@link ScanOptions#after} and the page's cursor
   */
  CompletableFuture<FindPage<T>> scan(Key shardingKey, ScanOptions scan, ReadOptions options);

  /** One page of a find, as {@link DocumentCollection#findPage} does. */
  CompletableFuture<FindPage<T>> findPage(Key shardingKey, FindOptions find, ReadOptions options);

  /** Figures of one sharding key, as {@link DocumentCollection#totals} does. */
  CompletableFuture<Totals> totals(
      Key shardingKey, String path, FindOptions find, ReadOptions options);

  /** Figures over all shards, as {@link DocumentCollection#totalsOnAllShards} does. */
  CompletableFuture<Totals> totalsOnAllShards(String path, FindOptions find, ReadOptions options);

  /**
   * Looks for documents on all shards, as {@link DocumentCollection#findAll} does, and gives them
   * to a listener, page by page.
   *
   * @param find without a sort
   * @return done when all have been taken; cancelled, it asks for nothing more
   */
  CompletableFuture<Void> findAll(
      FindOptions find, FindAllOptions options, FindListener<T> listener);

  /** How a find is read, as {@link DocumentCollection#explain} does. */
  CompletableFuture<FindExplanation> explain(
      Key shardingKey, FindOptions find, ReadOptions options);

  /** The same of each shard, as {@link DocumentCollection#explainOnAllShards} does. */
  CompletableFuture<Map<Long, FindExplanation>> explainOnAllShards(
      FindOptions find, ReadOptions options);

  /**
   * Watches changes, as {@link DocumentCollection#watch} does.
   *
   * @return begun: what is written from then on is seen; ends the watch when it is closed
   */
  CompletableFuture<AutoCloseable> watch(WatchOptions options, ChangeListener<T> listener);

  CompletableFuture<DocumentResult<T>> insert(T document, DocumentOptions options);

  CompletableFuture<DocumentResult<T>> replace(T document, DocumentOptions options);

  CompletableFuture<DocumentResult<T>> upsert(T document, DocumentOptions options);

  CompletableFuture<DocumentResult<T>> delete(Key shardingKey, Key id, DocumentOptions options);

  CompletableFuture<DocumentResult<T>> patch(
      Key shardingKey, Key id, Patch patch, DocumentOptions options);

  CompletableFuture<DocumentResult<T>> patchOrInsert(
      T initial, Patch patch, DocumentOptions options);
}
