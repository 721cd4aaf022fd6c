package io.henge.router.plan;

import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationRecord;
import io.henge.router.meta.MetaSettings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Makes plans: raises the number of copies when nodes are there for it, writes down what shards
 * report, carries operations on, begins some by itself, and spreads leaders.
 *
 * <p>Rules: the meta shard comes first. A group goes through one change at a time. Numbers of
 * copies are odd: with two, the death of either stops the group, so {A} becomes {A, B, C} only when
 * both newcomers have reported their empty replicas. A cluster of two nodes stays at one copy.
 */
public final class Planner {
  private final ClusterView cluster;
  private final PlanLimits limits;
  private final List<NodeRecord> usable;
  private final Set<String> usableIds = new HashSet<>();
  private final Map<String, String> names;
  private final List<Group> groups;
  private final List<Operation> operations = new ArrayList<>();

  /** Copies that nodes are there for now. */
  private final int size;

  /** Copies that there will be when every node is back: what joins for these, may go on. */
  private final int sizeWithAll;

  /** Groups that take part in an operation which changes who holds them, or that is about to. */
  private final Set<Long> moving = new HashSet<>();

  /** Groups of which this plan has a step. */
  private final Set<Long> touched = new HashSet<>();

  private int preparing;
  private int changing;

  private Planner(ClusterView cluster, PlanLimits limits) {
    this.cluster = cluster;
    this.limits = limits;
    this.usable = cluster.usableNodes();
    usable.forEach(node -> usableIds.add(node.getNodeId()));
    this.names = cluster.names();
    this.groups = Group.all(cluster);
    int target = cluster.meta().cluster().getReplicationTarget();
    this.size = sizeFor(usable.size(), target);
    long all =
        cluster.meta().nodes().stream()
            .filter(node -> node.getState() == NodeState.NODE_STATE_UP)
            .count();
    this.sizeWithAll = sizeFor((int) all, target);
  }

  /** What to do next. */
  public static Plan plan(ClusterView cluster, PlanLimits limits) {
    if (!cluster.meta().isFormed()) {
      return new Plan(List.of(), List.of("the cluster has not been formed yet"));
    }
    return new Planner(cluster, limits).plan();
  }

  /** Copies of each group with this many nodes: the target, or the largest odd number below. */
  static int sizeFor(int nodes, int target) {
    int size = Math.min(nodes, target);
    return Math.max(1, size % 2 == 0 ? size - 1 : size);
  }

  private Plan plan() {
    List<OperationRecord> open = OperationSteps.open(cluster);
    open.forEach(this::countMoving);
    for (Group group : groups) {
      boolean grows = !moving.contains(group.id());
      preparing += grows && !group.joining().isEmpty() ? 1 : 0;
      changing += grows && !group.view().stable() ? 1 : 0;
    }
    groups.stream().filter(Group::isToBeConfirmed).forEach(this::confirm);
    grow();
    boolean growing = !operations.isEmpty() || changing > 0;
    record();
    advance(open);
    begin(open, growing);
    boolean onlySteps = !growing && operations.stream().noneMatch(Planner::changesMembers);
    if (onlySteps && cluster.settings().isOn(MetaSettings.AUTO_BALANCE)) {
      List<Group> quiet =
          groups.subList(1, groups.size()).stream().filter(group -> !isTaken(group)).toList();
      // All are counted, only those that nothing is done with are moved.
      new LeaderBalance(usable, groups.subList(1, groups.size()), quiet, size, names)
          .transfers(limits)
          .forEach(this::add);
    }
    return new Plan(operations, Remarks.of(cluster, groups, size, usable));
  }

  private void countMoving(OperationRecord operation) {
    switch (operation.getKind()) {
      case OPERATION_KIND_MOVE -> moving.add(operation.getShardId());
      case OPERATION_KIND_MERGE -> {
        moving.add(operation.getShardId());
        moving.add(operation.getOtherShardId());
      }
      // A split leaves members as they are; a half that lacks one may be mended meanwhile.
      case OPERATION_KIND_SPLIT,
          OPERATION_KIND_DRAIN,
          OPERATION_KIND_REMOVE,
          OPERATION_KIND_UNSPECIFIED,
          UNRECOGNIZED -> {}
    }
  }

  private static boolean changesMembers(Operation operation) {
    return operation instanceof Operation.ChangeMembers;
  }

  private boolean isTaken(Group group) {
    return moving.contains(group.id()) || touched.contains(group.id());
  }

  private void add(Operation operation) {
    if (touched.add(operation.group())) {
      operations.add(operation);
    }
  }

