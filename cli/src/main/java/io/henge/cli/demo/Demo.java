package io.henge.cli.demo;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.client.ClusterStatus;
import io.henge.server.Henge;
import io.henge.server.Node;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Three nodes in one process, a small shop, and the death of a leader: writes go on, nothing that
 * was acknowledged is lost, nothing happens twice. Everything it says is measured in this run.
 */
public final class Demo {
  private static final int NODES = 3;
  private static final int SHARDS = 3;
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final int FAULTS_SHOWN = 5;

  private final Henge.Builder builder;
  private final Story story;
  private final Duration afterTheKill;
  private final Map<String, Object> measured = Json.object();
  private final List<String> faults = new ArrayList<>();

  /**
   * A demonstration.
   *
   * @param progress where the story is told
   * @param afterTheKill how long customers go on buying after it; before it, half as long
   */
  public Demo(Henge.Builder builder, PrintStream progress, Duration afterTheKill) {
    this.builder = builder;
    this.afterTheKill = afterTheKill;
    this.story = new Story(progress);
  }

  /** Whether all of it held; to be asked after {@link #run}. */
  public boolean held() {
    return faults.isEmpty();
  }

  /** Plays it; takes well under a minute. The text of the answer is the end of the story. */
  public Answer run() {
    story.say("Henge: a shop on three nodes, all of them in this process.\n");
    story.step("Start three nodes, three shards");
    try (Henge henge = builder.nodes(NODES).shards(SHARDS).start()) {
      ready(henge);
      play(henge);
    } catch (HengeException e) {
      fault(e.code() + ": " + e.getMessage());
    }
    return verdict();
  }

  private void ready(Henge henge) {
    measured.put("ready_millis", story.inStep().toMillis());
    story.done("ready in " + Story.seconds(story.inStep()));
    for (Node node : henge.nodes()) {
      story.detail(node.name() + " at " + node.clientAddress());
    }
  }

  private void play(Henge henge) {
    Shop shop = new Shop(henge.client());
    story.step("Load customers, carts, stock, sessions");
    shop.createCollections();
    int items = shop.load();
    measured.put("items_loaded", items);
    story.done(items + " items in " + Story.seconds(story.inStep()));

    story.step("Read them back");
    check(shop.differences(), "every one as it was written, in ");

    story.step("Customers buy");
    ShardMap map = new ShardMap(henge.client().admin().status().shards());
    try (Shoppers shoppers = new Shoppers(henge.client(), map)) {
      pause(afterTheKill.dividedBy(2));
      long rate = shoppers.purchases() * 1_000 / Math.max(1, story.inStep().toMillis());
      measured.put("purchases_per_second", rate);
      story.done(
          String.format(
              Locale.ROOT,
              "%d customers, %,d purchases a second (two durable writes each)",
              shoppers.count(),
              rate));
      if (!shoppers.failures().isEmpty()) {
        fault("before anything was killed: " + shoppers.failures().get(0));
        return;
      }
      String killed = kill(henge, shoppers);
      shoppers.close();
      verify(shoppers, shop);
      comeBack(henge, killed);
    }
    expire(shop);
  }

  /** Kills the leader of a shard; returns the name of the node. */
  private String kill(Henge henge, Shoppers shoppers) {
    long shard = shoppers.gaps().keySet().iterator().next();
    Node victim = leader(henge, shard);
    story.step("Kill " + victim.name() + ", the leader of shard " + shard);
    shoppers.gaps().values().forEach(GapMeter::restart);
    GapMeter gap = shoppers.gaps().get(shard);
    henge.kill(victim.name());
    if (gap == null) {
      throw new IllegalStateException("nobody shops on shard " + shard);
    }
    long before = gap.count();
    pause(afterTheKill);
    if (!await(() -> gap.count() > before + Shoppers.PER_SHARD)) {
      fault("shard " + shard + " took no write for " + PATIENCE.toSeconds() + " s after the kill");
      return victim.name();
    }
    long now = System.nanoTime();
    measured.put("killed", victim.name());
    Map<Long, Long> gaps = new TreeMap<>();
    shoppers.gaps().forEach((id, meter) -> gaps.put(id, meter.longestMillis(now)));
    measured.put("gap_millis", Collections.max(gaps.values()));
    measured.put("gap_millis_by_shard", gaps);
    story.done("writes go on under " + leader(henge, shard).name());
    for (Map.Entry<Long, GapMeter> other : shoppers.gaps().entrySet()) {
      story.detail(
          String.format(
              Locale.ROOT,
              "shard %d: longest gap without a successful write %d ms, %,d writes since",
              other.getKey(),
              gaps.get(other.getKey()),
              other.getValue().count()));
    }
    return victim.name();
  }

