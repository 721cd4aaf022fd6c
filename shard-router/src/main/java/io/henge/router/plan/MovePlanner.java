package io.henge.router.plan;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Decides which replicas go where: those of dead nodes first, then those of nodes that are drained,
 * then copies that share a zone needlessly, then whatever makes nodes equally full.
 *
 * <p>Nothing moves twice, and nothing moves that need not: a replica of a dead or drained node goes
 * straight to the emptiest node that can take it, and for balance one goes only from a fuller to an
 * emptier node. So a node that comes takes its share (1/N by weight) and nothing else moves, and a
 * balanced cluster stays as it is. How full a node is, is a sum over its replicas, each of which
 * counts by its bytes and by being one, over the node's weight.
 */
public final class MovePlanner {
  /** Why a replica moves. */
  public enum Why {
    DEAD,
    DRAIN,
    ZONE,
    BALANCE
  }

  /** A replica that is to go from one node to another. */
  public record Move(int shard, int from, int to, Why why) {}

  /**
   * How much may be under way.
   *
   * @param total moves in the whole cluster
   * @param perNode moves that a node takes part in, as sender or receiver
   * @param tolerance how much fuller than another, as a part of the mean, a node must be before a
   *     replica moves for balance
   * @param balance whether replicas move for balance at all
   */
  public record Limits(int total, int perNode, double tolerance, boolean balance) {}

  /** Of small shards each counts as one of so many bytes, or of the mean. */
  private static final long BYTES_LEAST = 1 << 20;

  /** Shards of one node that are looked at for a move to one other node, in one round. */
  private static final int SHARDS_TRIED = 256;

  /** Nodes of one zone that are looked at for a move to one other node, in one round. */
  private static final int SOURCES_TRIED = 16;

  private final Model model;
  private final Limits limits;
  private final Spread spread;
  private final double[] load;
  private final int[] inFlight;
  private final List<Move> moves = new ArrayList<>();
  private final List<PriorityQueue<Integer>> emptiest = new ArrayList<>();
  private final boolean[] usableZone;
  private final int usableZones;

  /** Shards of which a move is planned. */
  private final BitSet begun = new BitSet();

  private int room;
  private double meanBytes;

  private MovePlanner(Model model, Limits limits) {
    this.model = model;
    this.limits = limits;
    this.spread = new Spread(model);
    this.load = new double[model.nodes()];
    this.inFlight = new int[model.nodes()];
    this.room = limits.total();
    this.usableZone = new boolean[model.zones()];
    int zones = 0;
    for (int node = 0; node < model.nodes(); node++) {
      if (model.standing(node) == Model.Standing.USABLE && !usableZone[model.zone(node)]) {
        usableZone[model.zone(node)] = true;
        zones++;
      }
    }
    this.usableZones = zones;
  }

  /** The moves to begin now, the most urgent first. */
  public static List<Move> plan(Model model, Limits limits) {
    return new MovePlanner(model, limits).plan();
  }

  /**
   * How full each node is: what it holds, with what is on its way to it, per weight; 1 = the mean
   * of all nodes that can be used.
   */
  public static double[] levels(Model model) {
    MovePlanner planner = new MovePlanner(model, new Limits(0, 0, 0, false));
    planner.measure();
    double[] levels = new double[model.nodes()];
    double mean = planner.mean();
    for (int node = 0; node < levels.length; node++) {
      levels[node] = mean == 0 ? 1 : planner.level(node) / mean;
    }
    return levels;
  }

  private List<Move> plan() {
    measure();
    if (room <= 0) {
      return moves;
    }
    Misplaced misplaced = Misplaced.in(model, spread, usableZones, limits.balance(), this::level);
    fillQueues();
    misplaced.each(
        (shard, node, why) -> {
          if (!hasRoom()) {
            return false;
          }
          relocate(shard, node, why);
          return true;
        });
    if (hasRoom() && limits.balance()) {
      balance();
    }
    return moves;
  }

