package io.henge.router.meta;

import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.ClusterRow;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RememberedResult;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.RequestId;
import java.util.ArrayList;
import java.util.List;

/** A state in the making, by one command; what does not change is shared with the one before. */
final class Draft {
  final MetaState base;
  ClusterRow.Builder cluster;
  private final List<MetaRow> rows = new ArrayList<>();
  private boolean changed;
  private Rows<String, NodeRecord> nodes;
  private Rows<Integer, CollectionRecord> collections;
  private ShardTable shards;
  private Rows<Long, OperationRecord> operations;
  private Rows<Long, RememberedResult> results;
  private Rows<RequestId, RememberedResult> resultsById;

  Draft(MetaState base) {
    this.base = base;
    this.cluster = base.cluster().toBuilder();
    this.nodes = base.tables().nodes();
    this.collections = base.tables().collections();
    this.shards = base.tables().shards();
    this.operations = base.tables().operations();
    this.results = base.tables().results();
    this.resultsById = base.tables().resultsById();
  }

  /** Version of the state if the command changes it. */
  long nextVersion() {
    return base.version() + 1;
  }

  NodeRecord put(NodeRecord.Builder node) {
    NodeRecord row = node.setChangedIn(nextVersion()).build();
    nodes = nodes.with(row);
    rows.add(MetaRows.of(row));
    changed = true;
    return row;
  }

  CollectionRecord put(CollectionRecord.Builder collection) {
    CollectionRecord row = collection.setChangedIn(nextVersion()).build();
    collections = collections.with(row);
    rows.add(MetaRows.of(row));
    changed = true;
    return row;
  }

  ShardRow put(ShardRow.Builder shard) {
    ShardRow row = shard.setChangedIn(nextVersion()).build();
    shards = shards.with(row);
    rows.add(MetaRows.of(row));
    changed = true;
    return row;
  }

  OperationRecord put(OperationRecord.Builder operation) {
    OperationRecord row = operation.setChangedIn(nextVersion()).build();
    operations = operations.with(row);
    rows.add(MetaRows.of(row));
    changed = true;
    return row;
  }

  void forget(OperationRecord operation) {
    operations = operations.without(operation.getOperationId());
    rows.add(MetaRows.forgotten(operation));
    changed = true;
  }

  /** As they are by now. */
  Rows<Long, OperationRecord> operations() {
    return operations;
  }

  /** Says that the cluster row was changed. */
  void clusterChanged() {
    changed = true;
  }

  /** A node that has not been removed. */
  NodeRecord requireNode(String nodeId) {
    NodeRecord node = base.node(nodeId);
    if (node == null || node.getState() == NodeState.NODE_STATE_REMOVED) {
      throw new Refused(
          ErrorCode.NOT_FOUND, "the cluster has no node with id " + Names.shown(nodeId));
    }
    return node;
  }

  /** A shard that has not been absorbed by a neighbour. */
  ShardRow requireShard(long id) {
    ShardRow shard = base.shard(id);
    if (shard == null || shard.getRemoved()) {
      throw new Refused(
          ErrorCode.NOT_FOUND,
          (shard == null ? "the cluster has no shard " : "a neighbour has absorbed shard ")
              + Long.toUnsignedString(id));
    }
    return shard;
  }

  private void remember(RememberedResult result) {
    results = results.with(result);
    resultsById = resultsById.with(result);
    while (results.size() > MetaState.RESULTS_REMEMBERED) {
      RememberedResult oldest = results.first();
      results = results.without(oldest.getNumber());
      RememberedResult known = resultsById.get(oldest.getRequestId());
      if (known != null && known.getNumber() == oldest.getNumber()) {
        resultsById = resultsById.without(oldest.getRequestId());
      }
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

  private MetaState build() {
    return new MetaState(
        cluster.build(), new Tables(nodes, collections, shards, operations, results, resultsById));
  }
}
