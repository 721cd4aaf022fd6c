package io.henge.router.plan;

import io.henge.api.key.Token;
import io.henge.api.v1.NodeRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which nodes a shard's replicas go to: rendezvous hashing with bounded load. Each node has a score
 * for each shard, from a hash of both and the node's weight; the best ones that are not full hold
 * it. So a node that comes takes about its share, from all others alike, and the rest stays where
 * it is. Zones go before load: copies stand in as many of them as there are.
 *
 * <p>Scores hang on the names of nodes, so that a node which lost its disk and comes back under its
 * name, gets back what it had.
 */
public final class Placement {
  private static final double ROUNDING = 1e-6;

  private final Map<String, NodeRecord> usable = new HashMap<>();
  private final Map<String, NodeRecord> all = new HashMap<>();
  private final Map<String, Integer> load = new HashMap<>();
  private final Map<String, Double> capacity = new HashMap<>();

  /** Groups to be placed yet that a node could be given: it can be given each only once. */
  private final Map<String, Integer> chances = new HashMap<>();

  /** How many nodes may yet be given the one replica by which their share is rounded up. */
  private int roundedUp;

  /**
   * A group that lacks copies.
   *
   * @param taken nodes that hold it or are to hold it
   * @param missing how many more are wanted
   */
  record Want(Collection<String> taken, int missing) {}

  /**
   * A placement on nodes that hold something already.
   *
   * @param all nodes that there are
   * @param usable those that can be given replicas
   * @param load replicas that each node holds or is to hold, by node id
   * @param wants every group that is going to be {@linkplain #choose placed}
   */
  static Placement on(
      Collection<NodeRecord> all,
      Collection<NodeRecord> usable,
      Map<String, Integer> load,
      Collection<Want> wants) {
    Placement placement = new Placement();
    all.forEach(node -> placement.all.put(node.getNodeId(), node));
    usable.forEach(node -> placement.usable.put(node.getNodeId(), node));
    placement.load.putAll(load);
    int more = 0;
    for (Want want : wants) {
      more += want.missing();
      placement.countChances(want.taken(), 1);
    }
    placement.level(more);
    placement.roundedUp = more;
    for (String node : placement.usable.keySet()) {
      placement.roundedUp -= Math.max(0, placement.share(node) - placement.loadOf(node));
    }
    return placement;
  }

  /**
   * Where replicas would be if all were placed anew: node ids by shard, best first.
   *
   * @param factor replicas of each shard; fewer if there are not as many nodes
   */
  public static Map<Long, List<String>> anew(
      Collection<Long> shards, Collection<NodeRecord> nodes, int factor) {
    int size = Math.min(factor, nodes.size());
    List<Want> wants = new ArrayList<>();
    shards.forEach(shard -> wants.add(new Want(List.of(), size)));
    Placement placement = on(nodes, nodes, Map.of(), wants);
    Map<Long, List<String>> placed = new HashMap<>();
    for (long shard : shards) {
      placed.put(shard, placement.choose(shard, List.of(), size));
    }
    return placed;
  }

  private void countChances(Collection<String> taken, int change) {
    for (String node : usable.keySet()) {
      if (!taken.contains(node)) {
        chances.merge(node, change, Integer::sum);
      }
    }
  }

  /**
   * How high each node may be filled: the level, in replicas per weight, at which all find room;
   * who is above it already gets nothing.
   */
  private void level(int more) {
    List<NodeRecord> open = new ArrayList<>(usable.values());
    while (true) {
      double weights = open.stream().mapToDouble(Placement::weight).sum();
      int replicas = more + open.stream().mapToInt(node -> loadOf(node.getNodeId())).sum();
      double level = weights == 0 ? 0 : replicas / weights;
      List<NodeRecord> below =
          open.stream().filter(node -> loadOf(node.getNodeId()) <= level * weight(node)).toList();
      if (below.size() == open.size()) {
        usable.values().forEach(node -> capacity.put(node.getNodeId(), level * weight(node)));
        return;
      }
      open = new ArrayList<>(below);
    }
  }

