package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.FeatureLevel;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.client.CollectionOptions;
import io.henge.client.CopiesStatus;
import io.henge.client.Copy;
import io.henge.client.CopyInfo;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.FamilyItem;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.ReadOptions;
import io.henge.client.Stored;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import io.henge.server.node.ReshapeStep;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
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
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies of documents on other shards, on real nodes. */
@Timeout(300)
class FollowTest {
  private static final Logger LOG = LoggerFactory.getLogger(FollowTest.class);
  private static final Duration BOUND = Duration.ofSeconds(5);

  /**
   * What a shard is without a leader when one is killed, on a machine that has time for elections;
   * one that has not may add what it takes longer.
   */
  private static final Duration TAKEOVER = Duration.ofMillis(1_500);

  private static final int ROUTES = 3_000;

  @TempDir private Path directory;

  private static JsonObject json(String text) {
    return Json.parseObject(text);
  }

  private static JsonValue item(JsonObject order, int index, String member) {
    JsonArray items = (JsonArray) Objects.requireNonNull(order.get("items"));
    JsonValue value = ((JsonObject) items.get(index)).get(member);
    return value == null ? JsonNull.NULL : value;
  }

  private static void awaitName(DocumentCollection<JsonObject> orders, int order, JsonValue name) {
    await()
        .atMost(60, TimeUnit.SECONDS)
        .pollInterval(10, TimeUnit.MILLISECONDS)
        .untilAsserted(
            () ->
                assertThat(
                        item(
                            orders.get(Key.of(order), Key.of(1)).orElseThrow().document(),
                            0,
                            "name"))
                    .isEqualTo(name));
  }

