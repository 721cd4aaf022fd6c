package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.FeatureLevel;
import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.DocumentCollection;
import io.henge.client.HengeClient;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Copies of documents on other shards, on real nodes. */
@Timeout(300)
class FollowTest {
  private static final Duration BOUND = Duration.ofSeconds(5);

  @TempDir private Path directory;

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
      products.insert(Json.parseObject("{\"id\":\"pear\",\"name\":\"Pear\",\"price\":1.50}"));
      for (int user = 0; user < 20; user++) {
        orders.insert(
            Json.parseObject(
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
      products.insert(Json.parseObject("{\"id\":\"pear\",\"name\":\"Poire\",\"price\":2}"));
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
      products.insert(Json.parseObject("{\"id\":\"pear\",\"name\":\"Pear\"}"));
      for (int user = 0; user < 20; user++) {
        orders.insert(
            Json.parseObject(
                "{\"user\":" + user + ",\"order\":1,\"items\":[{\"product\":\"pear\"}]}"));
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
}
