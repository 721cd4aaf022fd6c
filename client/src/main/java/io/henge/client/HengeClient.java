package io.henge.client;

import io.henge.api.key.Key;
import io.henge.client.internal.Addresses;
import io.henge.client.internal.ConnectedClient;
import io.henge.document.value.JsonObject;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A connection to a cluster. Thread-safe; open one and keep it. */
public interface HengeClient extends AutoCloseable {

  /**
   * Connects with the default options.
   *
   * @param addresses client addresses of one or more nodes as {@code host:port}, separated by
   *     commas; the others are learned from them
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT for a malformed address, UNAVAILABLE
   *     if no node answers within {@link ClientOptions#timeout}
   */
  static HengeClient connect(String addresses) {
    return connect(Addresses.parse(addresses), ClientOptions.DEFAULT);
  }

  /**
   * Connects: waits until one of the nodes has sent the shard map.
   *
   * @param addresses client addresses of one or more nodes as {@code host:port}; the others are
   *     learned from them
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT for a malformed address, UNAVAILABLE
   *     if no node answers within {@link ClientOptions#timeout}
   */
  static HengeClient connect(List<String> addresses, ClientOptions options) {
    return ConnectedClient.connect(addresses, options);
  }

  /** A collection; whether it exists shows at its first use. Costs nothing to make. */
  ItemCollection collection(String name);

  /** A collection of documents as JSON; whether it exists shows at its first use. */
  DocumentCollection<JsonObject> documents(String name);

  /**
   * A collection of documents as records or classes, mapped by Jackson ({@link DocumentMapper#of}):
   * members that the type does not have are left out when a document is read.
   */
  <T> DocumentCollection<T> documents(String name, Class<T> type);

  /** The same with a mapping of the application's own. */
  <T> DocumentCollection<T> documents(String name, DocumentMapper<T> mapper);

  /**
   * All items and documents of a sharding key, over all collections, in the order of their
   * collections' ids and their sort keys; page by page as they are needed. One page is one
   * consistent view.
   */
  Iterator<FamilyItem> family(Key shardingKey, ReadOptions options);

  /**
   * One page of a family, with the cursor to go on from: for those who hand pages on, and go on
   * later or elsewhere.
   *
   * @param limit most items; 0 = the server's default. A page may have fewer although there are
   *     more
   * @param cursor of the page before; null = from the beginning
   */
  FamilyPage familyPage(Key shardingKey, int limit, byte @Nullable [] cursor, ReadOptions options);

  CompletableFuture<FamilyPage> familyPageAsync(
      Key shardingKey, int limit, byte @Nullable [] cursor, ReadOptions options);

  /**
   * Applies a batch: all of it, or nothing. One result for each step.
   *
   * @param options only its timeout counts: conditions and expiry belong to the steps
   */
  List<WriteResult> write(Batch batch, WriteOptions options);

  CompletableFuture<List<WriteResult>> writeAsync(Batch batch, WriteOptions options);

  /** A read that tells the path it took. */
  Explanation explainGet(String collection, Key shardingKey, Key sortKey, ReadOptions options);

  Admin admin();

  /** What changes the shape of the cluster: splits, merges, moves, nodes that leave. */
  Operations operations();

  /** A view of this client whose writes and reads are noted in {@code session}. */
  HengeClient within(Session session);

  ClientStatistics statistics();

  /** Ends the connections; calls that wait for an answer fail with UNAVAILABLE. Views share it. */
  @Override
  void close();
}
