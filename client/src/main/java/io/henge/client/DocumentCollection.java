package io.henge.client;

import io.henge.api.key.Key;
import io.henge.document.find.Totals;
import io.henge.document.patch.Patch;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/**
 * A collection of documents, as values of a type of the application. Calls block the caller until
 * answered; they fail with {@link io.henge.api.error.HengeException}.
 *
 * <p>A document is known by its sharding key and its id; both are fields of its own, and never
 * change. The id is the tuple of its id fields without those that are in the sharding key: use
 * {@link Key#EMPTY}, or the shorter forms, where nothing is left of it.
 *
 * @param <T> {@link io.henge.document.value.JsonObject}, or a record or class that Jackson maps
 */
public interface DocumentCollection<T> {
  String name();

  /** The same operations without blocking. */
  AsyncDocumentCollection<T> async();

  /**
   * The sharding key of a document: what stands in it at the collection's shard paths.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT if it has none
   */
  Key shardingKey(T document);

  /**
   * The id of a document, without what is in its sharding key.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT if it has none
   */
  Key id(T document);

  default Optional<Stored<T>> get(Key shardingKey) {
    return get(shardingKey, Key.EMPTY);
  }

  default Optional<Stored<T>> get(Key shardingKey, Key id) {
    return get(shardingKey, id, ReadOptions.LINEARIZABLE);
  }

  Optional<Stored<T>> get(Key shardingKey, Key id, ReadOptions options);

  /** All documents of a sharding key in the order of their ids, page by page as they are needed. */
  Iterator<Stored<T>> iterate(Key shardingKey, ScanOptions scan, ReadOptions options);

  /**
   * One page of the documents of a sharding key in the order of their ids.
   *
   * @param scan its limit is the page's; go on with {@link ScanOptions#after} and the page's cursor
   */
  FindPage<T> scan(Key shardingKey, ScanOptions scan, ReadOptions options);

  default Iterator<Stored<T>> find(Key shardingKey, FindOptions find) {
    return find(shardingKey, find, ReadOptions.LINEARIZABLE);
  }

  /** Looks for documents of one sharding key, on its shard, page by page as they are needed. */
  Iterator<Stored<T>> find(Key shardingKey, FindOptions find, ReadOptions options);

  default FindPage<T> findPage(Key shardingKey, FindOptions find) {
    return findPage(shardingKey, find, ReadOptions.LINEARIZABLE);
  }

  /**
   * One page of a find within a sharding key, with the cursor to go on from: for those who hand
   * pages on, and go on later or elsewhere.
   *
   * @param find its limit is the page's, as its page size is
   */
  FindPage<T> findPage(Key shardingKey, FindOptions find, ReadOptions options);

  /**
   * Looks for documents on all shards, one after the other: work for each of them. In the order of
   * the ring, which is none for people. What changes meanwhile may be seen or not.
   */
  Iterator<Stored<T>> findOnAllShards(FindOptions find, ReadOptions options);

  /**
   * Looks for documents on all shards, on several at once and in no order; see {@link FindAll}. To
   * be closed.
   *
   * @param find without a sort
   */
  FindAll<T> findAll(FindOptions find, FindAllOptions options);

  /** Reads the first page of a find and tells how its shard has done it. */
  FindExplanation explain(Key shardingKey, FindOptions find, ReadOptions options);

  /**
   * Reads the first page that each shard has of a find over all shards, one after the other, and
   * tells how they have done it: each plans for itself.
   *
   * @param find without a sort
   * @return by the shard's number, in the order of the ring
   */
  Map<Long, FindExplanation> explainOnAllShards(FindOptions find, ReadOptions options);

  /**
   * Number, sum and extremes of the values at a path over the documents of one sharding key that
   * match.
   *
   * @param path empty = only the number of documents
   * @param find its filter counts
   */
  Totals totals(Key shardingKey, String path, FindOptions find, ReadOptions options);

  /** The same over all shards. */
  Totals totalsOnAllShards(String path, FindOptions find, ReadOptions options);

