package io.henge.router.plan;

import io.henge.api.internal.v1.BeginOperation;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationRecord;
import io.henge.router.meta.MetaSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Begins operations by itself: moves for repair, drain, zones and balance, splits and merges. */
final class Beginner {
  /** Begun by one plan; what is left over is begun by the next one. */
  private static final int BEGINS_MAX = 64;

  private static final double TOLERANCE = 0.05;

  /** Writes take so many times longer than in calm: half as much is under way. */
  private static final double SLOWER = 1.5;

  /** Only what must be is under way. */
  private static final double MUCH_SLOWER = 3;

  private final ClusterView view;
  private final MetaSettings settings;
  private final ModelBuilder built;
  private final Model model;
  private final List<Operation> begun = new ArrayList<>();

  Beginner(ClusterView view) {
    this.view = view;
    this.settings = view.settings();
    this.built = ModelBuilder.of(view);
    this.model = built.model();
  }

  Model model() {
    return model;
  }

  ModelBuilder built() {
    return built;
  }

  /**
   * What to begin.
   *
   * @param busy groups that take part in something already
   * @param calm whether copies are where they are wanted, so that they may move for balance
   */
  List<Operation> begin(Set<Long> busy, boolean calm) {
    if (!busy.contains(GroupView.META)) {
      meta();
    }
    for (long group : busy) {
      int shard = built.indexOf(group);
      if (shard >= 0) {
        model.flag(shard, Model.BUSY);
      }
    }
    for (MovePlanner.Move move : MovePlanner.plan(model, limits(calm))) {
      if (begun.size() < BEGINS_MAX) {
        model.flag(move.shard(), Model.BUSY);
        begun.add(move(move));
      }
    }
    ranges();
    return begun;
  }

  private MovePlanner.Limits limits(boolean calm) {
    double slowest = 1;
    int usable = 0;
    for (NodeRecord node : view.usableNodes()) {
      NodeView seen = view.nodes().get(node.getNodeId());
      slowest = Math.max(slowest, seen == null ? 1 : seen.latencyRatio());
      usable++;
    }
    long total = settings.number(MetaSettings.MOVE_CONCURRENCY);
    int perNode = (int) settings.number(MetaSettings.MOVE_CONCURRENCY_NODE);
    int all = total == 0 ? Math.max(1, usable) : (int) total;
    if (slowest >= SLOWER) {
      int part = slowest >= MUCH_SLOWER ? 4 : 2;
      all = Math.max(1, all / part);
      perNode = Math.max(1, perNode / part);
    }
    boolean balance = calm && slowest < MUCH_SLOWER && settings.isOn(MetaSettings.AUTO_BALANCE);
    return new MovePlanner.Limits(all, perNode, TOLERANCE, balance);
  }

  /** The meta shard's own members: those of dead and drained nodes are replaced. */
  private void meta() {
    Group meta = Group.of(view, GroupView.META);
    if (meta.leader() == null || !meta.isAsReported() || !meta.view().stable()) {
      return;
    }
    String gone = null;
    boolean dead = false;
    int live = 0;
    for (String member : meta.members()) {
      NodeRecord node = view.meta().node(member);
      live += view.isReachable(member) ? 1 : 0;
      if (view.isDead(member)) {
        gone = member;
        dead = true;
      } else if (gone == null
          && node != null
          && node.getState() == NodeState.NODE_STATE_DRAINING
          && view.isReachable(member)
          && !isPaused(member)) {
        gone = member;
      }
    }
    if (gone == null || live * 2 <= meta.members().size()) {
      return;
    }
    List<String> stay = new ArrayList<>(meta.members());
    stay.remove(gone);
    Placement placement =
        Placement.on(
            view.meta().nodes(),
            view.usableNodes(),
            new HashMap<>(),
            List.of(new Placement.Want(meta.members(), 1)));
    List<NodeRecord> others =
        view.usableNodes().stream()
            .filter(node -> !meta.members().contains(node.getNodeId()))
            .toList();
    if (others.isEmpty()) {
      return;
    }
    // By the zones of those that stay; the one that goes is no candidate in any case.
    String to =
        placement.choose(GroupView.META, stay, 1).stream()
            .filter(node -> !meta.members().contains(node))
            .findFirst()
            .orElse(others.get(0).getNodeId());
    begun.add(
        propose(
            GroupView.META,
            BeginOperation.newBuilder()
                .setKind(OperationKind.OPERATION_KIND_MOVE)
                .setFromNodeId(gone)
                .setToNodeId(to)
                .setExpectedConfVersion(meta.confVersion()),
            "node " + name(gone) + (dead ? " is dead" : " is being drained") + ": the meta shard"));
  }

