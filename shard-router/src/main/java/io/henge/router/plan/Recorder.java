package io.henge.router.plan;

import io.henge.api.internal.v1.ChildReport;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.RecordMerge;
import io.henge.api.internal.v1.RecordSplit;
import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.internal.v1.TrimShardRequest;
import io.henge.router.meta.MetaState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes down what the logs of shards have decided, whether or not an operation is known that asked
 * for it, and has trimmed what is left behind.
 */
final class Recorder {
  /** Shards that are trimmed at a time, in the whole cluster. */
  private static final int TRIMS_MAX = 16;

  private final ClusterView view;
  private int trims;

  Recorder(ClusterView view) {
    this.view = view;
  }

  /** The next step of a shard whose report is ahead of meta or that is to be trimmed; or null. */
  @Nullable Operation next(ShardRow row) {
    GroupView group = view.group(row.getShardId());
    ShardReport report = group.report();
    String leader = group.leader();
    if (report == null || leader == null) {
      return null;
    }
    Operation split = split(row, report);
    if (split != null) {
      return split;
    }
    Operation merge = merge(row, report);
    return merge != null ? merge : trim(row, report, leader);
  }

  /** Of several children the eldest first: epochs rise one by one. */
  private @Nullable Operation split(ShardRow row, ShardReport report) {
    MetaState meta = view.meta();
    return report.getChildrenList().stream()
        .filter(child -> meta.shard(child.getShardId()) == null)
        .filter(child -> child.getEpoch() == row.getEpoch() + 1)
        .min(Comparator.comparingLong(ChildReport::getEpoch))
        .map(
            child ->
                propose(
                    row,
                    MetaCommand.newBuilder()
                        .setRecordSplit(
                            RecordSplit.newBuilder()
                                .setShardId(row.getShardId())
                                .setChildId(child.getShardId())
                                .setAt(child.getStart())
                                .setEpoch(child.getEpoch())
                                .addAllChildNodeIds(child.getNodeIdsList()))
                        .build(),
                    "shard "
                        + row.getShardId()
                        + " has been cut: shard "
                        + child.getShardId()
                        + " has the upper part"))
        .orElse(null);
  }

  private @Nullable Operation merge(ShardRow row, ShardReport report) {
    ShardRow right = view.meta().rightOf(row);
    if (right == null
        || report.getEpoch() != Math.max(row.getEpoch(), right.getEpoch()) + 1
        || !report.getEnd().equals(right.getEnd())
        || !report.getStart().equals(row.getStart())) {
      return null;
    }
    return propose(
        row,
        MetaCommand.newBuilder()
            .setRecordMerge(
                RecordMerge.newBuilder()
                    .setShardId(row.getShardId())
                    .setAbsorbedId(right.getShardId())
                    .setEpoch(report.getEpoch()))
            .build(),
        "shard " + row.getShardId() + " has absorbed shard " + right.getShardId());
  }

  private @Nullable Operation trim(ShardRow row, ShardReport report, String leader) {
    List<Long> children = new ArrayList<>();
    for (ChildReport child : report.getChildrenList()) {
      ShardRow known = view.meta().shard(child.getShardId());
      if (known == null) {
        continue;
      }
      GroupView group = view.group(child.getShardId());
      if (known.getRemoved() || runsEverywhere(known, group)) {
        children.add(child.getShardId());
      }
    }
    if ((children.isEmpty() && !report.getUntrimmed()) || trims >= TRIMS_MAX) {
      return null;
    }
    if (children.isEmpty() && report.getChildrenCount() > 0) {
      // Rows that a child may yet be made from again.
      return null;
    }
    trims++;
    return new Operation.Trim(
        row.getShardId(),
        leader,
        TrimShardRequest.newBuilder().setShardId(row.getShardId()).addAllChildIds(children).build(),
        "shard " + row.getShardId() + " holds rows that are out of its range");
  }

  private static boolean runsEverywhere(ShardRow row, GroupView group) {
    return group.leader() != null
        && group.members().size() == row.getReplicaNodeIdsCount()
        && group.hosts().containsAll(row.getReplicaNodeIdsList());
  }

  private static Operation propose(ShardRow row, MetaCommand command, String reason) {
    return new Operation.Propose(row.getShardId(), command, reason);
  }
}
