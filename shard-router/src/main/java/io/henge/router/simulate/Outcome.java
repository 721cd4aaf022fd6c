package io.henge.router.simulate;

import io.henge.router.plan.Model;
import io.henge.router.plan.MovePlanner;

/**
 * What came of a simulation.
 *
 * @param seconds simulated, from the event (with the grace time of what died) to the end
 * @param moves replicas that went to another node
 * @param idealMoves the least that could have moved: what was lost or drained, or the share of a
 *     node that came
 * @param movement moves over ideal ones; 1 if neither moved
 * @param emptiest how full the emptiest node in service is; 1 = the mean
 * @param fullest how full the fullest node in service is
 * @param leadersLeast leaders of the node in service that has the fewest
 * @param leadersMost leaders of the node in service that has the most
 * @param withoutMajority shards that cannot be mended: too many of their members died at once
 * @param misplaced shards with a member on a dead or drained node, or in fewer zones than could be
 * @param planMillisMedian time that one round of planning takes
 * @param planMillisMax the longest round
 */
public record Outcome(
    String event,
    int nodes,
    int shards,
    long rounds,
    double seconds,
    long moves,
    double bytesMoved,
    double idealMoves,
    double movement,
    double emptiest,
    double fullest,
    long leadersLeast,
    long leadersMost,
    long handovers,
    long withoutMajority,
    long misplaced,
    double planMillisMedian,
    double planMillisMax) {

  static Outcome of(
      Model model,
      Event event,
      long rounds,
      double seconds,
      long moves,
      double bytesMoved,
      double idealMoves,
      long handovers,
      long[] nanos) {
    double emptiest = Double.MAX_VALUE;
    double fullest = 0;
    double[] levels = MovePlanner.levels(model);
    long[] leads = new long[model.nodes()];
    long withoutMajority = 0;
    long misplaced = 0;
    boolean[] zones = new boolean[model.zones()];
    for (int node = 0; node < model.nodes(); node++) {
      if (model.standing(node) == Model.Standing.USABLE) {
        emptiest = Math.min(emptiest, levels[node]);
        fullest = Math.max(fullest, levels[node]);
        zones[model.zone(node)] = true;
      }
    }
    int usableZones = 0;
    for (boolean usable : zones) {
      usableZones += usable ? 1 : 0;
    }
    for (int shard = 0; shard < model.shards(); shard++) {
      if (model.leader(shard) < 0) {
        withoutMajority++;
        continue;
      }
      leads[model.leader(shard)]++;
      misplaced += isMisplaced(model, shard, usableZones) ? 1 : 0;
    }
    long least = Long.MAX_VALUE;
    long most = 0;
    for (int node = 0; node < model.nodes(); node++) {
      if (model.standing(node) == Model.Standing.USABLE) {
        least = Math.min(least, leads[node]);
        most = Math.max(most, leads[node]);
      }
    }
    return new Outcome(
        event.toString(),
        model.nodes(),
        model.shards(),
        rounds,
        seconds,
        moves,
        bytesMoved,
        idealMoves,
        idealMoves == 0 ? moves + 1 : moves / idealMoves,
        emptiest,
        fullest,
        least,
        most,
        handovers,
        withoutMajority,
        misplaced,
        nanos.length == 0 ? 0 : nanos[nanos.length / 2] / 1e6,
        nanos.length == 0 ? 0 : nanos[nanos.length - 1] / 1e6);
  }

  private static boolean isMisplaced(Model model, int shard, int usableZones) {
    int count = 0;
    int zones = 0;
    for (int a = 0; a < model.stride() && model.member(shard, a) >= 0; a++) {
      int node = model.member(shard, a);
      if (model.standing(node) != Model.Standing.USABLE) {
        return true;
      }
      count++;
      boolean first = true;
      for (int b = 0; b < a; b++) {
        first &= model.zone(model.member(shard, b)) != model.zone(node);
      }
      zones += first ? 1 : 0;
    }
    return zones < Math.min(count, usableZones);
  }
}
