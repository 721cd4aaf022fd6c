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
   * Where the documents of a collection have their keys, which never changes, and what is derived
   * from them.
   *
   * @param shardPaths of the values of the sharding key
   * @param idPaths of the values of the id; those that are not shard paths make the sort key
   * @param ttlPath of the time when a document expires; empty = none
   * @param indexes in order of their ids
   * @param rules whose holders these documents are, in order of their ids
   * @param changes null = changes are not kept
   */
  public record Documents(
      List<String> shardPaths,
      List<String> idPaths,
      String ttlPath,
      List<IndexInfo> indexes,
      List<CopyRule> rules,
      @Nullable ChangesInfo changes) {
    public Documents {
      shardPaths = List.copyOf(shardPaths);
      idPaths = List.copyOf(idPaths);
      indexes = List.copyOf(indexes);
      rules = List.copyOf(rules);
    }

    /** Documents that nothing is derived from. */
    public Documents(List<String> shardPaths, List<String> idPaths, String ttlPath) {
      this(shardPaths, idPaths, ttlPath, List.of(), List.of(), null);
    }

    /** Whether there is more than keys. */
    boolean isDerivedFrom() {
      return !indexes.isEmpty() || !rules.isEmpty() || changes != null;
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
