package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.FeatureLevel;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.client.Copy;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.ReadOptions;
import io.henge.client.Stored;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A document that many others follow is renamed, on real nodes, while much goes wrong. */
@Timeout(300)
class RenameUnderLoadTest {
  private static final Logger LOG = LoggerFactory.getLogger(RenameUnderLoadTest.class);
  private static final Duration BOUND = Duration.ofSeconds(5);

  /**
   * What a shard is without a leader when one is killed, on a machine that has time for elections;
   * one that has not may add what it takes longer.
   */
  private static final Duration TAKEOVER = Duration.ofMillis(1_500);

  private static final int ROUTES = 3_000;

  @TempDir private Path directory;

  @Test
  void shouldRenameUnderLoadThoughALeaderDiesAndAShardIsCut() throws Exception {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 3, 4, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      Flights.create(
          client,
          Copy.from("airlines")
              .fields("name")
              .into("routes", "airline")
              .on("id")
              .followWithin(BOUND));
      // So that it is not over before anything goes wrong.
      client.operations().set("copy-rate-max", "1500");
      DocumentCollection<JsonObject> airlines = client.documents("airlines");
      for (int i = 0; i < 3; i++) {
        airlines.insert(Json.parseObject("{\"id\":\"a" + i + "\",\"name\":\"before " + i + "\"}"));
      }
      DocumentCollection<JsonObject> routes = client.documents("routes");
      List<CompletableFuture<?>> inserts = new ArrayList<>();
      for (int i = 0; i < ROUTES; i++) {
        inserts.add(
            routes
                .async()
                .insert(Flights.route("X" + i % 500, "r" + i, "a0"), DocumentOptions.DEFAULT)
                .toCompletableFuture());
        if (inserts.size() == 200) {
          CompletableFuture.allOf(inserts.toArray(CompletableFuture<?>[]::new))
              .get(120, TimeUnit.SECONDS);
          inserts.clear();
        }
      }
      Map<String, Integer> written = new ConcurrentHashMap<>(Map.of("a0", ROUTES));
      try (Load load = new Load(client, written)) {
        load.awaitMore(50);
        byte[] source = PhysicalKey.of(Key.of("a0"), airlineCollection(client), Key.EMPTY);
        long shard = shardOf(cluster, source);
        HengeNode leader = cluster.leaderOf(shard);
        long began = System.nanoTime();
        airlines.patch(Key.of("a0"), Key.EMPTY, Patches.set("name", "after"));
        awaitSome(routes);
        cluster.forget(leader);
        CompletableFuture<Void> dead = CompletableFuture.runAsync(leader::kill);
        Duration leaderless = untilLed(cluster, shard, leader);
        OperationRecord split = cluster.split(other(cluster, shard));
        awaitAll(routes, load, began, leaderless);
        dead.get(120, TimeUnit.SECONDS);
        cluster.restart(leader);
        cluster.await(split, OperationState.OPERATION_STATE_DONE);
        load.awaitMore(50);
        airlines.patch(Key.of("a0"), Key.EMPTY, Patches.set("name", "at last"));
        airlines.patch(Key.of("a1"), Key.EMPTY, Patches.set("name", "one"));
      }
      Map.of("a0", "at last", "a1", "one", "a2", "before 2")
          .forEach(
              (airline, name) -> awaitAll(routes, airline, name, written.getOrDefault(airline, 0)));
      cluster.requireEqualReplicas();
      assertThat(cluster.nodes().stream().map(node -> Scrape.of(node.httpAddress())))
          .as("lag is measured")
          .anyMatch(text -> text.contains("henge_copy_lag_seconds_count{rule="));
    }
  }

  private static int airlineCollection(HengeClient client) {
    return client.admin().collections().stream()
        .filter(collection -> collection.name().equals("airlines"))
        .findFirst()
        .orElseThrow()
        .id();
  }

  private static long shardOf(ReshapeCluster cluster, byte[] key) {
    return Objects.requireNonNull(cluster.control().view().map().shardFor(key)).id();
  }

  private static long other(ReshapeCluster cluster, long shard) {
    return cluster.rows().stream()
        .filter(row -> !row.getRemoved())
        .mapToLong(ShardRow::getShardId)
        .filter(id -> id != shard)
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, Integer> names(DocumentCollection<JsonObject> routes, String airline) {
    Map<String, Integer> names = new HashMap<>();
    Iterator<Stored<JsonObject>> all =
        routes.findOnAllShards(FindOptions.ALL, ReadOptions.LINEARIZABLE);
    while (all.hasNext()) {
      JsonObject copy = (JsonObject) Objects.requireNonNull(all.next().document().get("airline"));
      if (new JsonText(airline).equals(copy.get("id"))) {
        names.merge(String.valueOf(copy.get("name")), 1, Integer::sum);
      }
    }
    return names;
  }

  private static void awaitSome(DocumentCollection<JsonObject> routes) {
    await()
        .atMost(60, TimeUnit.SECONDS)
        .pollInterval(10, TimeUnit.MILLISECONDS)
        .until(() -> names(routes, "a0").containsKey("\"after\""));
    LOG.info("names when the leader is killed: {}", names(routes, "a0"));
  }

  private static Duration untilLed(ReshapeCluster cluster, long shard, HengeNode killed) {
    long began = System.nanoTime();
    HengeNode next = cluster.leaderOf(shard);
    Duration leaderless = Duration.ofNanos(System.nanoTime() - began);
    LOG.info(
        "killed {}, which led the airline's shard; {} leads it {} ms later",
        killed.name(),
        next.name(),
        leaderless.toMillis());
    return leaderless;
  }

  private static void awaitAll(
      DocumentCollection<JsonObject> routes, Load load, long began, Duration leaderless) {
    await()
        .atMost(120, TimeUnit.SECONDS)
        .pollInterval(50, TimeUnit.MILLISECONDS)
        .untilAsserted(() -> assertThat(names(routes, "a0")).containsOnlyKeys("\"after\""));
    Duration lag = Duration.ofNanos(System.nanoTime() - began);
    LOG.info(
        "{} routes and {} of the load have the new name {} ms after it; declared: {} ms",
        ROUTES,
        load.written,
        lag.toMillis(),
        BOUND.toMillis());
    Duration slow = leaderless.minus(TAKEOVER);
    assertThat(lag).isLessThan(slow.isNegative() ? BOUND : BOUND.plus(slow));
    assertThat(names(routes, "a0").get("\"after\"")).isGreaterThanOrEqualTo(ROUTES);
  }

  private static void awaitAll(
      DocumentCollection<JsonObject> routes, String airline, String name, int count) {
    await()
        .atMost(60, TimeUnit.SECONDS)
        .untilAsserted(
            () -> assertThat(names(routes, airline)).isEqualTo(Map.of("\"" + name + "\"", count)));
  }

  /** Writers of routes; they count how many each airline has. */
  private static final class Load implements AutoCloseable {
    private final DocumentCollection<JsonObject> routes;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicInteger written = new AtomicInteger();
    private final Map<String, Integer> routesOf;
    private final ExecutorService threads = Executors.newFixedThreadPool(3);
    private final List<CompletableFuture<Void>> writers = new ArrayList<>();

    Load(HengeClient client, Map<String, Integer> routesOf) {
      this.routesOf = routesOf;
      this.routes = client.documents("routes");
      for (int i = 0; i < 3; i++) {
        int writer = i;
        writers.add(CompletableFuture.runAsync(() -> write(writer), threads));
      }
    }

    private void write(int writer) {
      for (int i = 0; !ended.get(); i++) {
        String airline = "a" + i % 3;
        String id = "w" + writer + "-" + i;
        routes.upsert(Flights.route("X" + i % 500, id, airline));
        routesOf.merge(airline, 1, Integer::sum);
        written.incrementAndGet();
      }
    }

    void awaitMore(int count) {
      int before = written.get();
      await().atMost(120, TimeUnit.SECONDS).until(() -> written.get() >= before + count);
    }

    @Override
    public void close() throws Exception {
      ended.set(true);
      for (CompletableFuture<Void> writer : writers) {
        writer.get(120, TimeUnit.SECONDS);
      }
      threads.shutdown();
    }
  }
}