  private boolean hasRoom() {
    return room > 0 && !emptiest.stream().allMatch(PriorityQueue::isEmpty);
  }

  private double cost(int shard) {
    double base = Math.max(meanBytes, BYTES_LEAST);
    return (model.bytes(shard) + base) / (2 * base);
  }

  private double level(int node) {
    return load[node] / model.weight(node);
  }

  /** How full nodes are, and what is on its way. */
  private void measure() {
    double sum = 0;
    for (int shard = 0; shard < model.shards(); shard++) {
      sum += model.bytes(shard);
    }
    meanBytes = model.shards() == 0 ? 0 : sum / model.shards();
    for (int shard = 0; shard < model.shards(); shard++) {
      double cost = cost(shard);
      for (int place = 0; place < model.stride(); place++) {
        int node = model.member(shard, place);
        if (node < 0) {
          break;
        }
        load[node] += cost;
      }
    }
    model.eachFlight(
        (shard, from, to) -> {
          load[to] += cost(shard);
          load[from] -= cost(shard);
          countFlight(shard, to);
        });
  }

  private void countFlight(int shard, int to) {
    room--;
    inFlight[to]++;
    int sender = model.leader(shard);
    if (sender >= 0) {
      inFlight[sender]++;
    }
  }

  private void fillQueues() {
    for (int zone = 0; zone < model.zones(); zone++) {
      emptiest.add(
          new PriorityQueue<>(
              Comparator.<Integer>comparingDouble(this::level).thenComparing(node -> node)));
    }
    for (int node = 0; node < model.nodes(); node++) {
      if (model.standing(node) == Model.Standing.USABLE && inFlight[node] < limits.perNode()) {
        emptiest.get(model.zone(node)).add(node);
      }
    }
  }

  private boolean canSend(int shard) {
    int sender = model.leader(shard);
    return sender >= 0 && inFlight[sender] < limits.perNode();
  }

  /** Finds another node for a replica that must go. */
  private void relocate(int shard, int from, Why why) {
    if (!canSend(shard)) {
      return;
    }
    int best = -1;
    boolean bestIsNew = false;
    for (int zone = 0; zone < emptiest.size(); zone++) {
      boolean isNew = !spread.standsIn(shard, zone, from);
      if ((bestIsNew && !isNew) || (why == Why.ZONE && !isNew)) {
        continue;
      }
      int node = firstFor(shard, emptiest.get(zone));
      if (node >= 0 && (best < 0 || (isNew && !bestIsNew) || level(node) < level(best))) {
        best = node;
        bestIsNew = isNew;
      }
    }
    if (best < 0) {
      return;
    }
    if (!bestIsNew && zonesWithRoomElsewhere(shard, from)) {
      // Its right zone is only busy: better late than twice.
      return;
    }
    begin(shard, from, best, why);
  }

  /** Whether a zone without a copy has nodes that could take one, were they not busy. */
  private boolean zonesWithRoomElsewhere(int shard, int from) {
    for (int zone = 0; zone < usableZone.length; zone++) {
      if (usableZone[zone] && !spread.standsIn(shard, zone, from)) {
        return true;
      }
    }
    return false;
  }

  /** The emptiest node of a zone that is no member and has room; those without room are dropped. */
  private int firstFor(int shard, PriorityQueue<Integer> queue) {
    List<Integer> skipped = new ArrayList<>();
    int found = -1;
    while (found < 0 && !queue.isEmpty()) {
      int node = queue.peek();
      if (inFlight[node] >= limits.perNode()) {
        queue.remove();
      } else if (model.isMember(shard, node)) {
        skipped.add(queue.remove());
      } else {
        found = node;
      }
    }
    queue.addAll(skipped);
    return found;
  }

