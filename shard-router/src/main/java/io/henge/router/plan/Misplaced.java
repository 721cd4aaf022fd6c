package io.henge.router.plan;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/** Replicas that are where they should not be, the most urgent first. */
final class Misplaced {
  private final Model model;
  private final Spread spread;
  private final int zones;
  private final boolean mendZones;
  private final IntToDoubleFunction level;

  /** Of dead nodes by how many members may yet die, then of drained ones, then those of zones. */
  private final Replicas[] found;

  private Misplaced(
      Model model, Spread spread, int zones, boolean mendZones, IntToDoubleFunction level) {
    this.model = model;
    this.spread = spread;
    this.zones = zones;
    this.mendZones = mendZones;
    this.level = level;
    this.found = new Replicas[model.stride() + 3];
    for (int i = 0; i < found.length; i++) {
      found[i] = new Replicas();
    }
  }

  /**
   * Looks at all shards.
   *
   * @param zones that have a node that can be used
   * @param mendZones whether copies that share a zone needlessly count as misplaced
   * @param level how full a node is
   */
  static Misplaced in(
      Model model, Spread spread, int zones, boolean mendZones, IntToDoubleFunction level) {
    Misplaced misplaced = new Misplaced(model, spread, zones, mendZones, level);
    misplaced.find();
    return misplaced;
  }

  /** Gets one misplaced replica. */
  interface Visitor {
    /** Whether to go on. */
    boolean visit(int shard, int node, MovePlanner.Why why);
  }

  void each(Visitor visitor) {
    for (int i = 0; i < found.length; i++) {
      MovePlanner.Why why =
          i == found.length - 1
              ? MovePlanner.Why.ZONE
              : i == found.length - 2 ? MovePlanner.Why.DRAIN : MovePlanner.Why.DEAD;
      for (int k = 0; k < found[i].count; k++) {
        if (!visitor.visit(found[i].shards[k], found[i].nodes[k], why)) {
          return;
        }
      }
    }
  }

  private void find() {
    for (int shard = 0; shard < model.shards(); shard++) {
      if (model.has(shard, Model.BUSY) || model.leader(shard) < 0) {
        continue;
      }
      int live = 0;
      int count = 0;
      int dead = -1;
      int drained = -1;
      for (int place = 0; place < model.stride(); place++) {
        int node = model.member(shard, place);
        if (node < 0) {
          break;
        }
        count++;
        switch (model.standing(node)) {
          case USABLE -> live++;
          case DEAD -> dead = node;
          case DRAINING -> {
            live++;
            drained = node;
          }
          case AWAY -> {}
        }
      }
      if (live * 2 <= count) {
        // Without a majority nothing can be changed.
        continue;
      }
      int spare = Math.min(live * 2 - count, model.stride());
      if (dead >= 0) {
        found[spare].add(shard, dead);
      } else if (live == count && drained >= 0) {
        found[found.length - 2].add(shard, drained);
      } else if (live == count) {
        // With somebody away for a moment nothing is begun that needs all of them.
        int twin = zoneTwin(shard, count);
        if (twin >= 0 && mendZones) {
          found[found.length - 1].add(shard, twin);
        }
      }
    }
  }

  /** The fuller of two members in one zone, if there is a zone for one of them; else -1. */
  private int zoneTwin(int shard, int count) {
    if (spread.zonesOf(shard, -1) >= Math.min(count, zones)) {
      return -1;
    }
    int fullest = -1;
    for (int a = 0; a < count; a++) {
      int node = model.member(shard, a);
      for (int b = 0; b < count; b++) {
        boolean twins = a != b && model.zone(model.member(shard, b)) == model.zone(node);
        if (twins && (fullest < 0 || level.applyAsDouble(node) > level.applyAsDouble(fullest))) {
          fullest = node;
        }
      }
    }
    return fullest;
  }

  /** Replicas, each as a shard and a node. */
  private static final class Replicas {
    int[] shards = new int[16];
    int[] nodes = new int[16];
    int count;

    void add(int shard, int node) {
      if (count == shards.length) {
        shards = Arrays.copyOf(shards, count * 2);
        nodes = Arrays.copyOf(nodes, count * 2);
      }
      shards[count] = shard;
      nodes[count++] = node;
    }
  }
}
