package io.henge.client.internal;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.AsyncDocumentCollection;
import io.henge.client.ChangeListener;
import io.henge.client.DocumentOptions;
import io.henge.client.DocumentResult;
import io.henge.client.FindAllOptions;
import io.henge.client.FindExplanation;
import io.henge.client.FindListener;
import io.henge.client.FindOptions;
import io.henge.client.FindPage;
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.Stored;
import io.henge.client.WatchOptions;
import io.henge.document.find.Totals;
import io.henge.document.patch.Patch;
import io.henge.router.ShardMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/** A collection of documents in the cluster, without blocking; answers are read on the loop. */
final class AsyncDocuments<T> implements AsyncDocumentCollection<T> {
  private final RemoteDocuments<T> documents;
  private final Core core;
  private final RemoteItems items;
  private final AsyncFinds finds;
  private final DocumentWrites<T> writes;

  AsyncDocuments(
      RemoteDocuments<T> documents,
      Core core,
      RemoteItems items,
      AsyncFinds finds,
      DocumentWrites<T> writes) {
    this.documents = documents;
    this.core = core;
    this.items = items;
    this.finds = finds;
    this.writes = writes;
  }

  @Override
  public CompletableFuture<Optional<Stored<T>>> get(Key shardingKey, Key id, ReadOptions options) {
    return items
        .async()
        .get(shardingKey, id, options)
        .thenApply(found -> found.map(documents::stored));
  }

  @Override
  public CompletableFuture<FindPage<T>> scan(
      Key shardingKey, ScanOptions scan, ReadOptions options) {
    return items.async().scan(shardingKey, scan, options).thenApply(documents::page);
  }

  @Override
  public CompletableFuture<FindPage<T>> findPage(
      Key shardingKey, FindOptions find, ReadOptions options) {
    return finds.page(
        documents.name(),
        shardingKey,
        find,
        options,
        found -> documents.stored(Finds.item(shardingKey, found)));
  }

  @Override
  public CompletableFuture<Totals> totals(
      Key shardingKey, String path, FindOptions find, ReadOptions options) {
    return finds.totals(documents.name(), shardingKey, path, find, options);
  }

  @Override
  public CompletableFuture<Totals> totalsOnAllShards(
      String path, FindOptions find, ReadOptions options) {
    return finds.totalsOnAllShards(documents.name(), path, find, options);
  }

  @Override
  public CompletableFuture<Void> findAll(
      FindOptions find, FindAllOptions options, FindListener<T> listener) {
    return finds.findAll(
        documents.name(),
        find,
        options,
        found -> documents.stored(Finds.item(null, found)),
        listener);
  }

  @Override
  public CompletableFuture<FindExplanation> explain(
      Key shardingKey, FindOptions find, ReadOptions options) {
    return finds.explain(documents.name(), shardingKey, find, options);
  }

  @Override
  public CompletableFuture<Map<Long, FindExplanation>> explainOnAllShards(
      FindOptions find, ReadOptions options) {
    return finds.explainOnAllShards(documents.name(), find, options);
  }

  @Override
  public CompletableFuture<AutoCloseable> watch(WatchOptions options, ChangeListener<T> listener) {
    try {
      return new ListenedWatch<>(documents.watching(options), listener).begin();
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public CompletableFuture<DocumentResult<T>> insert(T document, DocumentOptions options) {
    return write(writes.insertion(document, options), ErrorCode.ALREADY_EXISTS);
  }

  @Override
  public CompletableFuture<DocumentResult<T>> replace(T document, DocumentOptions options) {
    return write(writes.replacement(document, options), RemoteDocuments.missing(options));
  }

  @Override
  public CompletableFuture<DocumentResult<T>> upsert(T document, DocumentOptions options) {
    return write(writes.put(document, options.condition(), options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public CompletableFuture<DocumentResult<T>> delete(
      Key shardingKey, Key id, DocumentOptions options) {
    return write(writes.deletion(shardingKey, id, options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public CompletableFuture<DocumentResult<T>> patch(
      Key shardingKey, Key id, Patch patch, DocumentOptions options) {
    return write(writes.patching(shardingKey, id, patch, options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public CompletableFuture<DocumentResult<T>> patchOrInsert(
      T initial, Patch patch, DocumentOptions options) {
    return write(writes.patching(initial, patch, options), ErrorCode.CONDITION_FAILED);
  }

  private CompletableFuture<DocumentResult<T>> write(
      Function<ShardMap, DocumentWrites.Write> maker, ErrorCode ifConditionFails) {
    return core.callAsync(map -> documents.call(map, maker), documents::written)
        .exceptionallyCompose(failure -> failed(failure, ifConditionFails));
  }

  private CompletableFuture<DocumentResult<T>> failed(
      Throwable failure, ErrorCode ifConditionFails) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return CompletableFuture.failedFuture(
        cause instanceof HengeException known ? documents.named(known, ifConditionFails) : cause);
  }
}
