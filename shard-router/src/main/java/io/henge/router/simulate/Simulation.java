package io.henge.router.simulate;

import io.henge.router.plan.LeaderPlanner;
import io.henge.router.plan.Model;
import io.henge.router.plan.MovePlanner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Lets something happen to a cluster and has the planner mend it, round by round, until it plans
 * nothing more. A replica that moves takes the time that its bytes take at the rate of a node,
 * divided by how many a node takes part in at most; everything else takes none.
 */
public final class Simulation {
  /**
   * How the cluster is set.
   *
   * @param bytesPerSecond what a node sends while replicas move
   * @param perNode moves that a node takes part in at a time
   * @param total moves at a time in the whole cluster; 0 = as many as there are nodes
   * @param graceSeconds after which a silent node is taken for dead
   */
  public record Settings(long bytesPerSecond, int perNode, int total, long graceSeconds) {}

  /** How far it is. */
  public record Progress(long rounds, long moved, long expected, double seconds) {}

  private static final double TOLERANCE = 0.05;

  private record Arrival(double at, MovePlanner.Move move) {}

  private final Model model;
  private final Settings settings;
  private final LongSupplier nanoClock;
  private final PriorityQueue<Arrival> arrivals =
      new PriorityQueue<>(
          Comparator.comparingDouble(Arrival::at).thenComparing(one -> one.move().shard()));
  private final List<Long> planningNanos = new ArrayList<>();
  private double now;
  private long moved;
  private double bytesMoved;
  private long handovers;
  private double idealMoves;

  /**
   * @param model the cluster; changed by the simulation
   * @param nanoClock for the time that planning takes, in nanoseconds
   */
  public Simulation(Model model, Settings settings, LongSupplier nanoClock) {
    this.model = model;
    this.settings = settings;
    this.nanoClock = nanoClock;
  }

  /**
   * Runs until nothing more is planned.
   *
   * @param progress told after each round
   */
  public Outcome run(Event event, Consumer<Progress> progress) {
    happen(event);
    elect();
    long rounds = 0;
    while (true) {
      List<MovePlanner.Move> moves = plan();
      rounds++;
      moves.forEach(this::begin);
      progress.accept(new Progress(rounds, moved, Math.round(idealMoves), now));
      if (arrivals.isEmpty()) {
        break;
      }
      arrive();
    }
    return Outcome.of(model, event, rounds, now, moved, bytesMoved, idealMoves, handovers, nanos());
  }

  private long[] nanos() {
    long[] nanos = planningNanos.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(nanos);
    return nanos;
  }

  private MovePlanner.Limits limits() {
    int usable = 0;
    for (int node = 0; node < model.nodes(); node++) {
      usable += model.standing(node) == Model.Standing.USABLE ? 1 : 0;
    }
    int total = settings.total() == 0 ? Math.max(1, usable) : settings.total();
    return new MovePlanner.Limits(total, settings.perNode(), TOLERANCE, true);
  }

  /** One round of planning: moves, and leaders that follow at once. */
  private List<MovePlanner.Move> plan() {
    MovePlanner.Limits limits = limits();
    long began = nanoClock.getAsLong();
    List<MovePlanner.Move> moves = MovePlanner.plan(model, limits);
    List<LeaderPlanner.Handover> leaders = LeaderPlanner.plan(model, limits.total(), TOLERANCE);
    planningNanos.add(nanoClock.getAsLong() - began);
    for (LeaderPlanner.Handover handover : leaders) {
      model.setLeader(handover.shard(), handover.to());
      handovers++;
    }
    return moves;
  }

  private void begin(MovePlanner.Move move) {
    int shard = move.shard();
    if (model.leader(shard) == move.from()) {
      model.setLeader(shard, heir(shard, move.from()));
      handovers++;
    }
    model.addFlight(shard, move.from(), move.to());
    double rate = (double) settings.bytesPerSecond() / settings.perNode();
    arrivals.add(new Arrival(now + model.bytes(shard) / rate, move));
  }

