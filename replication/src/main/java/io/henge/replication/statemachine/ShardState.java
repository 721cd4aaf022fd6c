package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.replication.LogPosition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a replica knows of its shard, beside the items, after an entry. Immutable. Whoever takes the
 * state first and a view of the store then reads items that are at least as new as the state.
 */
public final class ShardState {
  private final LogPosition applied;
  private final long timeMillis;
  private final long version;
  private final @Nullable ShardDescription shard;
  private final Catalogue catalogue;
  private final Reshaping reshaping;
  private final DerivedStates derived;

  ShardState(
      LogPosition applied,
      long timeMillis,
      long version,
      @Nullable ShardDescription shard,
      Catalogue catalogue,
      Reshaping reshaping,
      DerivedStates derived) {
    this.applied = applied;
    this.timeMillis = timeMillis;
    this.version = version;
    this.shard = shard;
    this.catalogue = catalogue;
    this.reshaping = reshaping;
    this.derived = derived;
  }

  public LogPosition applied() {
    return applied;
  }

  /** The shard's time: everything that expires up to it is deleted. Milliseconds since 1970. */
  public long timeMillis() {
    return timeMillis;
  }

  /** Version of the last mutation; 0 = there was none. */
  public long version() {
    return version;
  }

  /** Null until the shard's first entry is applied. */
  public @Nullable ShardDescription shard() {
    return shard;
  }

  /** The collection as the shard knows it; null if it does not. */
  public @Nullable CollectionInfo collection(int id) {
    Catalogue.Collection collection = catalogue.find(id);
    return collection == null ? null : collection.info();
  }

  /** Whether the shard knows this description of a collection, or a newer one. */
  public boolean knows(CollectionInfo collection) {
    CollectionInfo known = collection(collection.id());
    return known != null && known.changedIn() >= collection.changedIn();
  }

  /**
   * Version of the map that the newest description of a collection is from: whatever of older
   * versions there is, the shard knows as well.
   */
  public long catalogueVersion() {
    return catalogue.version();
  }

  /** All collections, in order of id. */
  public List<CollectionInfo> collections() {
    return catalogue.infos();
  }

  /**
   * How many rules and indexes may derive something from a write; each mutation counts by itself.
   */
  public int derivations(WriteCommand command) {
    if (!catalogue.isDerived()) {
      return 0;
    }
    int rules = 0;
    for (Mutation mutation : command.mutations()) {
      byte[] key = mutation.key();
      int end = key.length <= PhysicalKey.TOKEN_BYTES ? -1 : PhysicalKey.endOfShardingKey(key);
      Catalogue.Collection collection =
          end < 0 || end + 1 + Integer.BYTES > key.length
              ? null
              : catalogue.find(PhysicalKey.collectionId(key));
      Derived derived = collection == null ? null : collection.derived();
      rules += derived == null ? 0 : derived.ruleCount();
    }
    return rules;
  }

  /** What is under way with the range. */
  public Reshaping reshaping() {
    return reshaping;
  }

  /** How far indexes and rules are. */
  public DerivedStates derived() {
    return derived;
  }

  /** Indexes of a collection that finds may use, in order of their ids. */
  public List<Indexed> readyIndexes(int collectionId) {
    Catalogue.Collection collection = catalogue.find(collectionId);
    Derived its = collection == null ? null : collection.derived();
    return its == null
        ? List.of()
        : its.indexes().stream().filter(index -> derived.isReady(index.id())).toList();
  }

  ShardState with(DerivedStates changed) {
    return changed == derived
        ? this
        : new ShardState(applied, timeMillis, version, shard, catalogue, reshaping, changed);
  }

  ShardState with(Reshaping changed) {
    return new ShardState(applied, timeMillis, version, shard, catalogue, changed, derived);
  }

  ShardState with(ShardDescription range, Reshaping changed) {
    return new ShardState(applied, timeMillis, version, range, catalogue, changed, derived);
  }

  ShardState with(Catalogue changed) {
    return new ShardState(applied, timeMillis, version, shard, changed, reshaping, derived);
  }

  ShardState withVersion(long changed) {
    return new ShardState(applied, timeMillis, changed, shard, catalogue, reshaping, derived);
  }

  ShardState at(LogPosition position, long newTimeMillis, long newVersion) {
    return new ShardState(
        position, newTimeMillis, newVersion, shard, catalogue, reshaping, derived);
  }

  ShardState at(LogPosition position) {
    return new ShardState(position, timeMillis, version, shard, catalogue, reshaping, derived);
  }

  Catalogue catalogue() {
    return catalogue;
  }
}
