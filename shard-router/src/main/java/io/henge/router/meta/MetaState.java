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
import io.henge.api.v1.RequestId;
import io.henge.router.Shard;
import io.henge.router.ShardMap;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
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

  /** Before the cluster is formed. */
  public static final MetaState EMPTY =
      new MetaState(
          ClusterRow.getDefaultInstance(), Map.of(), Map.of(), Map.of(), new TreeMap<>(), Map.of());

  private final ClusterRow cluster;
  private final Map<String, NodeRecord> nodes;
  private final Map<Integer, CollectionRecord> collections;
  private final Map<Long, ShardRow> shards;
  private final SortedMap<Long, RememberedResult> results;
  private final Map<RequestId, RememberedResult> resultsById;
  private @Nullable ShardMap shardMap;

  /** Takes the maps as its own. */
  MetaState(
      ClusterRow cluster,
      Map<String, NodeRecord> nodes,
      Map<Integer, CollectionRecord> collections,
      Map<Long, ShardRow> shards,
      SortedMap<Long, RememberedResult> results,
      Map<RequestId, RememberedResult> resultsById) {
    this.cluster = cluster;
    this.nodes = nodes;
    this.collections = collections;
    this.shards = shards;
    this.results = results;
    this.resultsById = resultsById;
  }

  /**
   * A state from its stored rows.
   *
   * @param rows rows with values, in any order
   * @throws HengeException CORRUPTION if a row is damaged or of a kind that this version does not
   *     know
   */
  public static MetaState load(Iterable<MetaRow> rows) {
    Draft draft = new Draft(EMPTY);
    for (MetaRow row : rows) {
      if (row.value() != null) {
        MetaRows.read(row.key(), row.value(), draft);
      }
    }
    return draft.build();
  }

  /** All rows of this state, in order of their keys. */
  public List<MetaRow> rows() {
    List<MetaRow> rows = new ArrayList<>();
    rows.add(MetaRows.of(cluster));
    collections.values().forEach(row -> rows.add(MetaRows.of(row)));
    nodes.values().forEach(row -> rows.add(MetaRows.of(row)));
    results.values().forEach(row -> rows.add(MetaRows.of(row)));
    shards.values().forEach(row -> rows.add(MetaRows.of(row)));
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
    RememberedResult before = resultsById.get(requestId);
    if (before != null) {
      return new Applied(this, again(before.getResult()), List.of());
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
    return collections.values().stream().mapToLong(CollectionRecord::getChangedIn).max().orElse(0);
  }

  /** By id; removed ones too. */
  public Collection<NodeRecord> nodes() {
    return Collections.unmodifiableCollection(nodes.values());
  }

  public @Nullable NodeRecord node(String nodeId) {
    return nodes.get(nodeId);
  }

  /** A node by the operator's name; removed ones do not count. */
  public @Nullable NodeRecord nodeByName(String name) {
    for (NodeRecord node : nodes.values()) {
      if (node.getName().equals(name) && node.getState() != NodeState.NODE_STATE_REMOVED) {
        return node;
      }
    }
    return null;
  }

  /** By id; dropped ones too. */
  public Collection<CollectionRecord> collections() {
    return Collections.unmodifiableCollection(collections.values());
  }

  /** A collection by name; dropped ones do not count. */
  public @Nullable CollectionRecord collection(String name) {
    for (CollectionRecord collection : collections.values()) {
      if (!collection.getDropped() && collection.getName().equals(name)) {
        return collection;
      }
    }
    return null;
  }

  /** By id. */
  public Collection<ShardRow> shards() {
    return Collections.unmodifiableCollection(shards.values());
  }

  public @Nullable ShardRow shard(long id) {
    return shards.get(id);
  }

  /** Replicas that a node holds or is to hold, the meta shard's included. */
  public int replicasOf(String nodeId) {
    int count =
        cluster.getMetaNodeIdsList().contains(nodeId)
                || cluster.getMetaJoiningNodeIdsList().contains(nodeId)
            ? 1
            : 0;
    for (ShardRow shard : shards.values()) {
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
              shards.values().stream().map(MetaState::shardOf).toList(),
              nodes.values(),
              collections.values());
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
        null);
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
    for (NodeRecord node : nodes.values()) {
      boolean removed = node.getState() == NodeState.NODE_STATE_REMOVED;
      if (full ? !removed : node.getChangedIn() > knownVersion) {
        if (removed) {
          update.addRemovedNodeIds(node.getNodeId());
        } else {
          update.addNodes(node);
        }
      }
    }
    for (CollectionRecord collection : collections.values()) {
      if (full || collection.getChangedIn() > knownVersion) {
        update.addCollections(collection);
      }
    }
    for (ShardRow shard : shards.values()) {
      if (full || shard.getChangedIn() > knownVersion) {
        update.addShards(
            shardOf(shard).withLeader(leaders.apply(shard.getShardId())).toDescriptor());
      }
    }
    return update.build();
  }

  /** What a node lacks that has a version, like {@link #mapUpdate}. Results are not in it. */
  public MetaUpdate metaUpdate(long knownVersion) {
    boolean full = isUnknown(knownVersion);
    MetaUpdate.Builder update =
        MetaUpdate.newBuilder()
            .setCluster(cluster)
            .setFull(full)
            .setBaseVersion(full ? 0 : knownVersion);
    nodes.values().stream()
        .filter(row -> full || row.getChangedIn() > knownVersion)
        .forEach(update::addNodes);
    collections.values().stream()
        .filter(row -> full || row.getChangedIn() > knownVersion)
        .forEach(update::addCollections);
    shards.values().stream()
        .filter(row -> full || row.getChangedIn() > knownVersion)
        .forEach(update::addShards);
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
    Draft draft = new Draft(update.getFull() ? EMPTY : this);
    draft.cluster = update.getCluster().toBuilder();
    update.getNodesList().forEach(row -> draft.nodes().put(row.getNodeId(), row));
    update.getCollectionsList().forEach(row -> draft.collections().put(row.getId(), row));
    update.getShardsList().forEach(row -> draft.shards().put(row.getShardId(), row));
    return draft.build();
  }

  Map<String, NodeRecord> nodeRows() {
    return nodes;
  }

  Map<Integer, CollectionRecord> collectionRows() {
    return collections;
  }

  Map<Long, ShardRow> shardRows() {
    return shards;
  }

  SortedMap<Long, RememberedResult> results() {
    return results;
  }

  Map<RequestId, RememberedResult> resultsById() {
    return resultsById;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof MetaState that
        && cluster.equals(that.cluster)
        && nodes.equals(that.nodes)
        && collections.equals(that.collections)
        && shards.equals(that.shards)
        && results.equals(that.results);
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
        + nodes.size()
        + " nodes, "
        + collections.size()
        + " collections, "
        + shards.size()
        + " shards";
  }
}