  @Test
  void shouldFillInWhatIsOnOtherShardsAndFollowIt() {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 1, 4, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      client
          .admin()
          .createCollection("products", CollectionOptions.documentsShardedBy("id").withId("id"));
      client
          .admin()
          .createCollection(
              "orders",
              CollectionOptions.documentsShardedBy("user")
                  .withId("order")
                  .withCopy(
                      Copy.from("products")
                          .fields("name")
                          .into("orders", "items[]")
                          .on("product")
                          .followWithin(BOUND)
                          .nullWhenDeleted())
                  .withCopy(
                      Copy.from("products")
                          .field("price", "paid")
                          .into("orders", "items[]")
                          .on("product")
                          .atWrite()));
      DocumentCollection<JsonObject> products = client.documents("products");
      DocumentCollection<JsonObject> orders = client.documents("orders");
      products.insert(json("{\"id\":\"pear\",\"name\":\"Pear\",\"price\":1.50}"));
      for (int user = 0; user < 20; user++) {
        orders.insert(
            json(
                "{\"user\":"
                    + user
                    + ",\"order\":1,\"items\":[{\"product\":\"pear\",\"name\":\"mine\"},"
                    + "{\"product\":\"none\"}]}"));
        JsonObject stored = orders.get(Key.of(user), Key.of(1)).orElseThrow().document();
        assertThat(stored.get("items"))
            .as("in the entry of the insert")
            .hasToString(
                "[{\"product\":\"pear\",\"name\":\"Pear\",\"paid\":1.50},"
                    + "{\"product\":\"none\",\"name\":null}]");
      }
      products.patch(Key.of("pear"), Key.EMPTY, Patches.set("name", "Birne").set("price", 9));
      for (int user = 0; user < 20; user++) {
        awaitName(orders, user, new JsonText("Birne"));
        JsonObject stored = orders.get(Key.of(user), Key.of(1)).orElseThrow().document();
        assertThat(item(stored, 0, "paid")).hasToString("1.50");
      }
      products.delete(Key.of("pear"), Key.EMPTY);
      awaitName(orders, 7, JsonNull.NULL);
      products.insert(json("{\"id\":\"pear\",\"name\":\"Poire\",\"price\":2}"));
      for (int user = 0; user < 20; user++) {
        awaitName(orders, user, new JsonText("Poire"));
      }
    }
  }

  @Test
  void shouldBeginToFollowForDocumentsThatWereThere() {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 1, 3, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      client
          .admin()
          .createCollection("products", CollectionOptions.documentsShardedBy("id").withId("id"));
      client
          .admin()
          .createCollection("orders", CollectionOptions.documentsShardedBy("user").withId("order"));
      DocumentCollection<JsonObject> products = client.documents("products");
      DocumentCollection<JsonObject> orders = client.documents("orders");
      products.insert(json("{\"id\":\"pear\",\"name\":\"Pear\"}"));
      for (int user = 0; user < 20; user++) {
        orders.insert(
            json("{\"user\":" + user + ",\"order\":1,\"items\":[{\"product\":\"pear\"}]}"));
      }
      int copy =
          client
              .admin()
              .createCopy(
                  Copy.parse(
                      "copy products(name) into orders.items[] on product follow within 5s"));
      for (int user = 0; user < 20; user++) {
        awaitName(orders, user, new JsonText("Pear"));
      }
      client.admin().dropCopy(copy, false);
      for (int user = 0; user < 20; user++) {
        awaitName(orders, user, JsonNull.NULL);
      }
    }
  }

  @Test
  void shouldTellHowCopiesKeepUp() {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 2, 4, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      client
          .admin()
          .createCollection("airlines", CollectionOptions.documentsShardedBy("id").withId("id"));
      client
          .admin()
          .createCollection("routes", CollectionOptions.documentsShardedBy("from").withId("id"));
      int copy =
          client
              .admin()
              .createCopy(
                  Copy.parse("copy airlines(name) into routes.airline on id follow within 5s"));
      client.admin().createCopy(Copy.parse("copy airlines.routes = count(routes)"));
      DocumentCollection<JsonObject> airlines = client.documents("airlines");
      DocumentCollection<JsonObject> routes = client.documents("routes");
      airlines.insert(json("{\"id\":\"a0\",\"name\":\"before\"}"));
      for (int i = 0; i < 300; i++) {
        routes.insert(route("X" + i, "r" + i, "a0"));
      }
      CopiesStatus.Figures calm = awaitStatus(client, copy, one -> one.outboxRows() == 0);
      assertThat(calm.holders()).isEqualTo(300);
      assertThat(calm.moreHolders()).isFalse();
      assertThat(calm.bound()).isEqualTo(Duration.ofSeconds(5));
      assertThat(calm.lag()).isZero();
      assertThat(calm.fanoutRows()).isZero();
      assertThat(calm.oldest()).isEmpty();
      assertThat(calm.shards()).hasSize(4);
      assertThat(calm.shards().stream().mapToLong(CopiesStatus.Shard::holders).sum())
          .isEqualTo(300);

      // What has been changed is paid for afterwards: the change after the first slow one waits.
      client.operations().set("copy-rate-max", "10");
      AtomicInteger name = new AtomicInteger();
      await()
          .atMost(60, TimeUnit.SECONDS)
          .until(
              () -> {
                String next = "after " + name.incrementAndGet();
                airlines.patch(Key.of("a0"), Key.EMPTY, Patches.set("name", next));
                CopiesStatus.Figures now = awaitStatus(client, copy, one -> true);
                return now.fanoutRows() == 1 && now.lag().toMillis() > 500;
              });
      CopiesStatus.Figures busy = awaitStatus(client, copy, one -> one.holdersChanged() > 0);
      assertThat(busy.lag()).isPositive();
      assertThat(busy.worstLag()).isGreaterThanOrEqualTo(busy.lag());
      assertThat(busy.oldest())
          .contains(new CopiesStatus.Source("airlines", Key.of("a0"), Key.EMPTY));
      awaitMetric(cluster, "henge_fanout_rows\\{shard=\"\\d+\"} 1\\.0");
      awaitMetric(cluster, "henge_copy_waiting_seconds\\{rule=\"" + copy + "\"} [1-9]");
      awaitMetric(cluster, "henge_copy_bound_seconds\\{rule=\"" + copy + "\"} 5\\.0");

      CopiesStatus all = client.admin().copiesStatus("");
      assertThat(all.silentNodes()).isEmpty();
      assertThat(all.silentShards()).isEmpty();
      assertThat(all.copies()).hasSize(2);
      assertThat(all.copies().get(0).follows()).as("totals are always right").isFalse();
      HengeNode gone = cluster.nodes().get(1);
      cluster.forget(gone);
      gone.kill();
      assertThat(client.admin().copiesStatus("").silentNodes()).containsExactly(gone.name());
    }
  }

  @Test
  void shouldTellReadersWhatCopiesShow() {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 3, 4, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      client
          .admin()
          .createCollection("airlines", CollectionOptions.documentsShardedBy("id").withId("id"));
      client
          .admin()
          .createCollection("routes", CollectionOptions.documentsShardedBy("from").withId("id"));
      int follow =
          client
              .admin()
              .createCopy(
                  Copy.parse("copy airlines(name) into routes.airline on id follow within 5s"));
      int snapshot =
          client
              .admin()
              .createCopy(Copy.parse("copy airlines(alias as old) into routes on code at write"));
      DocumentCollection<JsonObject> airlines = client.documents("airlines");
      DocumentCollection<JsonObject> routes = client.documents("routes");
      airlines.insert(json("{\"id\":\"a0\",\"name\":\"before\",\"alias\":\"x\"}"));
      JsonObject route = route("X1", "r1", "a0").with("code", new JsonText("a0"));
      routes.insert(route);
      routes.insert(route("X1", "r2", "none"));
      Key family = Key.of("X1");
      ReadOptions told = ReadOptions.LINEARIZABLE.withCopyInfo();
      assertThat(routes.get(family, Key.of("r1")).orElseThrow().copies()).isEmpty();

      Instant began = Instant.ofEpochMilli(cluster.control().clockMillis());
      long version = airlines.patch(Key.of("a0"), Key.EMPTY, Patches.set("name", "now")).version();
      CopyInfo info =
          await()
              .atMost(60, TimeUnit.SECONDS)
              .until(
                  () -> followed(routes.get(family, Key.of("r1"), told).orElseThrow().copies()),
                  one -> one.completeUntil().filter(began::isBefore).isPresent());
      assertThat(info.id()).isEqualTo(follow);
      assertThat(info.target()).isEqualTo("airline");
      assertThat(info.fields()).containsExactly("name");
      assertThat(info.source())
          .isEqualTo(new CopiesStatus.Source("airlines", Key.of("a0"), Key.EMPTY));
      assertThat(info.registered()).isTrue();
      assertThat(info.version()).as("what is complete has it").isEqualTo(version);
      assertThat(info.written()).contains(Instant.ofEpochMilli(version >>> 16));
      assertThat(info.bound()).isEqualTo(BOUND);

      Stored<JsonObject> found =
          routes
              .find(family, FindOptions.ALL.where("id = \"r1\"").fields("airline.name"), told)
              .next();
      assertThat(found.document()).hasToString("{\"airline\":{\"name\":\"now\"}}");
      assertThat(followed(found.copies()).version()).isEqualTo(version);
      CopyInfo taken =
          found.copies().stream().filter(one -> !one.follows()).findFirst().orElseThrow();
      assertThat(taken.id()).isEqualTo(snapshot);
      assertThat(taken.version()).isZero();
      assertThat(taken.completeUntil()).isEmpty();

      CopyInfo none = followed(routes.get(family, Key.of("r2"), told).orElseThrow().copies());
      assertThat(none.source().shardingKey()).isEqualTo(Key.of("none"));
      Iterator<FamilyItem> all = client.family(family, told);
      assertThat(followed(all.next().item().copies()).version()).isEqualTo(version);
      assertThat(routes.findOnAllShards(FindOptions.ALL, told).next().copies()).isNotEmpty();
      assertThat(routes.find(family, FindOptions.ALL.descending("id"), told).next().copies())
          .as("of r2, sorted")
          .extracting(one -> one.source().shardingKey())
          .containsExactly(Key.of("none"));
    }
  }

  private static CopyInfo followed(List<CopyInfo> copies) {
    return copies.stream().filter(CopyInfo::follows).findFirst().orElseThrow();
  }

  private static CopiesStatus.Figures awaitStatus(
      HengeClient client, int copy, Predicate<CopiesStatus.Figures> wanted) {
    return await()
        .atMost(60, TimeUnit.SECONDS)
        .until(
            () ->
                client.admin().copiesStatus("routes").copies().stream()
                    .filter(one -> one.status().id() == copy)
                    .findFirst()
                    .orElseThrow(),
            wanted);
  }

  private static void awaitMetric(ReshapeCluster cluster, String pattern) {
    Pattern line = Pattern.compile("^" + pattern, Pattern.MULTILINE);
    await()
        .atMost(60, TimeUnit.SECONDS)
        .until(() -> cluster.nodes().stream().anyMatch(node -> line.matcher(metrics(node)).find()));
  }

  /** Writers of routes, and what they know to be there. */
  private static final class Load implements AutoCloseable {
    private final DocumentCollection<JsonObject> routes;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicInteger written = new AtomicInteger();
    private final Map<String, String> airlines = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newFixedThreadPool(3);
    private final List<CompletableFuture<Void>> writers = new ArrayList<>();

    Load(HengeClient client) {
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
        routes.upsert(route("X" + i % 500, id, airline));
        airlines.put(id, airline);
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

  private static JsonObject route(String airport, String id, String airline) {
    return json(
        "{\"from\":\""
            + airport
            + "\",\"id\":\""
            + id
            + "\",\"airline\":{\"id\":\""
            + airline
            + "\"}}");
  }

  @Test
  void shouldRenameUnderLoadThoughALeaderDiesAndAShardIsCut() throws Exception {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 3, 4, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      client
          .admin()
          .createCollection("airlines", CollectionOptions.documentsShardedBy("id").withId("id"));
      client
          .admin()
          .createCollection(
              "routes",
              CollectionOptions.documentsShardedBy("from")
                  .withId("id")
                  .withCopy(
                      Copy.from("airlines")
                          .fields("name")
                          .into("routes", "airline")
                          .on("id")
                          .followWithin(BOUND)));
      // So that it is not over before anything goes wrong.
      client.operations().set("copy-rate-max", "1500");
      DocumentCollection<JsonObject> airlines = client.documents("airlines");
      for (int i = 0; i < 3; i++) {
        airlines.insert(json("{\"id\":\"a" + i + "\",\"name\":\"before " + i + "\"}"));
      }
      DocumentCollection<JsonObject> routes = client.documents("routes");
      List<CompletableFuture<?>> inserts = new ArrayList<>();
      for (int i = 0; i < ROUTES; i++) {
        inserts.add(
            routes
                .async()
                .insert(route("X" + i % 500, "r" + i, "a0"), DocumentOptions.DEFAULT)
                .toCompletableFuture());
        if (inserts.size() == 200) {
          CompletableFuture.allOf(inserts.toArray(CompletableFuture<?>[]::new))
              .get(120, TimeUnit.SECONDS);
          inserts.clear();
        }
      }
      try (Load load = new Load(client)) {
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
      requireAll(routes, Map.of("a0", "at last", "a1", "one", "a2", "before 2"));
      cluster.requireEqualReplicas();
      assertThat(cluster.nodes().stream().map(FollowTest::metrics))
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

  private static void requireAll(DocumentCollection<JsonObject> routes, Map<String, String> names) {
    names.forEach(
        (airline, name) ->
            await()
                .atMost(60, TimeUnit.SECONDS)
                .untilAsserted(
                    () -> assertThat(names(routes, airline)).containsOnlyKeys("\"" + name + "\"")));
  }

  private static String metrics(HengeNode node) {
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(URI.create("http://" + node.httpAddress() + "/metrics"))
                  .build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    } catch (java.io.IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