  private boolean isPaused(String nodeId) {
    int node = -1;
    for (int i = 0; i < model.nodes(); i++) {
      node = built.nodeId(i).equals(nodeId) ? i : node;
    }
    return node >= 0 && model.standing(node) == Model.Standing.AWAY;
  }

  private Operation move(MovePlanner.Move move) {
    long id = model.id(move.shard());
    ShardRow row = view.meta().shard(id);
    String from = model.nodeName(move.from());
    String reason =
        switch (move.why()) {
          case DEAD -> "node " + from + " is dead";
          case DRAIN -> "node " + from + " is being drained";
          case ZONE ->
              "zone "
                  + model.zoneName(move.from())
                  + " has more than one copy, zone "
                  + model.zoneName(move.to())
                  + " none";
          case BALANCE -> "node " + from + " is fuller than node " + model.nodeName(move.to());
        };
    return propose(
        id,
        BeginOperation.newBuilder()
            .setKind(OperationKind.OPERATION_KIND_MOVE)
            .setShardId(id)
            .setFromNodeId(built.nodeId(move.from()))
            .setToNodeId(built.nodeId(move.to()))
            .setExpectedConfVersion(row == null ? 0 : row.getConfVersion()),
        reason);
  }

  private void ranges() {
    int splits = Math.max(2, view.usableNodes().size() / 2);
    int merges = Math.max(1, view.usableNodes().size() / 10);
    for (OperationRecord operation : OperationSteps.open(view)) {
      splits -= operation.getKind() == OperationKind.OPERATION_KIND_SPLIT ? 1 : 0;
      merges -= operation.getKind() == OperationKind.OPERATION_KIND_MERGE ? 1 : 0;
    }
    RangePlanner.Rules rules = RangePlanner.Rules.of(settings, view.usableNodes().size());
    for (RangePlanner.Change change : RangePlanner.plan(model, rules, splits, merges)) {
      if (begun.size() < BEGINS_MAX) {
        begun.add(range(change, rules));
      }
    }
  }

  private Operation range(RangePlanner.Change change, RangePlanner.Rules rules) {
    int shard = change.shard();
    long id = model.id(shard);
    ShardRow row = view.meta().shard(id);
    BeginOperation.Builder begin =
        BeginOperation.newBuilder()
            .setShardId(id)
            .setExpectedEpoch(row == null ? 0 : row.getEpoch());
    switch (change.why()) {
      case SPLIT_BYTES -> {
        begin.setKind(OperationKind.OPERATION_KIND_SPLIT);
        return propose(
            id,
            begin,
            "it has "
                + megabytes(model.bytes(shard))
                + ", cut at "
                + megabytes(rules.splitBytes()));
      }
      case SPLIT_LOAD -> {
        begin.setKind(OperationKind.OPERATION_KIND_SPLIT);
        GroupView group = view.group(id);
        if (group.report() != null) {
          begin.setAt(group.report().getLoadMiddle());
        }
        return propose(
            id,
            begin,
            String.format(
                Locale.ROOT,
                "it is too busy for %d s: %.0f operations/s, %.0f %% of a processor",
                model.busySeconds(shard),
                model.operations(shard),
                model.cpu(shard) * 100));
      }
      case MERGE -> {
        begin.setKind(OperationKind.OPERATION_KIND_MERGE).setOtherShardId(model.id(shard + 1));
        return propose(
            id,
            begin,
            "it and its right neighbour have "
                + megabytes(model.bytes(shard) + model.bytes(shard + 1))
                + " together and little to do");
      }
    }
    throw new IllegalStateException("a change that is not known: " + change);
  }

  static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1048576.0);
  }

  private Operation propose(long group, BeginOperation.Builder begin, String reason) {
    return new Operation.Propose(
        group,
        MetaCommand.newBuilder()
            .setBeginOperation(begin.setReason(reason).setAtMillis(view.clockMillis()))
            .build(),
        reason);
  }

  private String name(@Nullable String nodeId) {
    NodeRecord node = nodeId == null ? null : view.meta().node(nodeId);
    return node == null ? String.valueOf(nodeId) : node.getName();
  }
}
