package io.henge.client;

import io.henge.api.key.Key;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/** Collections and the state of the cluster. Calls block. */
public interface Admin {
  CollectionInfo createCollection(String name, CollectionOptions options);

  void dropCollection(String name);

  List<CollectionInfo> collections();

  ClusterStatus status();

  /** Hands the leadership of a shard to a node, by name or id. */
  void transferLeader(long shardId, String node);

  // ---- What is derived from documents ----

  /**
   * Declares an index; each shard builds it in the background. The same again changes nothing.
   *
   * @return its number
   */
  int createIndex(String collection, Index index);

  void dropIndex(String collection, String name);

  /** All indexes, in order of their collections. */
  List<IndexStatus> indexes();

  /**
   * Declares a copy; each shard builds it in the background, and a holder gets its fields when they
   * are whole. The same again changes nothing.
   *
   * @return its number
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT if it cannot be, for example because
   *     it would feed itself; ALREADY_EXISTS if another copy writes there
   */
  int createCopy(Copy copy);

  /**
   * Declares a copy in the place of the one that writes the same fields, if there is one, while
   * applications go on: what that one has written stays until the new one is built. If nothing but
   * the bound differs, the copy keeps its number, and there is nothing to build.
   *
   * @return its number
   * @throws io.henge.api.error.HengeException as for {@link #createCopy}; INVALID_ARGUMENT if it
   *     would be in the place of several
   */
  int replaceCopy(Copy copy);

  /**
   * Ends a copy.
   *
   * @param keep leave what it has written; else it is taken out of its holders
   */
  void dropCopy(int id, boolean keep);

  /** The same by what it writes: a path in documents of the holding collection. */
  void dropCopy(String holder, String path, boolean keep);

  /** All copies, in order of the collections that hold them. */
  List<CopyStatus> copies();

  /**
   * How declared copies keep up with their sources. All nodes are asked, and copies are counted:
   * not for every second.
   *
   * @param collection that has the copies, or that they are copied from; empty = all
   */
  CopiesStatus copiesStatus(String collection);

  /**
   * Keeps the changes of a collection of documents for those who watch it.
   *
   * @param retention how long, unless a shard has more of them than it keeps
   */
  default void keepChanges(String collection, Duration retention) {
    keepChanges(collection, retention, false);
  }

  /**
   * The same; also changes how they are kept from now on, if they are kept already.
   *
   * @param before whether each change has the document before it, too: those who watch get it, and
   *     a filter of theirs is asked for both
   */
  void keepChanges(String collection, Duration retention, boolean before);

  /**
   * Holds what is derived from documents against the documents, over all shards: indexes, lists and
   * totals in one consistent state of each sharding key; then copies of documents on other shards
   * against what these say. Takes long, and does not disturb whoever writes. What is found was
   * wrong: a copy that is only late, because a change is still on its way to it, is none.
   *
   * @param collection only what has to do with it; empty = everything
   * @param repair whether what is wrong is mended
   * @param progress told the part of the ring that is done, 0 to 1, now and then
   */
  Verification verify(String collection, boolean repair, DoubleConsumer progress);

  /**
   * What a verification has found.
   *
   * @param documents compared
   * @param rows compared
   * @param skipped sharding keys whose totals could not be compared: that took more than an hour
   * @param differences how many
   * @param first the first ones, at most 1000
   * @param mended sharding keys that were mended
   * @param copies of documents on other shards that were compared
   * @param copiesMended differences of these that were mended
   * @param unasked documents that are copied and could not be asked; their copies were not compared
   * @param counts how many differences of each index or copy and kind, in order of ids and kinds
   */
  record Verification(
      long documents,
      long rows,
      long skipped,
      long differences,
      List<Difference> first,
      long mended,
      long copies,
      long copiesMended,
      long unasked,
      List<DifferenceCount> counts) {}

  /**
   * How many differences of one kind an index or copy has.
   *
   * @param kind {@link Difference#kind}
   * @param id number of the index or copy
   */
  record DifferenceCount(String kind, int id, long count) {}

  /**
   * Something that is not as the documents say.
   *
   * @param kind "row missing", "row stray", "row wrong" (of an index, a list or a total), "field
   *     wrong" (of any copy); of followed copies "field stale", "holder missing", "holder stray",
   *     "holder wrong", "source wrong", "source unwatched"
   * @param id number of the index or copy
   * @param shardingKey of the document; if the source is what it is about, of that
   * @param sortKey the same; empty for rows
   */
  record Difference(String kind, int id, Key shardingKey, Key sortKey) {}

  /** Keeps changes of a collection no longer. */
  void dropChanges(String collection);

  /**
   * An index and how far it is.
   *
   * @param id its number
   * @param ready part of the ring on which finds use it, 0 to 1
   * @param failure why a shard cannot build it; empty = none says so
   * @param building a shard that answers is still at work on it
   * @param silent shards that nothing is known of; they are not in {@code ready}
   */
  record IndexStatus(
      int id,
      String collection,
      Index index,
      double ready,
      String failure,
      boolean building,
      List<SilentShard> silent) {
    public IndexStatus {
      silent = List.copyOf(silent);
    }
  }

  /**
   * A shard whose leader does not answer, or that has none.
   *
   * @param silence since a leader last told anything; zero = not known
   */
  record SilentShard(long id, Duration silence) {}

  /**
   * A copy and how far it is.
   *
   * @param id its number
   * @param holder collection whose documents hold it
   * @param dropped it is on its way out
   * @param ready part of the ring on which it is whole, 0 to 1; of one that was dropped: on which
   *     it is gone
   * @param failure why a shard cannot build it; empty = none says so
   * @param waiting of one that follows: documents that have changed and whose copies have not all
   *     been reached yet, or that are new to where they are copied to
   * @param lag for how long the oldest of these waits; zero if none does
   * @param building a shard that answers is still at work on it
   * @param silent shards that nothing is known of; they are not in {@code ready}
   */
  record CopyStatus(
      int id,
      String holder,
      Copy copy,
      boolean dropped,
      double ready,
      String failure,
      long waiting,
      Duration lag,
      boolean building,
      List<SilentShard> silent) {
    public CopyStatus {
      silent = List.copyOf(silent);
    }
  }

  /** What the cluster writes, what its nodes read, and what a rise would allow. */
  FeatureLevels featureLevels();

  /**
   * Raises what the cluster writes, for ever: nodes of versions that read less cannot enter any
   * more. Nothing is rewritten, and nothing happens to what is there.
   *
   * @param level 0 = the highest that every node reads
   * @return what is then
   * @throws io.henge.api.error.HengeException CONDITION_FAILED if a node reads less,
   *     INVALID_ARGUMENT for a level below the present one
   */
  FeatureLevels raiseFeatureLevel(int level);

  /**
   * A collection.
   *
   * @param documents where its documents have their keys; null if it holds items
   */
  record CollectionInfo(
      int id,
      String name,
      Duration ttl,
      boolean divisible,
      CollectionOptions.@Nullable Documents documents) {

    public CollectionInfo(int id, String name, Duration ttl, boolean divisible) {
      this(id, name, ttl, divisible, null);
    }
  }
}
