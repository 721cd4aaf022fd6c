package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.FeatureLevel;
import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.HengeClient;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How many entries a write with copies of documents on other shards takes. */
@Timeout(120)
class ForeseenSourcesTest {
  private static final int PRODUCTS = 50;
  private static final int WRITES = 400;

  @TempDir private Path directory;

  private static JsonObject json(String text) {
    return Json.parseObject(text);
  }

  private static JsonObject order(String collection, int i) {
    return json(
        "{\"user\":"
            + i
            + ",\"order\":1,\"in\":\""
            + collection
            + "\",\"product\":"
            + i % PRODUCTS
            + "}");
  }

  private static void create(HengeClient client) {
    client
        .admin()
        .createCollection("products", CollectionOptions.documentsShardedBy("id").withId("id"));
    client
        .admin()
        .createCollection("bare", CollectionOptions.documentsShardedBy("user").withId("order"));
    client
        .admin()
        .createCollection(
            "filled",
            CollectionOptions.documentsShardedBy("user")
                .withId("order")
                .withCopy(
                    Copy.from("products").fields("price").into("filled").on("product").atWrite()));
    client
        .admin()
        .createCollection(
            "following",
            CollectionOptions.documentsShardedBy("user")
                .withId("order")
                .withCopy(
                    Copy.from("products")
                        .fields("price")
                        .into("following")
                        .on("product")
                        .followWithin(Duration.ofSeconds(20))));
    for (int i = 0; i < PRODUCTS; i++) {
      client.documents("products").insert(json("{\"id\":" + i + ",\"price\":" + 10 * i + "}"));
    }
  }

  /** Log entries that this many writes take, one after the other. */
  private static double entries(ReshapeCluster cluster, DocumentCollection<JsonObject> orders)
      throws Exception {
    double before = sum(cluster, "henge_shard_entries_total");
    for (int i = 0; i < WRITES; i++) {
      orders.insert(order(orders.name(), i));
    }
    return sum(cluster, "henge_shard_entries_total") - before;
  }

  @Test
  void shouldProposeAWriteOnceThatNeedsDocumentsOfOtherShards() throws Exception {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 1, 4, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      create(client);
      DocumentCollection<JsonObject> filled = client.documents("filled");
      // Whatever has to be done once is done.
      client.documents("bare").insert(order("bare", WRITES));
      filled.insert(order("filled", WRITES));
      double bare = entries(cluster, client.documents("bare"));
      double foreseen = sum(cluster, "henge_foreseen_sources_total");
      double with = entries(cluster, filled);
      assertThat(with)
          .as("entries of %s writes with a snapshot; without one: %s", WRITES, bare)
          .isGreaterThanOrEqualTo(WRITES)
          .isLessThan(1.25 * WRITES);
      assertThat(sum(cluster, "henge_foreseen_sources_total") - foreseen).isEqualTo(WRITES);
      for (int i = 0; i < WRITES; i++) {
        assertThat(filled.get(Key.of(i), Key.of(1)).orElseThrow().document().get("price"))
            .isEqualTo(JsonNumber.of(10L * (i % PRODUCTS)));
      }
      // An order of another product, and one that stays what it is.
      filled.patch(Key.of(0), Key.of(1), Patches.set("product", 7));
      assertThat(filled.get(Key.of(0), Key.of(1)).orElseThrow().document().get("price"))
          .isEqualTo(JsonNumber.of(70));
      assertThat(sum(cluster, "henge_foreseen_sources_total") - foreseen).isEqualTo(WRITES + 1);
      filled.patch(Key.of(0), Key.of(1), Patches.set("note", "wrap it"));
      filled.upsert(order("filled", 1));
      assertThat(sum(cluster, "henge_foreseen_sources_total") - foreseen).isEqualTo(WRITES + 1);
      assertThat(sum(cluster, "henge_missing_sources_total")).isZero();
    }
  }

  @Test
  void shouldAskForAFollowedDocumentOncePerShard() throws Exception {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 1, 4, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      create(client);
      DocumentCollection<JsonObject> following = client.documents("following");
      for (int i = 0; i < WRITES; i++) {
        following.insert(order("following", i));
        assertThat(following.get(Key.of(i), Key.of(1)).orElseThrow().document().get("price"))
            .as("in the entry of the insert")
            .isEqualTo(JsonNumber.of(10L * (i % PRODUCTS)));
      }
      assertThat(sum(cluster, "henge_missing_sources_total")).isZero();
      assertThat(sum(cluster, "henge_foreseen_sources_total"))
          .as("each shard gets to know each product once")
          .isBetween((double) PRODUCTS, 4.0 * PRODUCTS);
    }
  }

  @Test
  void shouldFindSourcesOfManyWritesAtOnce() throws Exception {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 3, 3, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      create(client);
      DocumentCollection<JsonObject> filled = client.documents("filled");
      List<CompletableFuture<?>> written = new ArrayList<>();
      for (int i = 0; i < WRITES; i++) {
        written.add(filled.async().insert(order("filled", i), DocumentOptions.DEFAULT));
      }
      written.forEach(CompletableFuture::join);
      for (int i = 0; i < WRITES; i++) {
        assertThat(filled.get(Key.of(i), Key.of(1)).orElseThrow().document().get("price"))
            .isEqualTo(JsonNumber.of(10L * (i % PRODUCTS)));
      }
      assertThat(sum(cluster, "henge_missing_sources_total")).isZero();
      assertThat(sum(cluster, "henge_foreseen_sources_total")).isEqualTo(WRITES);
    }
  }

  private static double sum(ReshapeCluster cluster, String metric) {
    double sum = 0;
    for (HengeNode node : cluster.nodes()) {
      sum +=
          Scrape.of(node.httpAddress())
              .lines()
              .filter(line -> line.startsWith(metric + " ") || line.startsWith(metric + "{"))
              .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
              .sum();
    }
    return sum;
  }
}