  private void begin(int shard, int from, int to, Why why) {
    // Out of its queue while its level changes, or the queue would lose its order.
    boolean queued = emptiest.get(model.zone(to)).remove(to);
    boolean fromQueued = emptiest.get(model.zone(from)).remove(from);
    moves.add(new Move(shard, from, to, why));
    load[to] += cost(shard);
    load[from] -= cost(shard);
    countFlight(shard, to);
    begun.set(shard);
    if (queued) {
      emptiest.get(model.zone(to)).add(to);
    }
    if (fromQueued) {
      emptiest.get(model.zone(from)).add(from);
    }
  }

  private double mean() {
    double sum = 0;
    double weights = 0;
    for (int node = 0; node < model.nodes(); node++) {
      if (model.standing(node) == Model.Standing.USABLE) {
        sum += load[node];
        weights += model.weight(node);
      }
    }
    return weights == 0 ? 0 : sum / weights;
  }

  private void balance() {
    List<Integer> usable = new ArrayList<>();
    for (int node = 0; node < model.nodes(); node++) {
      if (model.standing(node) == Model.Standing.USABLE) {
        usable.add(node);
      }
    }
    if (usable.size() < 2) {
      return;
    }
    usable.sort(Comparator.<Integer>comparingDouble(this::level).thenComparing(node -> node));
    double slack = limits.tolerance() * mean();
    double highest = level(usable.get(usable.size() - 1));
    if (highest - level(usable.get(0)) <= slack) {
      return;
    }
    List<List<Integer>> fullest = new ArrayList<>();
    for (int zone = 0; zone < model.zones(); zone++) {
      fullest.add(new ArrayList<>());
    }
    for (int i = usable.size() - 1; i >= 0; i--) {
      fullest.get(model.zone(usable.get(i))).add(usable.get(i));
    }
    Holdings holdings = new Holdings(model);
    for (int target : usable) {
      if (room <= 0 || highest - level(target) <= slack) {
        return;
      }
      takeFrom(fullest, target, slack, holdings);
    }
  }

  /** Lets an empty node take from the fullest ones, of its own zone first. */
  private void takeFrom(List<List<Integer>> fullest, int target, double slack, Holdings holdings) {
    for (int turn = 0; turn < fullest.size(); turn++) {
      List<Integer> sources = fullest.get((model.zone(target) + turn) % fullest.size());
      int tried = 0;
      for (int source : sources) {
        if (room <= 0 || inFlight[target] >= limits.perNode() || tried++ >= SOURCES_TRIED) {
          break;
        }
        if (level(source) - level(target) <= slack) {
          break;
        }
        int shard = fitting(source, target, holdings);
        if (shard >= 0) {
          begin(shard, source, target, Why.BALANCE);
        }
      }
    }
  }

  /** A shard of one node whose copy can go to another one, to the good of both; -1 = none. */
  private int fitting(int source, int target, Holdings holdings) {
    int count = holdings.count(source);
    int start = count == 0 ? 0 : Math.floorMod(source * 31 + target * 17, count);
    int led = -1;
    for (int i = 0; i < Math.min(count, SHARDS_TRIED); i++) {
      int shard = holdings.shard(source, (start + i) % count);
      if (begun.get(shard)
          || model.has(shard, Model.BUSY)
          || model.isMember(shard, target)
          || !canSend(shard)) {
        continue;
      }
      double step =
          cost(shard) * (1 / model.weight(source) + 1 / model.weight(target)) * (1 - 1e-9);
      if (level(source) - level(target) < step || !spread.keepsAfter(shard, source, target)) {
        continue;
      }
      if (!allUsable(shard)) {
        continue;
      }
      if (model.leader(shard) != source) {
        return shard;
      }
      // Its leadership would have to move first.
      led = led < 0 ? shard : led;
    }
    return led;
  }

  private boolean allUsable(int shard) {
    for (int place = 0; place < model.stride() && model.member(shard, place) >= 0; place++) {
      if (model.standing(model.member(shard, place)) != Model.Standing.USABLE) {
        return false;
      }
    }
    return true;
  }
}
