package io.henge.router.plan;

import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes a model of what is agreed and reported. */
final class ModelBuilder {
  /** What has failed is not begun again so soon by itself. */
  static final long RETRY_MILLIS = 600_000;

  private final ClusterView view;
  private final List<String> nodeIds = new ArrayList<>();
  private final Map<String, Integer> nodes = new HashMap<>();
  private final Map<Long, Integer> indexes = new HashMap<>();
  private final Model model;

  private ModelBuilder(ClusterView view) {
    this.view = view;
    int stride = 1;
    int count = 0;
    for (ShardRow row : view.meta().shards()) {
      stride = Math.max(stride, row.getReplicaNodeIdsCount());
      indexes.put(row.getShardId(), count++);
    }
    this.model = new Model(count, stride);
  }

  static ModelBuilder of(ClusterView view) {
    ModelBuilder builder = new ModelBuilder(view);
    builder.addNodes();
    Set<Long> failed = builder.failedLately();
    int shard = 0;
    for (ShardRow row : view.meta().shards()) {
      builder.addShard(shard++, row, failed);
    }
    for (OperationRecord operation : view.meta().operations()) {
      builder.addOperation(operation);
    }
    return builder;
  }

  Model model() {
    return model;
  }

  String nodeId(int node) {
    return nodeIds.get(node);
  }

  /** The place of a shard in the model; -1 if it has none. */
  int indexOf(long shardId) {
    return indexes.getOrDefault(shardId, -1);
  }

  private void addNodes() {
    Set<String> pausedDrains = new HashSet<>();
    for (OperationRecord operation : view.meta().operations()) {
      if (operation.getKind() == OperationKind.OPERATION_KIND_DRAIN
          && operation.getState() == OperationState.OPERATION_STATE_PAUSED) {
        pausedDrains.add(operation.getFromNodeId());
      }
    }
    for (NodeRecord node : view.meta().nodes()) {
      String id = node.getNodeId();
      Model.Standing standing;
      if (view.isDead(id)) {
        standing = Model.Standing.DEAD;
      } else if (!view.isReachable(id) || pausedDrains.contains(id)) {
        standing = Model.Standing.AWAY;
      } else if (node.getState() == NodeState.NODE_STATE_DRAINING) {
        standing = Model.Standing.DRAINING;
      } else {
        standing = Model.Standing.USABLE;
      }
      nodes.put(
          id, model.addNode(node.getName(), node.getZone(), Placement.weight(node), standing));
      nodeIds.add(id);
    }
  }

  /** Shards of which a change of range has come to nothing lately. */
  private Set<Long> failedLately() {
    Set<Long> failed = new HashSet<>();
    for (OperationRecord operation : view.meta().operations()) {
      boolean ranges =
          operation.getKind() == OperationKind.OPERATION_KIND_SPLIT
              || operation.getKind() == OperationKind.OPERATION_KIND_MERGE;
      boolean inVain =
          operation.getState() == OperationState.OPERATION_STATE_FAILED
              || operation.getState() == OperationState.OPERATION_STATE_CANCELLED;
      if (ranges && inVain && view.clockMillis() - operation.getEndedMillis() < RETRY_MILLIS) {
        failed.add(operation.getShardId());
        if (operation.getKind() == OperationKind.OPERATION_KIND_MERGE) {
          failed.add(operation.getOtherShardId());
        }
      }
    }
    return failed;
  }

  private void addShard(int shard, ShardRow row, Set<Long> failed) {
    GroupView group = view.group(row.getShardId());
    int[] members =
        row.getReplicaNodeIdsList().stream()
            .mapToInt(node -> nodes.getOrDefault(node, -1))
            .filter(node -> node >= 0)
            .toArray();
    String leader = group.leader();
    ShardReport report = group.report();
    long bytes = report == null ? 0 : report.getLiveBytes();
    model.setShard(
        shard,
        row.getShardId(),
        members,
        leader == null ? -1 : nodes.getOrDefault(leader, -1),
        bytes);
    boolean agreed =
        group.stable()
            && row.getJoiningNodeIdsCount() == 0
            && new HashSet<>(group.members()).equals(new HashSet<>(row.getReplicaNodeIdsList()));
    if (!agreed || view.hasChildToMake(row.getShardId())) {
      model.flag(shard, Model.BUSY);
    }
    if (report == null) {
      model.flag(shard, Model.RANGE_FIXED);
      return;
    }
    if (report.getUntrimmed()
        || report.getChildrenCount() > 0
        || report.getFrozenBy() != 0
        || report.getAbsorbingBy() != 0
        || report.getEpoch() != row.getEpoch()
        || failed.contains(row.getShardId())) {
      model.flag(shard, Model.RANGE_FIXED);
    }
    if (!report.getLoadMiddle().isEmpty()) {
      model.flag(shard, Model.HAS_MIDDLE);
    }
    model.setLoad(
        shard,
        report.getReadsPerSecond() + report.getWritesPerSecond(),
        report.getCpuPerSecond(),
        report.getHottestKeyShare(),
        group.since().rangeMillis() / 1_000,
        group.since().busyMillis() / 1_000);
  }

  private void addOperation(OperationRecord operation) {
    if (OperationSteps.isEnded(operation)) {
      return;
    }
    switch (operation.getKind()) {
      case OPERATION_KIND_MOVE -> {
        int shard = indexOf(operation.getShardId());
        Integer from = nodes.get(operation.getFromNodeId());
        Integer to = nodes.get(operation.getToNodeId());
        if (shard < 0) {
          return;
        }
        model.flag(shard, Model.BUSY);
        // Once the members are agreed anew, it has arrived.
        if (from != null
            && to != null
            && model.isMember(shard, from)
            && !model.isMember(shard, to)) {
          model.addFlight(shard, from, to);
        }
      }
      case OPERATION_KIND_SPLIT, OPERATION_KIND_MERGE -> {
        for (long id : new long[] {operation.getShardId(), operation.getOtherShardId()}) {
          if (indexOf(id) >= 0) {
            model.flag(
                indexOf(id),
                OperationSteps.isWrittenSplit(view, operation) ? Model.RANGE_FIXED : Model.BUSY);
          }
        }
      }
      case OPERATION_KIND_DRAIN,
          OPERATION_KIND_REMOVE,
          OPERATION_KIND_UNSPECIFIED,
          UNRECOGNIZED -> {}
    }
  }
}
