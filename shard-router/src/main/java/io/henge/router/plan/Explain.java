package io.henge.router.plan;

import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.router.meta.MetaSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Says of one shard why something is done with it, or not: thresholds, with what there is. */
public final class Explain {
  private final ClusterView view;
  private final ShardRow row;
  private final RangePlanner.Rules rules;
  private final Model model;
  private final int shard;
  private final List<String> sentences = new ArrayList<>();

  private Explain(ClusterView view, ShardRow row) {
    this.view = view;
    this.row = row;
    this.rules = RangePlanner.Rules.of(view.settings(), view.usableNodes().size());
    ModelBuilder built = ModelBuilder.of(view);
    this.model = built.model();
    this.shard = built.indexOf(row.getShardId());
  }

  /** Sentences about one shard; at least one. */
  public static List<String> shard(ClusterView view, long shardId) {
    ShardRow row = view.meta().shard(shardId);
    if (row == null) {
      return List.of("the cluster has no shard " + Long.toUnsignedString(shardId));
    }
    if (row.getRemoved()) {
      return List.of("a neighbour has absorbed shard " + shardId);
    }
    Explain explain = new Explain(view, row);
    explain.underWay();
    explain.members();
    if (explain.view.group(shardId).report() == null) {
      explain.sentences.add("no leader has reported of it: nothing can be begun");
    } else {
      explain.size();
      explain.load();
      if (explain.shard + 1 < explain.model.shards()) {
        explain.merge(explain.shard);
      }
      if (explain.shard > 0) {
        explain.merge(explain.shard - 1);
      }
    }
    explain.balance();
    return List.copyOf(explain.sentences);
  }

  private void underWay() {
    for (OperationRecord operation : view.meta().operations()) {
      boolean ofIt =
          operation.getShardId() == row.getShardId()
              || operation.getOtherShardId() == row.getShardId();
      boolean ofNode =
          operation.getKind() == OperationKind.OPERATION_KIND_DRAIN
              || operation.getKind() == OperationKind.OPERATION_KIND_REMOVE;
      if (!ofIt || ofNode) {
        continue;
      }
      String name = "operation " + operation.getOperationId() + " (" + word(operation) + ")";
      if (!OperationSteps.isEnded(operation)) {
        sentences.add(
            name
                + " is under way, because: "
                + operation.getReason()
                + (operation.getPhase().isEmpty() ? "" : "; it is at: " + operation.getPhase())
                + (operation.getState() == OperationState.OPERATION_STATE_PAUSED
                    ? "; it is paused"
                    : ""));
        continue;
      }
      long left = operation.getEndedMillis() + ModelBuilder.RETRY_MILLIS - view.clockMillis();
      if (operation.getState() == OperationState.OPERATION_STATE_FAILED && left > 0) {
        sentences.add(
            name
                + " has failed: "
                + operation.getMessage()
                + (operation.getKind() == OperationKind.OPERATION_KIND_MOVE
                    ? ""
                    : "; nothing of the kind is begun by itself for another "
                        + left / 1_000
                        + " s"));
      }
    }
  }

  private static String word(OperationRecord operation) {
    return operation
        .getKind()
        .name()
        .substring("OPERATION_KIND_".length())
        .toLowerCase(Locale.ROOT);
  }

  private void members() {
    GroupView group = view.group(row.getShardId());
    int target = view.meta().cluster().getReplicationTarget();
    if (row.getReplicaNodeIdsCount() < target) {
      sentences.add("it has " + Planner.copies(row.getReplicaNodeIdsCount()) + " of " + target);
    }
    long grace = view.settings().number(MetaSettings.DEAD_NODE_GRACE);
    for (String id : row.getReplicaNodeIdsList()) {
      NodeRecord node = view.meta().node(id);
      NodeView seen = view.nodes().get(id);
      String name = "its member on node " + (node == null ? id : node.getName());
      if (view.isDead(id)) {
        sentences.add(name + " is lost and is made anew on another node");
      } else if (seen != null && !seen.reachable()) {
        sentences.add(
            name
                + " has been silent for "
                + seen.silentMillis() / 1_000
                + " s; it is made anew elsewhere after "
                + grace
                + " s");
      } else if (node != null && node.getState() == NodeState.NODE_STATE_DRAINING) {
        sentences.add(name + " is to move: that node is being drained");
      }
      Long lost = group.since().lostMillis().get(id);
      if (lost != null) {
        sentences.add(
            name
                + " has had no replica for "
                + lost / 1_000
                + " s; it is taken out and in again after "
                + view.settings().number(MetaSettings.LOST_REPLICA_GRACE)
                + " s");
      }
    }
  }

