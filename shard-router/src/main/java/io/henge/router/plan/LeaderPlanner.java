package io.henge.router.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * Spreads the leaders of very many shards: like {@link LeaderBalance}, each move is downhill, but
 * it looks at each shard once and for no chains, so that a round stays a matter of milliseconds.
 */
public final class LeaderPlanner {
  /** Leadership of a shard goes from one member to another. */
  public record Handover(int shard, int from, int to) {}

  private LeaderPlanner() {}

  /**
   * The leaders to move now.
   *
   * @param most at most so many
   * @param tolerance how many more leaders per weight than another, as a part of the mean, a node
   *     must have before one moves
   */
  public static List<Handover> plan(Model model, int most, double tolerance) {
    int[] leaders = new int[model.nodes()];
    double weights = 0;
    double all = 0;
    for (int node = 0; node < model.nodes(); node++) {
      weights += model.standing(node) == Model.Standing.USABLE ? model.weight(node) : 0;
    }
    for (int shard = 0; shard < model.shards(); shard++) {
      if (model.leader(shard) >= 0) {
        leaders[model.leader(shard)]++;
        all++;
      }
    }
    double slack = weights == 0 ? 0 : tolerance * all / weights;
    List<Handover> handovers = new ArrayList<>();
    for (int shard = 0; shard < model.shards() && handovers.size() < most; shard++) {
      int from = model.leader(shard);
      if (from < 0 || model.has(shard, Model.BUSY)) {
        continue;
      }
      int to = emptiest(model, shard, leaders);
      if (to < 0 || to == from) {
        continue;
      }
      double before = (leaders[from] - 0.5) / model.weight(from);
      double after = (leaders[to] + 0.5) / model.weight(to);
      if (before > after + slack + 1e-9) {
        handovers.add(new Handover(shard, from, to));
        leaders[from]--;
        leaders[to]++;
      }
    }
    return handovers;
  }

  private static int emptiest(Model model, int shard, int[] leaders) {
    int best = -1;
    for (int place = 0; place < model.stride() && model.member(shard, place) >= 0; place++) {
      int node = model.member(shard, place);
      if (model.standing(node) == Model.Standing.USABLE
          && (best < 0
              || leaders[node] / model.weight(node) < leaders[best] / model.weight(best))) {
        best = node;
      }
    }
    return best;
  }
}
