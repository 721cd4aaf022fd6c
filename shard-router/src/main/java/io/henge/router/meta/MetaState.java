package io.henge.router.meta;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ClusterRow;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.MetaUpdate;
import io.henge.api.internal.v1.RememberedResult;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.RequestId;
import io.henge.router.Shard;
import io.henge.router.ShardMap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Everything the meta shard knows: the cluster, its nodes, collections and shards, and the results
 * of the last commands. Immutable; safe to share between threads.
 *
 * <p>Invariants: the version rises by one with every command that changes something; each row says
 * in which version it was last changed; ids of collections and shards are never reused; the shards
 * tile the ring.
 */
public final class MetaState {
  /** How many commands are recognised when they come again. */
  public static final int RESULTS_REMEMBERED = 2_000;

  /** How many operations that have ended are kept, for people to look at. */
  public static final int ENDED_OPERATIONS_KEPT = 100;

  /** Before the cluster is formed. */
  public static final MetaState EMPTY =
      new MetaState(ClusterRow.getDefaultInstance(), Tables.EMPTY);

  private final ClusterRow cluster;
  private final Tables tables;
  private @Nullable ShardMap shardMap;

  MetaState(ClusterRow cluster, Tables tables) {
    this.cluster = cluster;
    this.tables = tables;
  }

  /**
   * A state from its stored rows.
   *
   * @param rows rows with values, in any order
   * @throws HengeException CORRUPTION if a row is damaged or of a kind that this version does not
   *     know
   */
  public static MetaState load(Iterable<MetaRow> rows) {
    Loader loader = new Loader();
    for (MetaRow row : rows) {
      if (row.value() != null) {
        MetaRows.read(row.key(), row.value(), loader);
      }
    }
    // In order, so that of two results under one request id the later one is found.
    loader.results.sort(Comparator.comparingLong(RememberedResult::getNumber));
    return loader.onto(Tables.EMPTY);
  }

  /** All rows of this state, in order of their keys. */
  public List<MetaRow> rows() {
    List<MetaRow> rows = new ArrayList<>();
    if (!cluster.equals(ClusterRow.getDefaultInstance())) {
      // Before the first command is remembered nothing has been stored.
      rows.add(MetaRows.of(cluster));
    }
    tables.collections().values().forEach(row -> rows.add(MetaRows.of(row)));
    tables.nodes().values().forEach(row -> rows.add(MetaRows.of(row)));
    tables.operations().values().forEach(row -> rows.add(MetaRows.of(row)));
    tables.results().values().forEach(row -> rows.add(MetaRows.of(row)));
    tables.shards().byId().values().forEach(row -> rows.add(MetaRows.of(row)));
    return rows;
  }

  /**
   * The state after a command. Bad input is a result with the number of an error, never an
   * exception. A command whose request id is remembered has no further effect and gets the answer
   * that it got before, but for the wording of a refusal.
   */
  public Applied apply(MetaCommand command) {
    RequestId requestId = command.getRequestId();
    if (!command.hasRequestId() || requestId.getSequence() == 0) {
      MetaResult result =
          refusal(
                  ErrorCode.INVALID_ARGUMENT,
                  "request_id is missing or its sequence is 0: without it a retry could take"
                      + " effect twice")
              .setVersion(version())
              .build();
      return new Applied(this, result, List.of());
    }
    RememberedResult before = tables.resultsById().get(requestId);
    if (before != null) {
      return new Applied(this, again(before.getResult()), List.of());
    }
    if (!isFormed() && !command.hasFormCluster()) {
      // Not remembered, unlike other refusals: the first node is about to form the cluster, and
      // whoever came too early is to be served when it comes again, as what it is.
      MetaResult result =
          refusal(ErrorCode.UNAVAILABLE, "the cluster has not been formed yet; try again soon")
              .setVersion(version())
              .build();
      return new Applied(this, result, List.of());
    }
    Draft draft = new Draft(this);
    try {
      MetaResult.Builder result = Commands.apply(draft, command);
      return draft.finish(requestId, result);
    } catch (Refused refused) {
      // A new draft: what the command did before it was refused is forgotten.
      return new Draft(this).finish(requestId, refusal(refused.code(), refused.reason()));
    }
  }

