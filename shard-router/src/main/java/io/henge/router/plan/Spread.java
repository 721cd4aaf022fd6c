package io.henge.router.plan;

/** How the copies of a shard lie over zones. Members on dead nodes count as gone. */
final class Spread {
  private final Model model;

  Spread(Model model) {
    this.model = model;
  }

  /** Zones in which members stand, but for one of them. */
  int zonesOf(int shard, int without) {
    int zones = 0;
    for (int a = 0; a < model.stride() && model.member(shard, a) >= 0; a++) {
      int node = model.member(shard, a);
      boolean first = node != without && model.standing(node) != Model.Standing.DEAD;
      for (int b = 0; first && b < a; b++) {
        int other = model.member(shard, b);
        first =
            other == without
                || model.standing(other) == Model.Standing.DEAD
                || model.zone(other) != model.zone(node);
      }
      zones += first ? 1 : 0;
    }
    return zones;
  }

  /** Whether a member, but for one of them, stands in a zone. */
  boolean standsIn(int shard, int zone, int without) {
    for (int place = 0; place < model.stride() && model.member(shard, place) >= 0; place++) {
      int node = model.member(shard, place);
      if (node != without
          && model.zone(node) == zone
          && model.standing(node) != Model.Standing.DEAD) {
        return true;
      }
    }
    return false;
  }

  /** Whether a shard has its copies in as many zones after one of them has moved. */
  boolean keepsAfter(int shard, int source, int target) {
    int after = zonesOf(shard, source) + (standsIn(shard, model.zone(target), source) ? 0 : 1);
    return after >= zonesOf(shard, -1);
  }
}
