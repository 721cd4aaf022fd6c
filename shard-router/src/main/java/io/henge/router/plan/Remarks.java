package io.henge.router.plan;

import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Predicate;

/** Says to an operator what is less than it should be, and why. Few sentences, however large. */
final class Remarks {
  private static final int SHARDS_NAMED_MAX = 5;

  private final ClusterView cluster;
  private final List<Group> groups;
  private final int size;
  private final int usable;
  private final List<String> remarks = new ArrayList<>();

  private Remarks(ClusterView cluster, List<Group> groups, int size, int usable) {
    this.cluster = cluster;
    this.groups = groups;
    this.size = size;
    this.usable = usable;
  }

  static List<String> of(
      ClusterView cluster, List<Group> groups, int size, List<NodeRecord> usable) {
    Remarks remarks = new Remarks(cluster, groups, size, usable.size());
    remarks.sayWhyNotTarget();
    remarks.sayWhoIsAway();
    remarks.sayWhoIsDrained();
    remarks.sayWhatIsLeaderless();
    remarks.sayWhatIsRising();
    remarks.sayWhatIsBetween();
    remarks.sayWhatCouldBeRaised();
    return remarks.remarks;
  }

  private void sayWhyNotTarget() {
    int target = cluster.meta().cluster().getReplicationTarget();
    int most = groups.stream().mapToInt(group -> group.members().size()).max().orElse(0);
    if (size >= target || most > size) {
      // Copies that are there stay while their nodes are away: that is told of those nodes.
      return;
    }
    String nodes = usable == 1 ? "1 node is" : usable + " nodes are";
    if (size == 1) {
      remarks.add(
          nodes
              + " in service: every shard has 1 copy, and is gone if its node is lost."
              + (usable == 2
                  ? " Two copies would be worse: the death of either node would stop every shard."
                  : "")
              + " With 3 nodes, replication rises to 3 by itself.");
    } else {
      remarks.add(
          nodes
              + " in service: shards have "
              + Planner.copies(size)
              + ", not "
              + target
              + "; with "
              + target
              + " nodes there will be "
              + target
              + ".");
    }
  }

  private void sayWhoIsAway() {
    for (NodeRecord node : cluster.meta().nodes()) {
      if (node.getState() != NodeState.NODE_STATE_REMOVED
          && !cluster.isReachable(node.getNodeId())) {
        long shards =
            groups.stream()
                .filter(group -> !group.isMeta() && group.members().contains(node.getNodeId()))
                .count();
        boolean meta = groups.get(0).members().contains(node.getNodeId());
        remarks.add(
            "node "
                + node.getName()
                + " ("
                + node.getClientAddress()
                + ") cannot be reached: "
                + (shards == 1 ? "1 shard has" : shards + " shards have")
                + " one copy less"
                + (meta ? ", and so has the meta shard." : "."));
      }
    }
  }

  private void sayWhoIsDrained() {
    for (NodeRecord node : cluster.meta().nodes()) {
      if (node.getState() != NodeState.NODE_STATE_DRAINING) {
        continue;
      }
      int replicas = cluster.meta().replicasOf(node.getNodeId());
      int most = groups.stream().mapToInt(group -> group.members().size()).max().orElse(0);
      if (replicas > 0) {
        remarks.add(
            "node "
                + node.getName()
                + " is being drained and holds "
                + (replicas == 1 ? "1 replica" : replicas + " replicas")
                + (usable >= most
                    ? "."
                    : ": "
                        + Planner.copies(most)
                        + " need as many other nodes, and "
                        + usable
                        + (usable == 1 ? " is" : " are")
                        + " in service. Add a node, or lower replication-target."));
      }
    }
  }

  private void sayWhatIsLeaderless() {
    String which = named(group -> group.leader() == null);
    if (!which.isEmpty()) {
      remarks.add("no leader has reported of " + which + ".");
    }
  }

  private void sayWhatIsRising() {
    long below = groups.stream().filter(group -> group.members().size() < size).count();
    if (below == 0) {
      return;
    }
    Map<String, String> names = cluster.names();
    TreeSet<String> awaited = new TreeSet<>();
    for (Group group : groups) {
      for (String node : group.joining()) {
        if (!cluster.isReachable(node) || !group.view().hosts().contains(node)) {
          awaited.add(names.getOrDefault(node, node));
        }
      }
    }
    remarks.add(
        below
            + " of "
            + groups.size()
            + " groups have fewer than "
            + Planner.copies(size)
            + "; they are being raised"
            + (awaited.isEmpty() ? "." : ", waiting for " + String.join(", ", awaited) + "."));
  }

  private void sayWhatIsBetween() {
    String which = named(group -> group.members().size() % 2 == 0);
    if (!which.isEmpty()) {
      remarks.add(
          which
              + ": an even number of copies for now, so they survive fewer deaths than it seems."
              + (usable < 3 ? " A third node ends it." : ""));
    }
  }

  private void sayWhatCouldBeRaised() {
    int level = cluster.meta().cluster().getFeatureLevel();
    int all =
        cluster.meta().nodes().stream()
            .filter(node -> node.getState() != NodeState.NODE_STATE_REMOVED)
            .mapToInt(NodeRecord::getFeatureLevel)
            .min()
            .orElse(level);
    if (all > level) {
      remarks.add(
          "every node reads formats of level "
              + all
              + ", the cluster writes level "
              + level
              + ": raise it (henge cluster upgrade) when you will not go back to an older version.");
    }
  }

  /** "the meta shard, shards 1, 2 and 7 more"; empty if there is none. */
  private String named(Predicate<Group> which) {
    List<Group> found = groups.stream().filter(which).toList();
    List<String> parts = new ArrayList<>();
    List<String> ids =
        found.stream().filter(group -> !group.isMeta()).map(group -> "" + group.id()).toList();
    if (ids.size() < found.size()) {
      parts.add("the meta shard");
    }
    if (!ids.isEmpty()) {
      int shown = Math.min(SHARDS_NAMED_MAX, ids.size());
      parts.add(
          (ids.size() == 1 ? "shard " : "shards ")
              + String.join(", ", ids.subList(0, shown))
              + (shown < ids.size() ? " and " + (ids.size() - shown) + " more" : ""));
    }
    return String.join(", ", parts);
  }
}