  /**
   * Chooses more nodes for a group and counts them as placed.
   *
   * @param taken nodes that hold it already or are to hold it
   * @return empty if fewer nodes are left than are wanted: half a step would be worse than none
   */
  List<String> choose(long group, Collection<String> taken, int count) {
    List<String> chosen = new ArrayList<>();
    Set<String> zones = new HashSet<>();
    Set<String> closed = new HashSet<>(taken);
    taken.forEach(node -> addZone(node, zones));
    while (chosen.size() < count) {
      NodeRecord best = null;
      for (NodeRecord node : usable.values()) {
        if (!closed.contains(node.getNodeId())
            && (best == null || isBetter(group, node, best, zones))) {
          best = node;
        }
      }
      if (best == null) {
        return List.of();
      }
      chosen.add(best.getNodeId());
      closed.add(best.getNodeId());
      addZone(best.getNodeId(), zones);
    }
    for (String node : chosen) {
      roundedUp -= loadOf(node) == share(node) ? 1 : 0;
      load.merge(node, 1, Integer::sum);
    }
    countChances(taken, -1);
    return chosen;
  }

  private void addZone(String nodeId, Set<String> zones) {
    NodeRecord node = all.get(nodeId);
    if (node != null) {
      zones.add(node.getZone());
    }
  }

  private boolean isBetter(long shard, NodeRecord node, NodeRecord other, Set<String> zones) {
    boolean nodeNewZone = !zones.contains(node.getZone());
    boolean otherNewZone = !zones.contains(other.getZone());
    if (nodeNewZone != otherNewZone) {
      return nodeNewZone;
    }
    boolean nodeUrgent = isUrgent(node);
    boolean otherUrgent = isUrgent(other);
    if (nodeUrgent != otherUrgent) {
      return nodeUrgent;
    }
    boolean nodeFull = isFull(node);
    boolean otherFull = isFull(other);
    if (nodeFull != otherFull) {
      return otherFull;
    }
    if (nodeFull) {
      double nodeLevel = loadOf(node.getNodeId()) / weight(node);
      double otherLevel = loadOf(other.getNodeId()) / weight(other);
      if (nodeLevel != otherLevel) {
        return nodeLevel < otherLevel;
      }
    }
    double nodeScore = score(shard, node);
    double otherScore = score(shard, other);
    return nodeScore != otherScore
        ? nodeScore > otherScore
        : node.getNodeId().compareTo(other.getNodeId()) < 0;
  }

  /** Whether it gets its share only if it is given every group from now on. */
  private boolean isUrgent(NodeRecord node) {
    int room = share(node.getNodeId()) - loadOf(node.getNodeId());
    return room > 0 && room >= chances.getOrDefault(node.getNodeId(), 0);
  }

  private boolean isFull(NodeRecord node) {
    int load = loadOf(node.getNodeId());
    int share = share(node.getNodeId());
    return load > share || (load == share && roundedUp <= 0);
  }

  /** What a node is to hold in the end, rounded down. */
  private int share(String nodeId) {
    return (int) Math.floor(capacity.getOrDefault(nodeId, 0.0) + ROUNDING);
  }

  private int loadOf(String nodeId) {
    return load.getOrDefault(nodeId, 0);
  }

  /** Weighted rendezvous: the chance to be the best of all is in proportion to the weight. */
  private static double score(long shard, NodeRecord node) {
    byte[] name = node.getName().getBytes(StandardCharsets.UTF_8);
    long hash =
        Token.of(ByteBuffer.allocate(Long.BYTES + name.length).putLong(shard).put(name).array());
    double unit = ((hash >>> 11) + 0.5) * 0x1.0p-53;
    return -weight(node) / StrictMath.log(unit);
  }

  static double weight(NodeRecord node) {
    return Math.max(1, Integer.toUnsignedLong(node.getWeight()));
  }
}