  private static MetaResult again(MetaResult before) {
    return before.getCode() == 0
        ? before
        : before.toBuilder()
            .setMessage(
                "the command was refused when it first arrived, with "
                    + ErrorCode.of(before.getCode())
                    + "; to try once more, send it under another request id")
            .build();
  }

  private static MetaResult.Builder refusal(ErrorCode code, String message) {
    return MetaResult.newBuilder().setCode(code.number()).setMessage(message);
  }

  /** Whether the cluster has been formed. */
  public boolean isFormed() {
    return !cluster.getClusterId().isEmpty();
  }

  public ClusterRow cluster() {
    return cluster;
  }

  /** Rises by one with every change; 0 before the cluster is formed. */
  public long version() {
    return cluster.getVersion();
  }

  /** The last version in which a collection was created or dropped; 0 = never. */
  public long catalogueVersion() {
    return collections().stream().mapToLong(CollectionRecord::getChangedIn).max().orElse(0);
  }

  /** By id; removed ones too. */
  public Collection<NodeRecord> nodes() {
    return tables.nodes().values();
  }

  public @Nullable NodeRecord node(String nodeId) {
    return tables.nodes().get(nodeId);
  }

  /** A node by the operator's name; removed ones do not count. */
  public @Nullable NodeRecord nodeByName(String name) {
    for (NodeRecord node : nodes()) {
      if (node.getName().equals(name) && node.getState() != NodeState.NODE_STATE_REMOVED) {
        return node;
      }
    }
    return null;
  }

  /** By id; dropped ones too. */
  public Collection<CollectionRecord> collections() {
    return tables.collections().values();
  }

  /** A collection by name; dropped ones do not count. */
  public @Nullable CollectionRecord collection(String name) {
    for (CollectionRecord collection : collections()) {
      if (!collection.getDropped() && collection.getName().equals(name)) {
        return collection;
      }
    }
    return null;
  }

  /** Those that are there, in the order of the ring, which they tile. */
  public Collection<ShardRow> shards() {
    return tables.shards().byStart().values();
  }

  /** By id; those that neighbours have absorbed too. */
  public Collection<ShardRow> allShards() {
    return tables.shards().byId().values();
  }

  /** A shard by id; one that a neighbour has absorbed says {@code removed}. */
  public @Nullable ShardRow shard(long id) {
    return tables.shards().get(id);
  }

  /** The shard that begins where another one ends; null at the end of the ring. */
  public @Nullable ShardRow rightOf(ShardRow shard) {
    return tables.shards().rightOf(shard);
  }

  /** The shard that ends where another one begins; null at the beginning of the ring. */
  public @Nullable ShardRow leftOf(ShardRow shard) {
    return tables.shards().leftOf(shard);
  }

  /** By id: what is under way, and the last that have ended. */
  public Collection<OperationRecord> operations() {
    return tables.operations().values();
  }

  public @Nullable OperationRecord operation(long id) {
    return tables.operations().get(id);
  }

  /** Replicas that a node holds or is to hold, the meta shard's included. */
  public int replicasOf(String nodeId) {
    int count =
        cluster.getMetaNodeIdsList().contains(nodeId)
                || cluster.getMetaJoiningNodeIdsList().contains(nodeId)
            ? 1
            : 0;
    for (ShardRow shard : shards()) {
      if (shard.getReplicaNodeIdsList().contains(nodeId)
          || shard.getJoiningNodeIdsList().contains(nodeId)) {
        count++;
      }
    }
    return count;
  }

  /** The same as a map for routing; made at the first call. */
  public ShardMap shardMap() {
    ShardMap map = shardMap;
    if (map == null) {
      // Two threads may both make it: equal values, safely published by their final fields.
      map =
          ShardMap.of(
              cluster.getClusterId(),
              version(),
              shards().stream().map(MetaState::shardOf).toList(),
              nodes(),
              collections());
      shardMap = map;
    }
    return map;
  }

  /** A row as a shard of the map. */
  public static Shard shardOf(ShardRow row) {
    return new Shard(
        row.getShardId(),
        row.getEpoch(),
        row.getStart().toByteArray(),
        row.getEnd().toByteArray(),
        row.getReplicaNodeIdsList(),
        row.getJoiningNodeIdsList(),
        null,
        row.getConfIndex());
  }

