package io.henge.router.plan;

import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Makes plans: raises the number of copies when nodes are there for it, and spreads leaders.
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
    for (Group group : groups) {
      preparing += group.joining().isEmpty() ? 0 : 1;
      changing += group.view().stable() ? 0 : 1;
    }
    groups.stream().filter(Group::isToBeConfirmed).forEach(this::confirm);
    Group meta = groups.get(0);
    List<Group> rest = groups.subList(1, groups.size());
    if (!meta.isToBeConfirmed()) {
      raise(meta, placement(List.of(meta), false));
    }
    if (isSettled(meta)) {
      Placement placement = placement(rest, true);
      // Begun ones first: a group between two sizes must not wait for others to begin.
      rest.stream()
          .filter(group -> !group.isToBeConfirmed())
          .sorted(Comparator.comparing(group -> group.joining().isEmpty()))
          .forEach(group -> raise(group, placement));
    }
    if (operations.isEmpty() && changing == 0) {
      operations.addAll(new LeaderBalance(usable, rest, size, names).transfers(limits));
    }
    return new Plan(operations, Remarks.of(cluster, groups, size, usable));
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
    operations.add(
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
        operations.add(
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
    operations.add(
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
    if (leader == null || !answering || !group.isAsReported() || changing >= limits.changesMax()) {
      return;
    }
    changing++;
    List<String> to = new ArrayList<>(group.members());
    to.addAll(group.joining());
    operations.add(
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
