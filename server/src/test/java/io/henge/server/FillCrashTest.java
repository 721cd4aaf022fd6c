package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.FeatureLevel;
import io.henge.api.key.Key;
import io.henge.client.Admin;
import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.HengeClient;
import io.henge.client.Index;
import io.henge.document.value.Json;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.replication.statemachine.DerivedState;
import io.henge.server.node.LocalShard;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that dies again and again while an index and copies are filled ends the fill. */
@Timeout(240)
class FillCrashTest {
  private static final int USERS = 200;
  private static final int ORDERS_EACH = 15;
  private static final int DEATHS_MAX = 6;

  @TempDir private Path directory;

  private static JsonObject json(String text) {
    return Json.parseObject(text);
  }

  private static void load(HengeClient client) {
    for (String name : List.of("users", "orders", "products")) {
      client
          .admin()
          .createCollection(
              name,
              CollectionOptions.documentsShardedBy(name.equals("products") ? "id" : "user")
                  .withId(name.equals("orders") ? "order" : name.equals("users") ? "user" : "id"));
    }
    List<CompletableFuture<?>> written = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      client.documents("products").insert(json("{\"id\":" + i + ",\"name\":\"p" + i + "\"}"));
    }
    for (int user = 0; user < USERS; user++) {
      written.add(insert(client.documents("users"), "{\"user\":" + user + "}"));
      for (int i = 0; i < ORDERS_EACH; i++) {
        written.add(
            insert(
                client.documents("orders"),
                "{\"user\":"
                    + user
                    + ",\"order\":"
                    + i
                    + ",\"total\":"
                    + 10 * i
                    + ",\"product\":"
                    + i % 10
                    + "}"));
      }
    }
    written.forEach(CompletableFuture::join);
  }

  private static CompletableFuture<?> insert(
      DocumentCollection<JsonObject> collection, String document) {
    return collection.async().insert(json(document), DocumentOptions.DEFAULT);
  }

  private static void declare(HengeClient client) {
    Admin admin = client.admin();
    admin.createIndex("orders", Index.named("by_total").ascending("total"));
    admin.createCopy(Copy.count("orders").into("users", "count"));
    admin.createCopy(Copy.sum("orders", "total").into("users", "spent"));
    admin.createCopy(Copy.from("orders").fields("order").into("users", "recent").last(5, "order"));
    admin.createCopy(
        Copy.from("products")
            .field("name", "product_name")
            .into("orders")
            .on("product")
            .followWithin(Duration.ofSeconds(60)));
  }

  private static boolean isDone(HengeClient client) {
    return client.admin().indexes().stream().allMatch(index -> index.ready() == 1)
        && client.admin().copies().stream().allMatch(copy -> copy.ready() == 1);
  }

  /** Where the fills of a node are; null if they have not begun, or are over. */
  private static @Nullable String position(HengeNode node) {
    LocalShard shard = node.core().localShards().find(1);
    DerivedState filling = shard == null ? null : shard.replica().state().derived().filling();
    return filling == null || (filling.position().length == 0 && filling.id() == 0)
        ? null
        : filling.id() + " " + HexFormat.of().formatHex(filling.position());
  }

  @Test
  void shouldEndFillsThoughTheProcessDiesAtOneStepAfterTheOther() {
    try (ReshapeCluster cluster =
        new ReshapeCluster(directory, 1, 1, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES)) {
      try (HengeClient client = cluster.connect()) {
        load(client);
        declare(client);
      }
      Set<String> deaths = new LinkedHashSet<>();
      HengeNode node = cluster.any();
      while (deaths.size() < DEATHS_MAX) {
        String at = furtherThan(node, deaths);
        if (at == null) {
          break;
        }
        deaths.add(at);
        node.kill();
        cluster.forget(node);
        node = cluster.restart(node);
        node.awaitReady(Duration.ofSeconds(60));
      }
      assertThat(deaths).as("else it was over before anything happened").hasSizeGreaterThan(2);
      try (HengeClient client = cluster.connect()) {
        await().atMost(60, TimeUnit.SECONDS).until(() -> isDone(client));
        check(client);
      }
    }
  }

  /** Waits until the fill is at a step at which the process has not died yet. */
  private static @Nullable String furtherThan(HengeNode node, Set<String> deaths) {
    String[] at = new String[1];
    await()
        .atMost(60, TimeUnit.SECONDS)
        .pollInterval(1, TimeUnit.MILLISECONDS)
        .until(
            () -> {
              at[0] = position(node);
              return at[0] == null ? isOver(node) : !deaths.contains(at[0]);
            });
    return at[0];
  }

  private static boolean isOver(HengeNode node) {
    LocalShard shard = node.core().localShards().find(1);
    return shard != null
        && shard.replica().state().derived().all().size() == 5
        && shard.replica().state().derived().ready().size() == 5;
  }

  private static void check(HengeClient client) {
    Admin.Verification found = client.admin().verify("", false, part -> {});
    assertThat(found.differences()).as("%s", found.first()).isZero();
    assertThat(found.documents()).isGreaterThanOrEqualTo(USERS * (1L + ORDERS_EACH));
    int spent = 10 * ORDERS_EACH * (ORDERS_EACH - 1) / 2;
    for (int user = 0; user < USERS; user++) {
      JsonObject stored =
          client.documents("users").get(Key.of(user), Key.EMPTY).orElseThrow().document();
      assertThat(stored.get("count")).isEqualTo(JsonNumber.of(ORDERS_EACH));
      assertThat(stored.get("spent")).isEqualTo(JsonNumber.of(spent));
      assertThat(Objects.requireNonNull(stored.get("recent")).toString())
          .contains(Arrays.asList("10", "11", "12", "13", "14"));
    }
    DocumentCollection<JsonObject> orders = client.documents("orders");
    await()
        .atMost(60, TimeUnit.SECONDS)
        .untilAsserted(
            () -> {
              for (int user = 0; user < USERS; user += 20) {
                JsonObject order =
                    orders.get(Key.of(user), Key.of(user % ORDERS_EACH)).orElseThrow().document();
                assertThat(order.get("product_name"))
                    .hasToString("\"p" + user % ORDERS_EACH % 10 + "\"");
              }
            });
  }
}