  /** Brings every group to its number of copies: the meta shard first, then shards. */
  private void grow() {
    Group meta = groups.get(0);
    List<Group> rest = groups.subList(1, groups.size());
    if (!isTaken(meta)) {
      raise(meta, placement(List.of(meta), false));
    }
    if (isSettled(meta) || moving.contains(GroupView.META)) {
      Placement placement = placement(rest, true);
      // Begun ones first: a group between two sizes must not wait for others to begin.
      rest.stream()
          .filter(group -> !isTaken(group))
          .sorted(Comparator.comparing(group -> group.joining().isEmpty()))
          .forEach(group -> raise(group, placement));
    }
    groups.stream().filter(group -> !isTaken(group)).forEach(this::takeOut);
  }

  /** What logs have decided is written down, and what they left behind is trimmed. */
  private void record() {
    Recorder recorder = new Recorder(cluster);
    for (ShardRow row : cluster.meta().shards()) {
      if (touched.contains(row.getShardId())) {
        continue;
      }
      Operation step = recorder.next(row);
      if (step != null) {
        add(step);
      }
    }
  }

  private void advance(List<OperationRecord> open) {
    OperationSteps steps = new OperationSteps(cluster);
    for (OperationRecord operation : open) {
      Operation step = steps.next(operation);
      if (step != null) {
        add(step);
      }
    }
  }

  private void begin(List<OperationRecord> open, boolean growing) {
    Set<Long> busy = new HashSet<>(touched);
    for (OperationRecord operation : open) {
      boolean ofNode =
          operation.getKind() == OperationKind.OPERATION_KIND_DRAIN
              || operation.getKind() == OperationKind.OPERATION_KIND_REMOVE;
      if (!ofNode && !OperationSteps.isWrittenSplit(cluster, operation)) {
        busy.add(operation.getShardId());
        busy.add(
            operation.getOtherShardId() == 0
                ? operation.getShardId()
                : operation.getOtherShardId());
      }
    }
    // Of few nodes with one copy each growth will ask for all of them anyway.
    boolean grown = size >= Math.min(3, cluster.meta().cluster().getReplicationTarget());
    boolean complete =
        grown
            && groups.stream().allMatch(group -> group.members().size() >= size || isTaken(group));
    new Beginner(cluster).begin(busy, !growing && complete).forEach(this::add);
  }

  /** Members without a replica, and members that are more than wanted, are taken out. */
  private void takeOut(Group group) {
    String leader = group.leader();
    if (leader == null
        || !group.isAsReported()
        || !group.view().stable()
        || !group.joining().isEmpty()
        || changing >= limits.changesMax()) {
      return;
    }
    List<String> stay = new ArrayList<>(group.members());
    long grace = cluster.settings().number(MetaSettings.LOST_REPLICA_GRACE) * 1_000;
    group
        .view()
        .since()
        .lostMillis()
        .forEach(
            (node, millis) -> {
              if (millis > grace && !node.equals(leader) && stay.size() == group.members().size()) {
                stay.remove(node);
              }
            });
    String why = " has no replica of " + group.name() + ": it is taken out and in again";
    int target = cluster.meta().cluster().getReplicationTarget();
    if (stay.size() == group.members().size()
        && stay.size() > target
        && !cluster.hasChildToMake(group.id())) {
      dropSpare(stay, leader, target);
      why = " holds one copy of " + group.name() + " more than are wanted";
    }
    long live = group.members().stream().filter(node -> isLive(group, node)).count();
    long staying = stay.stream().filter(node -> isLive(group, node)).count();
    if (stay.size() == group.members().size()
        || live * 2 <= group.members().size()
        || staying * 2 <= stay.size()) {
      return;
    }
    changing++;
    List<String> gone = new ArrayList<>(group.members());
    gone.removeAll(stay);
    add(
        new Operation.ChangeMembers(
            group.id(), leader, group.members(), stay, "node " + namesOf(gone) + why));
  }

  private boolean isLive(Group group, String node) {
    return cluster.isReachable(node) && group.view().hosts().contains(node);
  }

  /** Those that are of no use go first; of others the one that stands last. */
  private void dropSpare(List<String> stay, String leader, int target) {
    while (stay.size() > target) {
      String spare = null;
      for (String node : stay) {
        if (!node.equals(leader)
            && (spare == null || !usableIds.contains(node) || usableIds.contains(spare))) {
          spare = node;
        }
      }
      if (spare == null) {
        return;
      }
      stay.remove(spare);
    }
  }

  private boolean isSettled(Group group) {
    return !group.isToBeConfirmed()
        && group.joining().isEmpty()
        && group.view().stable()
        && group.members().size() >= size;
  }