  private void verify(Shoppers shoppers, Shop shop) {
    story.step("Look for what was acknowledged");
    List<String> differences = new ArrayList<>(shoppers.differences());
    differences.addAll(shop.differences());
    int errors = shoppers.failures().size();
    measured.put("purchases", shoppers.purchases());
    measured.put("orders_acknowledged", shoppers.acknowledgedOrders());
    measured.put("client_errors", errors);
    if (errors > 0) {
      differences.add(
          errors + " errors reached a customer, the first: " + shoppers.failures().get(0));
    }
    check(
        differences,
        String.format(
            Locale.ROOT,
            "%,d orders all there, stock exact to the piece, no customer saw an error; in ",
            shoppers.acknowledgedOrders()));
  }

  private void comeBack(Henge henge, String name) {
    story.step("Start " + name + " again");
    Map<Long, Long> then = applied(henge.client().admin().status());
    henge.restart(name);
    if (await(() -> caughtUp(henge.client().admin().status(), then))) {
      measured.put("caught_up_millis", story.inStep().toMillis());
      story.done("caught up in " + Story.seconds(story.inStep()) + ", every shard has its copies");
    } else {
      fault(name + " did not catch up within " + PATIENCE.toSeconds() + " s");
    }
  }

  /** The highest applied index of each shard. */
  private static Map<Long, Long> applied(ClusterStatus status) {
    Map<Long, Long> applied = new TreeMap<>();
    for (ClusterStatus.Shard shard : status.shards()) {
      for (ClusterStatus.Replica replica : shard.replicas()) {
        applied.merge(shard.id(), replica.appliedIndex(), Math::max);
      }
    }
    return applied;
  }

  /** Every node answers, and every copy has what its shard had applied then. */
  private static boolean caughtUp(ClusterStatus status, Map<Long, Long> then) {
    return status.nodes().size() == NODES
        && status.nodes().stream().allMatch(ClusterStatus.Node::reachable)
        && status.shards().stream()
            .allMatch(
                shard ->
                    shard.replicas().size() == status.replicationFactor()
                        && shard.replicas().stream()
                            .allMatch(r -> r.appliedIndex() >= then.getOrDefault(shard.id(), 0L)));
  }

  private void expire(Shop shop) {
    story.step("Sessions expire after " + Shop.SESSION_TTL.toSeconds() + " s");
    if (await(() -> shop.sessionsLeft() == 0)) {
      story.done("none of " + Shop.SESSION_COUNT + " is left, and nobody deleted them");
    } else {
      fault(shop.sessionsLeft() + " sessions are still there");
    }
  }

  private Node leader(Henge henge, long shard) {
    List<Node> found = new ArrayList<>();
    await(
        () -> {
          henge.client().admin().status().shards().stream()
              .filter(s -> s.id() == shard)
              .flatMap(s -> henge.nodes().stream().filter(n -> isNamed(n, s.leader())))
              .forEach(found::add);
          return !found.isEmpty();
        });
    if (found.isEmpty()) {
      throw new HengeException(
          ErrorCode.UNAVAILABLE,
          "shard " + shard + " has no leader that runs, after " + PATIENCE.toSeconds() + " s");
    }
    return found.get(0);
  }

  private static boolean isNamed(Node node, String nameOrId) {
    return node.id().equals(nameOrId) || node.name().equals(nameOrId);
  }

  private void check(List<String> differences, String praise) {
    if (differences.isEmpty()) {
      story.done(praise + Story.seconds(story.inStep()));
      return;
    }
    differences.stream().limit(FAULTS_SHOWN).forEach(this::fault);
    if (differences.size() > FAULTS_SHOWN) {
      fault("and " + (differences.size() - FAULTS_SHOWN) + " more");
    }
  }

  private void fault(String sentence) {
    faults.add(sentence);
    story.failed(sentence);
  }

  private Answer verdict() {
    Duration total = story.total();
    Map<String, Object> json = Json.object("held", held(), "seconds", total.toMillis() / 1000.0);
    json.putAll(measured);
    json.put("faults", faults);
    String text =
        held()
            ? "It held: a leader died, nothing that was acknowledged is lost, nothing happened"
                + " twice. The longest gap was "
                + measured.get("gap_millis")
                + " ms."
            : "It did NOT hold: " + String.join("; ", faults);
    return new Answer("\n" + text + " (" + Story.seconds(total) + ")", json);
  }

  private static boolean await(BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      if (holds(condition)) {
        return true;
      }
      pause(Duration.ofMillis(50));
    }
    return holds(condition);
  }

  /** While a leader is being replaced a question may find nobody to answer it. */
  private static boolean holds(BooleanSupplier condition) {
    try {
      return condition.getAsBoolean();
    } catch (HengeException e) {
      return false;
    }
  }

  private static void pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