  /** A member in service; -1 = none. */
  private int heir(int shard, int without) {
    int fallback = -1;
    for (int place = 0; place < model.stride() && model.member(shard, place) >= 0; place++) {
      int node = model.member(shard, place);
      if (node != without && model.standing(node) == Model.Standing.USABLE) {
        return node;
      }
      if (model.standing(node) == Model.Standing.DRAINING) {
        fallback = node;
      }
    }
    return fallback;
  }

  /** Plans are made once a second; whatever has arrived by then makes room. */
  private void arrive() {
    Arrival first = arrivals.peek();
    if (first == null) {
      return;
    }
    now = Math.max(now + 1, first.at());
    for (Arrival next = first; next != null && next.at() <= now; next = arrivals.peek()) {
      arrivals.remove();
      model.land(next.move().shard(), next.move().from(), next.move().to());
      moved++;
      bytesMoved += model.bytes(next.move().shard());
    }
  }

  private void happen(Event event) {
    switch (event.kind()) {
      case NODE_JOINS -> join(event.count());
      case NODES_DIE -> {
        now = settings.graceSeconds();
        strike(event.count(), Model.Standing.DEAD);
      }
      case NODES_DRAIN -> strike(event.count(), Model.Standing.DRAINING);
      case ZONE_DIES -> {
        if (event.count() > model.zones()) {
          throw new IllegalArgumentException(
              "zone-dies: there are " + model.zones() + " zones, not " + event.count());
        }
        now = settings.graceSeconds();
        for (int node = 0; node < model.nodes(); node++) {
          if (model.zone(node) == event.count() - 1) {
            idealMoves += held(node);
            model.setStanding(node, Model.Standing.DEAD);
          }
        }
      }
      case NOTHING -> {}
    }
  }

  private void join(int count) {
    int[] perZone = new int[model.zones()];
    double weights = 0;
    for (int node = 0; node < model.nodes(); node++) {
      perZone[model.zone(node)]++;
      weights += model.weight(node);
    }
    double weight = weights / model.nodes();
    long replicas = 0;
    for (int node = 0; node < model.nodes(); node++) {
      replicas += held(node);
    }
    for (int i = 0; i < count; i++) {
      int smallest = 0;
      for (int zone = 0; zone < perZone.length; zone++) {
        smallest = perZone[zone] < perZone[smallest] ? zone : smallest;
      }
      perZone[smallest]++;
      String zone = "";
      for (int node = 0; node < model.nodes(); node++) {
        zone = model.zone(node) == smallest ? model.zoneName(node) : zone;
      }
      model.addNode("joined-" + (i + 1), zone, weight, Model.Standing.USABLE);
    }
    idealMoves = replicas * (count * weight) / (weights + count * weight);
  }

  /** Of the nodes every so many-th, so that all zones have their part. */
  private void strike(int count, Model.Standing standing) {
    if (count >= model.nodes()) {
      throw new IllegalArgumentException(
          "there are only " + model.nodes() + " nodes; some have to be left");
    }
    for (int i = 0; i < count; i++) {
      int node = (int) ((long) i * model.nodes() / count);
      idealMoves += held(node);
      model.setStanding(node, standing);
    }
  }

  private long held(int node) {
    long held = 0;
    for (int shard = 0; shard < model.shards(); shard++) {
      held += model.isMember(shard, node) ? 1 : 0;
    }
    return held;
  }

  /** Who led on a node that is dead, is succeeded by another member; without a majority by none. */
  private void elect() {
    for (int shard = 0; shard < model.shards(); shard++) {
      int live = 0;
      for (int place = 0; place < model.stride() && model.member(shard, place) >= 0; place++) {
        live += model.standing(model.member(shard, place)) == Model.Standing.DEAD ? 0 : 1;
      }
      int leader = model.leader(shard);
      if (live * 2 <= model.memberCount(shard)) {
        model.setLeader(shard, -1);
      } else if (leader >= 0 && model.standing(leader) == Model.Standing.DEAD) {
        model.setLeader(shard, heir(shard, leader));
      }
    }
  }
}