  /**
   * Watches changes, over all shards. The collection must keep them ({@link Admin#keepChanges}).
   * From now on means: what is written after this call has returned is seen. To be closed.
   */
  Watch<T> watch(WatchOptions options);

  default DocumentResult<T> insert(T document) {
    return insert(document, DocumentOptions.DEFAULT);
  }

  /**
   * Stores a new document; ALREADY_EXISTS if there is one of its keys.
   *
   * @param options without a condition
   */
  DocumentResult<T> insert(T document, DocumentOptions options);

  default DocumentResult<T> replace(T document) {
    return replace(document, DocumentOptions.DEFAULT);
  }

  /** Stores a document instead of the one that there is; NOT_FOUND if there is none. */
  DocumentResult<T> replace(T document, DocumentOptions options);

  default DocumentResult<T> upsert(T document) {
    return upsert(document, DocumentOptions.DEFAULT);
  }

  /** Stores a document, whether or not there is one of its keys. */
  DocumentResult<T> upsert(T document, DocumentOptions options);

  default DocumentResult<T> delete(Key shardingKey, Key id) {
    return delete(shardingKey, id, DocumentOptions.DEFAULT);
  }

  /** Deletes a document; no error if there is none. */
  DocumentResult<T> delete(Key shardingKey, Key id, DocumentOptions options);

  default DocumentResult<T> patch(Key shardingKey, Key id, Patch patch) {
    return patch(shardingKey, id, patch, DocumentOptions.DEFAULT);
  }

  /**
   * Changes parts of a document where it is stored; NOT_FOUND if there is none. What does not fit
   * (an {@code inc} of a text, for example) is INVALID_ARGUMENT and changes nothing.
   */
  DocumentResult<T> patch(Key shardingKey, Key id, Patch patch, DocumentOptions options);

  /** The same, beginning from this document if there is none of its keys. */
  DocumentResult<T> patchOrInsert(T initial, Patch patch, DocumentOptions options);

  /**
   * Adds an insert to a batch: without it, the whole batch fails with CONDITION_FAILED.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT if the document has another sharding
   *     key than the batch
   */
  default void insertIn(Batch batch, T document) {
    insertIn(batch, document, DocumentOptions.DEFAULT);
  }

  /**
   * The same.
   *
   * @param options without a condition, and, as for all that is done in a batch, without a timeout:
   *     that is the batch's
   */
  void insertIn(Batch batch, T document, DocumentOptions options);

  /** Adds a replacement to a batch, as {@link #insertIn} does: there must be such a document. */
  default void replaceIn(Batch batch, T document) {
    replaceIn(batch, document, DocumentOptions.DEFAULT);
  }

  /** The same; if its condition does not hold, the whole batch fails. */
  void replaceIn(Batch batch, T document, DocumentOptions options);

  /** Adds an upsert to a batch, as {@link #insertIn} does. */
  default void upsertIn(Batch batch, T document) {
    upsertIn(batch, document, DocumentOptions.DEFAULT);
  }

  /** The same; if its condition does not hold, the whole batch fails. */
  void upsertIn(Batch batch, T document, DocumentOptions options);

  /** Adds a patch to a batch: if there is no such document, the whole batch fails. */
  default void patchIn(Batch batch, Key id, Patch patch) {
    patchIn(batch, id, patch, DocumentOptions.DEFAULT);
  }

  /** The same; if its condition does not hold, the whole batch fails. */
  void patchIn(Batch batch, Key id, Patch patch, DocumentOptions options);

  /** Adds a patch that begins from this document if there is none of its keys. */
  void patchOrInsertIn(Batch batch, T initial, Patch patch, DocumentOptions options);

  /** Adds a deletion to a batch. */
  default void deleteIn(Batch batch, Key id) {
    deleteIn(batch, id, DocumentOptions.DEFAULT);
  }

  /** The same; if its condition does not hold, the whole batch fails. */
  void deleteIn(Batch batch, Key id, DocumentOptions options);

  /**
   * What one step of a batch has done to a document of this collection.
   *
   * @param step the result in the step's place, of {@link HengeClient#write}
   */
  DocumentResult<T> resultOf(WriteResult step);
}