  /**
   * What a client lacks that has a version: the changes since, or all if its version is 0 or not
   * one of this state's past.
   *
   * @param leaders the leader of a shard as far as the caller knows; null = unknown
   */
  public MapUpdate mapUpdate(
      long knownVersion, long clockMillis, LongFunction<@Nullable String> leaders) {
    boolean full = isUnknown(knownVersion);
    MapUpdate.Builder update =
        MapUpdate.newBuilder()
            .setClusterId(cluster.getClusterId())
            .setVersion(version())
            .setFull(full)
            .setBaseVersion(full ? 0 : knownVersion)
            .setClockMillis(clockMillis);
    for (NodeRecord node : nodes()) {
      boolean removed = node.getState() == NodeState.NODE_STATE_REMOVED;
      if (full ? !removed : node.getChangedIn() > knownVersion) {
        if (removed) {
          update.addRemovedNodeIds(node.getNodeId());
        } else {
          update.addNodes(node);
        }
      }
    }
    for (CollectionRecord collection : collections()) {
      if (full || collection.getChangedIn() > knownVersion) {
        update.addCollections(collection);
      }
    }
    for (ShardRow shard : full ? shards() : tables.shards().changedAfter(knownVersion)) {
      if (shard.getRemoved()) {
        update.addRemovedShardIds(shard.getShardId());
      } else {
        update.addShards(
            shardOf(shard).withLeader(leaders.apply(shard.getShardId())).toDescriptor());
      }
    }
    return update.build();
  }

  /**
   * What a node lacks that has a version, like {@link #mapUpdate}. Neither results nor operations
   * are in it.
   */
  public MetaUpdate metaUpdate(long knownVersion) {
    boolean full = isUnknown(knownVersion);
    MetaUpdate.Builder update =
        MetaUpdate.newBuilder()
            .setCluster(cluster)
            .setFull(full)
            .setBaseVersion(full ? 0 : knownVersion);
    nodes().stream()
        .filter(row -> full || row.getChangedIn() > knownVersion)
        .forEach(update::addNodes);
    collections().stream()
        .filter(row -> full || row.getChangedIn() > knownVersion)
        .forEach(update::addCollections);
    for (ShardRow shard : full ? allShards() : tables.shards().changedAfter(knownVersion)) {
      update.addShards(shard);
    }
    return update.build();
  }

  private boolean isUnknown(long knownVersion) {
    return knownVersion <= 0 || knownVersion > version();
  }

  /** Whether {@link #merge} can take an update; if not, ask for everything. */
  public boolean canMerge(MetaUpdate update) {
    return update.getFull() || update.getBaseVersion() <= version();
  }

  /**
   * The state of a node that follows meta from outside, after an update. An older update, or one
   * that {@linkplain #canMerge builds on what this state lacks}, changes nothing.
   *
   * @throws HengeException INVALID_ARGUMENT if the update is of another cluster
   */
  public MetaState merge(MetaUpdate update) {
    String theirs = update.getCluster().getClusterId();
    if (isFormed() && !cluster.getClusterId().equals(theirs)) {
      throw HengeException.invalid(
          "the update is of cluster "
              + theirs
              + ", this node belongs to cluster "
              + cluster.getClusterId());
    }
    if (update.getCluster().getVersion() <= version() || !canMerge(update)) {
      return this;
    }
    Loader loader = new Loader();
    loader.cluster = update.getCluster();
    loader.nodes.addAll(update.getNodesList());
    loader.collections.addAll(update.getCollectionsList());
    loader.shards.addAll(update.getShardsList());
    return loader.onto(update.getFull() ? Tables.EMPTY : tables);
  }

  Tables tables() {
    return tables;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MetaState that
        && cluster.equals(that.cluster)
        && tables.equals(that.tables);
  }

  @Override
  public int hashCode() {
    return cluster.hashCode();
  }

  @Override
  public String toString() {
    return "meta "
        + version()
        + " of cluster "
        + cluster.getClusterId()
        + ": "
        + nodes().size()
        + " nodes, "
        + collections().size()
        + " collections, "
        + shards().size()
        + " shards";
  }
}