  private void size() {
    String has =
        "splits above "
            + Beginner.megabytes(rules.splitBytes())
            + ", has "
            + Beginner.megabytes(model.bytes(shard));
    if (!rules.splits()) {
      sentences.add(has + "; auto-split is off");
    } else {
      sentences.add(has);
    }
    ShardReport report = view.group(row.getShardId()).report();
    if (report != null && (report.getUntrimmed() || report.getChildrenCount() > 0)) {
      sentences.add("its range is not changed before rows out of range are trimmed");
    }
  }

  private void load() {
    String has =
        String.format(
            Locale.ROOT,
            "splits above %.0f operations/s or %.0f %% of a processor for %d s, has %.0f and %.0f %%",
            rules.splitOperations(),
            rules.splitCores() * 100,
            rules.splitLoadSeconds(),
            model.operations(shard),
            model.cpu(shard) * 100);
    sentences.add(has);
    if (!rules.isTooBusy(model.operations(shard), model.cpu(shard))) {
      return;
    }
    if (model.busySeconds(shard) < rules.splitLoadSeconds()) {
      sentences.add("it has been too busy for " + model.busySeconds(shard) + " s so far");
    }
    if (model.sameSeconds(shard) < rules.splitCoolDown()) {
      sentences.add(
          "a cut for load waits: cool-down "
              + (rules.splitCoolDown() - model.sameSeconds(shard))
              + " s left");
    }
    if (model.hottest(shard) > RangePlanner.HOTTEST_SHARE_MAX) {
      sentences.add(
          String.format(
              Locale.ROOT,
              "a cut would not help: a single sharding key makes %.0f %% of its load",
              model.hottest(shard) * 100));
    } else if (!model.has(shard, Model.HAS_MIDDLE)) {
      sentences.add("a cut waits until its leader knows where the load halves");
    }
  }

  private void merge(int left) {
    int other = left == shard ? left + 1 : left;
    String with = "merge with shard " + model.id(other);
    long bytes = model.bytes(left) + model.bytes(left + 1);
    double operations = model.operations(left) + model.operations(left + 1);
    double cores = model.cpu(left) + model.cpu(left + 1);
    int same = Math.min(model.sameSeconds(left), model.sameSeconds(left + 1));
    if (!rules.merges()) {
      sentences.add(with + ": auto-merge is off");
    } else if (bytes > rules.mergeBytes()) {
      sentences.add(
          with
              + ": no, both have "
              + Beginner.megabytes(bytes)
              + ", at most "
              + Beginner.megabytes(rules.mergeBytes())
              + " merge by themselves");
    } else if (!rules.isQuiet(operations, cores)) {
      sentences.add(
          String.format(
              Locale.ROOT,
              "%s: no, both have %.0f operations/s, at most %.0f merge by themselves",
              with,
              operations,
              rules.mergeOperations()));
    } else if (model.shards() <= rules.shardsMin()) {
      sentences.add(
          with
              + ": no, there are "
              + model.shards()
              + " shards, and "
              + rules.shardsMin()
              + " are kept");
    } else if (same < rules.mergeCoolDown()) {
      sentences.add(with + " waits: cool-down " + (rules.mergeCoolDown() - same) + " s left");
    } else if (!RangePlanner.isMerged(model, rules, left)) {
      sentences.add(with + " waits until nothing else is under way with either");
    } else {
      sentences.add(with + " is due");
    }
  }

  private void balance() {
    if (!view.settings().isOn(MetaSettings.AUTO_BALANCE)) {
      sentences.add("its replicas do not move for balance: auto-balance is off");
      return;
    }
    double[] levels = MovePlanner.levels(model);
    StringBuilder text = new StringBuilder("nodes that hold it are filled to");
    for (int place = 0; place < model.stride() && model.member(shard, place) >= 0; place++) {
      int node = model.member(shard, place);
      text.append(
          String.format(
              Locale.ROOT,
              "%s %.0f %% (%s)",
              place == 0 ? "" : ",",
              levels[node] * 100,
              model.nodeName(node)));
    }
    sentences.add(text.append(" of the mean").toString());
  }
}
