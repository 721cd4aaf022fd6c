package io.henge.router.meta;

import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.ClusterRow;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RememberedResult;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.RequestId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A state in the making: copies of what changes, references to the rest. Used by one command, then
 * {@linkplain #build frozen}.
 */
final class Draft {
  final MetaState base;
  ClusterRow.Builder cluster;
  private final List<MetaRow> rows = new ArrayList<>();
  private boolean changed;
  private @Nullable TreeMap<String, NodeRecord> nodes;
  private @Nullable TreeMap<Integer, CollectionRecord> collections;
  private @Nullable TreeMap<Long, ShardRow> shards;
  private @Nullable TreeMap<Long, RememberedResult> results;
  private @Nullable Map<RequestId, RememberedResult> resultsById;

  Draft(MetaState base) {
    this.base = base;
    this.cluster = base.cluster().toBuilder();
  }

  /** Version of the state if the command changes it. */
  long nextVersion() {
    return base.version() + 1;
  }

  Map<String, NodeRecord> nodes() {
    if (nodes == null) {
      nodes = new TreeMap<>(base.nodeRows());
    }
    return nodes;
  }

  Map<Integer, CollectionRecord> collections() {
    if (collections == null) {
      collections = new TreeMap<>(base.collectionRows());
    }
    return collections;
  }

  Map<Long, ShardRow> shards() {
    if (shards == null) {
      shards = new TreeMap<>(base.shardRows());
    }
    return shards;
  }

  NodeRecord put(NodeRecord.Builder node) {
    NodeRecord row = node.setChangedIn(nextVersion()).build();
    nodes().put(row.getNodeId(), row);
    rows.add(MetaRows.of(row));
    changed = true;
    return row;
  }

  CollectionRecord put(CollectionRecord.Builder collection) {
    CollectionRecord row = collection.setChangedIn(nextVersion()).build();
    collections().put(row.getId(), row);
    rows.add(MetaRows.of(row));
    changed = true;
    return row;
  }

  ShardRow put(ShardRow.Builder shard) {
    ShardRow row = shard.setChangedIn(nextVersion()).build();
    shards().put(row.getShardId(), row);
    rows.add(MetaRows.of(row));
    changed = true;
    return row;
  }

  /** Says that the cluster row was changed. */
  void clusterChanged() {
    changed = true;
  }

  /** A node that has not been removed. */
  NodeRecord requireNode(String nodeId) {
    NodeRecord node = base.node(nodeId);
    if (node == null || node.getState() == NodeState.NODE_STATE_REMOVED) {
      throw new Refused(ErrorCode.NOT_FOUND, "the cluster has no node with id " + nodeId);
    }
    return node;
  }

  void remember(RememberedResult result) {
    if (results == null || resultsById == null) {
      results = new TreeMap<>(base.results());
      resultsById = new HashMap<>(base.resultsById());
    }
    results.put(result.getNumber(), result);
    resultsById.put(result.getRequestId(), result);
    while (results.size() > MetaState.RESULTS_REMEMBERED) {
      RememberedResult oldest = results.pollFirstEntry().getValue();
      resultsById.remove(oldest.getRequestId(), oldest);
      rows.add(MetaRows.forgotten(oldest));
    }
  }

  /** Numbers the result, remembers it and stores it with whatever else has changed. */
  Applied finish(RequestId requestId, MetaResult.Builder result) {
    if (changed) {
      cluster.setVersion(nextVersion());
    }
    result.setVersion(cluster.getVersion());
    // Without its message: replicas of two versions may word it differently, and must store equals.
    RememberedResult remembered =
        RememberedResult.newBuilder()
            .setNumber(cluster.getNextResult())
            .setRequestId(requestId)
            .setResult(result.clone().clearMessage())
            .build();
    cluster.setNextResult(remembered.getNumber() + 1);
    remember(remembered);
    rows.add(MetaRows.of(remembered));
    rows.add(MetaRows.of(cluster.build()));
    return new Applied(build(), result.build(), List.copyOf(rows));
  }

  MetaState build() {
    return new MetaState(
        cluster.build(),
        nodes == null ? base.nodeRows() : nodes,
        collections == null ? base.collectionRows() : collections,
        shards == null ? base.shardRows() : shards,
        results == null ? base.results() : results,
        resultsById == null ? base.resultsById() : resultsById);
  }
}
