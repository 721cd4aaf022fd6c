package io.henge.replication.statemachine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What apply needs to know of a collection; installed in every shard by a log entry.
 *
 * @param ttlMillisDefault 0 = its items do not expire
 * @param changedIn catalogue version of this description
 * @param documents set if it holds documents, null if it holds items
 */
public record CollectionInfo(
    int id,
    String name,
    long ttlMillisDefault,
    boolean divisible,
    boolean dropped,
    long changedIn,
    @Nullable Documents documents) {

  /**
   * Where the documents of a collection have their keys. Never changes.
   *
   * @param shardPaths of the values of the sharding key
   * @param idPaths of the values of the id; those that are not shard paths make the sort key
   * @param ttlPath of the time when a document expires; empty = none
   */
  public record Documents(List<String> shardPaths, List<String> idPaths, String ttlPath) {
    public Documents {
      shardPaths = List.copyOf(shardPaths);
      idPaths = List.copyOf(idPaths);
    }
  }

  /** A collection of items. */
  public CollectionInfo(
      int id,
      String name,
      long ttlMillisDefault,
      boolean divisible,
      boolean dropped,
      long changedIn) {
    this(id, name, ttlMillisDefault, divisible, dropped, changedIn, null);
  }
}