  private void confirm(Group group) {
    List<String> members = group.view().members().stream().sorted().toList();
    List<String> joining =
        group.joining().stream().filter(node -> !members.contains(node)).toList();
    add(
        new Operation.Confirm(
            group.id(),
            members,
            joining,
            group.view().confIndex(),
            group.confVersion(),
            "the leader of " + group.name() + " reports the members " + namesOf(members)));
  }

  /** A placement of what these groups lack; what shards hold does not count for the meta shard. */
  private Placement placement(List<Group> lacking, boolean byLoad) {
    Map<String, Integer> load = new HashMap<>();
    List<Placement.Want> wants = new ArrayList<>();
    for (Group group : lacking) {
      List<String> taken = new ArrayList<>(group.members());
      taken.addAll(group.joining());
      if (byLoad) {
        taken.forEach(node -> load.merge(node, 1, Integer::sum));
      }
      if (taken.size() < size) {
        wants.add(new Placement.Want(taken, size - taken.size()));
      }
    }
    return Placement.on(cluster.meta().nodes(), usable, load, wants);
  }

  /** The next step of a group on its way to its size. */
  private void raise(Group group, Placement placement) {
    int missing = Math.max(0, size - group.members().size());
    if (abandonIfUseless(group) || missing == 0 || !group.view().stable()) {
      return;
    }
    if (group.joining().size() < missing) {
      prepare(group, missing - group.joining().size(), placement);
      return;
    }
    changeIfReady(group);
  }

  /** A node that was to join and went away is replaced if another can take its place. */
  private boolean abandonIfUseless(Group group) {
    if (!group.isAsReported() || !group.view().stable()) {
      // It may be a member by now, for all that is known.
      return false;
    }
    boolean tooMany =
        group.members().size() + group.joining().size()
            > Math.max(sizeWithAll, group.members().size());
    long others =
        usable.stream()
            .map(NodeRecord::getNodeId)
            .filter(node -> !group.members().contains(node) && !group.joining().contains(node))
            .count();
    for (String node : group.joining()) {
      boolean gone = !usableIds.contains(node);
      if (tooMany || (gone && others > 0)) {
        List<String> joining =
            group.joining().stream().filter(other -> !other.equals(node)).toList();
        add(
            new Operation.Abandon(
                group.id(),
                node,
                group.members(),
                joining,
                group.confVersion(),
                group.name()
                    + " does not wait for node "
                    + nameOf(node)
                    + (gone ? ", which cannot be reached" : ": it needs no more copies")));
        return true;
      }
    }
    return false;
  }

  private void prepare(Group group, int count, Placement placement) {
    boolean begun = !group.joining().isEmpty();
    if (!begun && preparing >= limits.preparationsMax()) {
      return;
    }
    List<String> taken = new ArrayList<>(group.members());
    taken.addAll(group.joining());
    List<String> added = placement.choose(group.id(), taken, count);
    if (added.isEmpty()) {
      // Members that cannot be reached leave too few others.
      return;
    }
    preparing += begun ? 0 : 1;
    add(
        new Operation.Prepare(
            group.id(),
            group.members(),
            group.joining(),
            added,
            group.confVersion(),
            group.name()
                + " has "
                + copies(group.members().size())
                + " of "
                + size
                + ": "
                + namesOf(added)
                + (added.size() == 1 ? " joins" : " join")));
  }

  private void changeIfReady(Group group) {
    String leader = group.leader();
    boolean answering =
        group.joining().stream()
            .allMatch(node -> usableIds.contains(node) && group.view().hosts().contains(node));
    if (leader == null
        || !answering
        || !group.isAsReported()
        || cluster.hasChildToMake(group.id())
        || changing >= limits.changesMax()) {
      return;
    }
    changing++;
    List<String> to = new ArrayList<>(group.members());
    to.addAll(group.joining());
    add(
        new Operation.ChangeMembers(
            group.id(),
            leader,
            group.members(),
            List.copyOf(to),
            namesOf(group.joining())
                + (group.joining().size() == 1 ? " has" : " have")
                + " prepared "
                + group.name()));
  }

  private String nameOf(String nodeId) {
    return Objects.requireNonNullElse(names.get(nodeId), nodeId);
  }

  private String namesOf(List<String> nodeIds) {
    return namesOf(nodeIds, names);
  }

  static String namesOf(List<String> nodeIds, Map<String, String> names) {
    return String.join(
        ", ", nodeIds.stream().map(node -> names.getOrDefault(node, node)).sorted().toList());
  }

  static String copies(int count) {
    return count == 1 ? "1 copy" : count + " copies";
  }
}
