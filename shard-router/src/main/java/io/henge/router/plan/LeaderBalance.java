package io.henge.router.plan;

import io.henge.api.v1.NodeRecord;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Spreads the leaders of shards over nodes by weight.
 *
 * <p>It moves a leader only where that makes the sum of (leaders squared / weight) over all nodes
 * smaller: each move is downhill, so moves come to an end and none is ever taken back. Where no
 * single move does it, a chain of moves may (A to B and B to C, if A and C share no shard); it is
 * planned from its far end, so that no node is ever worse off in between.
 */
final class LeaderBalance {
  private final Map<String, Double> weights = new TreeMap<>();
  private final Map<String, Integer> leaders = new HashMap<>();
  private final Map<String, List<Group>> movable = new HashMap<>();
  private final Map<String, String> names;
  private int unsettled;

  /** A move of one leader. */
  private record Move(Group group, String from, String to) {}

  /**
   * @param shards all of them
   * @param free those with which nothing else is done
   */
  LeaderBalance(
      Collection<NodeRecord> usable,
      List<Group> shards,
      List<Group> free,
      int size,
      Map<String, String> names) {
    Set<Long> freeIds = new HashSet<>();
    free.forEach(group -> freeIds.add(group.id()));
    this.names = names;
    usable.forEach(node -> weights.put(node.getNodeId(), Placement.weight(node)));
    for (Group shard : shards) {
      String leader = shard.leader();
      if (leader == null) {
        unsettled++;
        continue;
      }
      leaders.merge(leader, 1, Integer::sum);
      boolean quiet =
          shard.joining().isEmpty()
              && freeIds.contains(shard.id())
              && shard.view().stable()
              && shard.view().settled()
              && shard.isAsReported()
              && shard.members().size() >= size;
      if (quiet && weights.containsKey(leader)) {
        movable.computeIfAbsent(leader, node -> new ArrayList<>()).add(shard);
      }
    }
  }

  List<Operation> transfers(PlanLimits limits) {
    List<Operation> transfers = new ArrayList<>();
    if (unsettled > 0) {
      // Elections are under way: where they end is not known, and moves would only add to them.
      return transfers;
    }
    Set<Long> moved = new HashSet<>();
    while (true) {
      List<Move> chain = bestChain(moved);
      // A chain is made whole or not at all, be it longer than the limit.
      boolean fits =
          transfers.isEmpty() || transfers.size() + chain.size() <= limits.transfersMax();
      if (chain.isEmpty() || !fits) {
        return transfers;
      }
      for (Move move : chain) {
        moved.add(move.group().id());
        transfers.add(transfer(move));
        leaders.merge(move.from(), -1, Integer::sum);
        leaders.merge(move.to(), 1, Integer::sum);
      }
    }
  }

  private Operation transfer(Move move) {
    return new Operation.TransferLeader(
        move.group().id(),
        move.from(),
        move.to(),
        "node "
            + names.getOrDefault(move.from(), move.from())
            + " leads "
            + count(move.from())
            + " shards, node "
            + names.getOrDefault(move.to(), move.to())
            + " leads "
            + count(move.to()));
  }

  /** The moves that help most, in the order to make them; empty if nothing helps. */
  private List<Move> bestChain(Set<Long> moved) {
    List<String> fullest = new ArrayList<>(weights.keySet());
    fullest.sort(Comparator.comparingDouble(this::after).reversed());
    for (String from : fullest) {
      List<Move> chain = chainFrom(from, moved);
      if (!chain.isEmpty()) {
        return chain;
      }
    }
    return List.of();
  }

  /** Breadth first: the shortest chain, and of those the one that ends at the emptiest node. */
  private List<Move> chainFrom(String from, Set<Long> moved) {
    Map<String, Move> arrivedBy = new HashMap<>();
    Map<String, Integer> distance = new HashMap<>();
    Deque<String> queue = new ArrayDeque<>();
    distance.put(from, 0);
    queue.add(from);
    String best = null;
    while (!queue.isEmpty()) {
      String node = queue.remove();
      for (Group group : movable.getOrDefault(node, List.of())) {
        for (String to : group.members()) {
          if (!moved.contains(group.id())
              && weights.containsKey(to)
              && group.view().near().contains(to)
              && !group.view().since().justNear().contains(to)
              && distance.putIfAbsent(to, distance.getOrDefault(node, 0) + 1) == null) {
            arrivedBy.put(to, new Move(group, node, to));
            queue.add(to);
            if (helps(from, to) && isBetterEnd(to, best, distance)) {
              best = to;
            }
          }
        }
      }
    }
    return best == null ? List.of() : chain(from, best, arrivedBy);
  }

  private static List<Move> chain(String from, String end, Map<String, Move> arrivedBy) {
    List<Move> moves = new ArrayList<>();
    String at = end;
    while (!at.equals(from)) {
      Move move = arrivedBy.get(at);
      if (move == null) {
        throw new IllegalStateException("a chain of leader moves has a hole at " + at);
      }
      moves.add(move);
      at = move.from();
    }
    return moves;
  }

  private boolean isBetterEnd(String to, @Nullable String best, Map<String, Integer> distance) {
    if (best == null) {
      return true;
    }
    int order = Integer.compare(distance.getOrDefault(to, 0), distance.getOrDefault(best, 0));
    return order != 0 ? order < 0 : before(to) < before(best);
  }

  /** Whether one leader less here and one more there makes the sum of squares smaller. */
  private boolean helps(String from, String to) {
    return !from.equals(to) && after(from) > before(to) + 1e-9;
  }

  private double after(String from) {
    return (count(from) - 0.5) / weights.getOrDefault(from, 1.0);
  }

  private double before(String to) {
    return (count(to) + 0.5) / weights.getOrDefault(to, 1.0);
  }

  private int count(String node) {
    return leaders.getOrDefault(node, 0);
  }
}
