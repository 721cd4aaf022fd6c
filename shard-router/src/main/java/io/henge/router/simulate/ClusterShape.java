package io.henge.router.simulate;

import io.henge.router.plan.Model;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Clusters to simulate: generated, or described by lists of nodes and shards. */
public final class ClusterShape {
  /** A node of a described cluster. */
  public record Node(String name, String zone, double weight) {}

  /** A shard of a described cluster: names of nodes; an empty leader is the first member. */
  public record Shard(long id, long bytes, List<String> members, String leader) {}

  /** The most nodes and shards of a generated cluster. */
  public static final int NODES_MAX = 10_000;

  public static final int SHARDS_MAX = 10_000_000;
  public static final int REPLICAS_MAX = 9;

  private ClusterShape() {}

  /**
   * A described cluster; its shards in the order of the ring.
   *
   * @throws IllegalArgumentException with what is wrong with it
   */
  public static Model of(List<Node> nodes, List<Shard> shards) {
    int stride = 1;
    for (Shard shard : shards) {
      stride = Math.max(stride, shard.members().size());
    }
    Model model = new Model(shards.size(), stride);
    Map<String, Integer> numbers = new HashMap<>();
    for (Node node : nodes) {
      if (node.weight() <= 0 || numbers.containsKey(node.name())) {
        throw new IllegalArgumentException(
            "node " + node.name() + " is there twice, or its weight is not above 0");
      }
      numbers.put(
          node.name(),
          model.addNode(node.name(), node.zone(), node.weight(), Model.Standing.USABLE));
    }
    for (int i = 0; i < shards.size(); i++) {
      Shard shard = shards.get(i);
      int[] members = new int[shard.members().size()];
      for (int k = 0; k < members.length; k++) {
        members[k] = number(numbers, shard, shard.members().get(k));
      }
      if (members.length == 0) {
        throw new IllegalArgumentException("shard " + shard.id() + " has no members");
      }
      int leader = shard.leader().isEmpty() ? members[0] : number(numbers, shard, shard.leader());
      model.setShard(i, shard.id(), members, leader, shard.bytes());
    }
    return model;
  }

  private static int number(Map<String, Integer> numbers, Shard shard, String node) {
    Integer number = numbers.get(node);
    if (number == null) {
      throw new IllegalArgumentException(
          "shard " + shard.id() + " names node " + node + ", which is not among the nodes");
    }
    return number;
  }

  /**
   * A balanced cluster: nodes of equal weight, copies of a shard on different nodes, in different
   * zones as far as there are any, leaders spread.
   *
   * @param meanBytes of a shard; they have from half to one and a half of it
   */
  public static Model generated(
      int nodes, int shards, int zones, int replicas, long meanBytes, long seed) {
    require("nodes", nodes, 1, NODES_MAX);
    require("shards", shards, 1, SHARDS_MAX);
    require("zones", zones, 1, nodes);
    require("replicas", replicas, 1, Math.min(REPLICAS_MAX, nodes));
    Chance chance = new Chance(seed);
    Model model = new Model(shards, replicas);
    List<Deck> decks = new ArrayList<>();
    for (int zone = 0; zone < zones; zone++) {
      decks.add(new Deck(chance));
    }
    for (int node = 0; node < nodes; node++) {
      int zone = node % zones;
      decks
          .get(zone)
          .add(
              model.addNode(
                  "node-" + (node + 1), "zone-" + (zone + 1), 100, Model.Standing.USABLE));
    }
    int[] leads = new int[nodes];
    int[] members = new int[replicas];
    for (int shard = 0; shard < shards; shard++) {
      for (int copy = 0; copy < replicas; copy++) {
        members[copy] = decks.get((shard + copy) % zones).draw(members, copy);
      }
      int leader = members[0];
      for (int member : members) {
        leader = leads[member] < leads[leader] ? member : leader;
      }
      leads[leader]++;
      model.setShard(
          shard, shard + 1L, members, leader, (long) (meanBytes * (0.5 + chance.part())));
    }
    return model;
  }

  private static void require(String what, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(what + ": " + least + " to " + most + ", not " + value);
    }
  }

  /** The nodes of a zone, each drawn equally often, in ever other orders. */
  private static final class Deck {
    private final Chance chance;
    private final List<Integer> cards = new ArrayList<>();
    private int next;

    Deck(Chance chance) {
      this.chance = chance;
    }

    void add(int node) {
      cards.add(node);
      next = cards.size();
    }

    /** A node that is not among the first so many of these. */
    int draw(int[] taken, int count) {
      if (next == cards.size()) {
        shuffle();
      }
      for (int at = next; at < cards.size(); at++) {
        if (isFree(cards.get(at), taken, count)) {
          swap(at, next);
          return cards.get(next++);
        }
      }
      // What is left of the deck is taken: one of the others, now and then.
      for (int at = 0; at < cards.size(); at++) {
        if (isFree(cards.get(at), taken, count)) {
          return cards.get(at);
        }
      }
      throw new IllegalArgumentException("zones: fewer nodes in one than copies go there");
    }

    private static boolean isFree(int node, int[] taken, int count) {
      for (int i = 0; i < count; i++) {
        if (taken[i] == node) {
          return false;
        }
      }
      return true;
    }

    private void shuffle() {
      for (int i = cards.size() - 1; i > 0; i--) {
        swap(i, chance.below(i + 1));
      }
      next = 0;
    }

    private void swap(int a, int b) {
      int card = cards.get(a);
      cards.set(a, cards.get(b));
      cards.set(b, card);
    }
  }
}
