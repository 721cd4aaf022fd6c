package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.FeatureLevel;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.client.Admin;
import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.DocumentCollection;
import io.henge.client.HengeClient;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.engine.WriteRows;
import io.henge.server.node.LocalShard;
import io.henge.server.node.ReshapeStep;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Copies on three nodes whose stores a test changes below everything that would keep differences
 * away: in the rows of all replicas, without a log.
 */
@Timeout(300)
class CopyRepairTest {
  private static final int SHARDS = 4;
  private static final int ORDERS = 24;
  private static final byte[] NONE = {};

  @TempDir private Path directory;

  private static JsonObject json(String text) {
    return Json.parseObject(text);
  }

  private static void fill(HengeClient client) {
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
                        .followWithin(Duration.ofSeconds(20)))
                .withCopy(
                    Copy.from("products")
                        .fields("maker")
                        .into("orders", "items[]")
                        .on("product")
                        .atWrite()));
    client
        .documents("products")
        .insert(json("{\"id\":\"pear\",\"name\":\"Pear\",\"maker\":\"Acme\"}"));
    for (int user = 0; user < ORDERS; user++) {
      client
          .documents("orders")
          .insert(json("{\"user\":" + user + ",\"order\":1,\"items\":[{\"product\":\"pear\"}]}"));
    }
  }

  /** Stores of all replicas of all shards. */
  private static List<ShardStore> stores(ReshapeCluster cluster) {
    List<ShardStore> stores = new ArrayList<>();
    for (HengeNode node : cluster.nodes()) {
      for (long shard = 1; shard <= SHARDS; shard++) {
        LocalShard replica = node.core().localShards().find(shard);
        stores.add(Objects.requireNonNull(replica, "every node has every shard").store());
      }
    }
    return stores;
  }

  /** Changes a text in the stored document of one user, wherever there is a replica of it. */
  private static void plant(ReshapeCluster cluster, int user, String text, String wrong) {
    byte[] family = PhysicalKey.itemCollection(Key.of(user));
    for (ShardStore store : stores(cluster)) {
      change(store, KeySpace.DATA, family, text, wrong);
    }
  }

  private static void change(
      ShardStore store, KeySpace space, byte[] prefix, String text, String wrong) {
    byte[] search = text.getBytes(StandardCharsets.UTF_8);
    try (ReadView view = store.snapshot();
        RowCursor cursor = view.scan(space, prefix, PhysicalKey.endOfPrefix(prefix), false);
        WriteRows rows = store.batch()) {
      while (cursor.next()) {
        byte[] value = cursor.value().clone();
        for (int i = 0; i + search.length <= value.length; i++) {
          if (Arrays.equals(value, i, i + search.length, search, 0, search.length)) {
            System.arraycopy(wrong.getBytes(StandardCharsets.UTF_8), 0, value, i, search.length);
            rows.put(space, cursor.key(), value);
          }
        }
      }
      store.write(rows);
    }
  }

  /** Nothing at any source knows of its copies any more. */
  private static void forgetWatches(ReshapeCluster cluster) {
    for (ShardStore store : stores(cluster)) {
      try (ReadView view = store.snapshot();
          RowCursor cursor = view.scan(KeySpace.WATCHES, NONE, NONE, false);
          WriteRows rows = store.batch()) {
        while (cursor.next()) {
          rows.delete(KeySpace.WATCHES, cursor.key());
        }
        store.write(rows);
      }
    }
  }

  private static String item(DocumentCollection<JsonObject> orders, int user) {
    return String.valueOf(
        orders.get(Key.of(user), Key.of(1)).orElseThrow().document().get("items"));
  }

  private static Admin.Verification verify(HengeClient client, boolean repair) {
    return client.admin().verify("", repair, share -> {});
  }

  private static List<String> kinds(Admin.Verification found) {
    return found.first().stream().map(Admin.Difference::kind).distinct().sorted().toList();
  }

  private static final String RIGHT =
      "[{\"product\":\"pear\",\"name\":\"Pear\",\"maker\":\"Acme\"}]";

  @Test
  void shouldFindAndMendCopiesThatAreWrongOnAllReplicas() {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 3, SHARDS, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      fill(client);
      DocumentCollection<JsonObject> orders = client.documents("orders");
      Admin.Verification clean = verify(client, false);
      assertThat(clean.first()).isEmpty();
      assertThat(clean.copies()).as("one followed, one snapshot each").isEqualTo(2L * ORDERS);
      assertThat(clean.unasked()).isZero();

      // The same goes on in the background: whoever is first finds it.
      await()
          .atMost(60, TimeUnit.SECONDS)
          .untilAsserted(
              () -> {
                plant(cluster, 3, "Pear", "Bear");
                plant(cluster, 5, "Acme", "Bcme");
                forgetWatches(cluster);
                assertThat(kinds(verify(client, false)))
                    .contains("field wrong", "source unwatched");
              });
      plant(cluster, 3, "Pear", "Bear");
      plant(cluster, 5, "Acme", "Bcme");
      forgetWatches(cluster);
      verify(client, true);
      assertThat(verify(client, false).first()).isEmpty();
      for (int user = 0; user < ORDERS; user++) {
        assertThat(item(orders, user)).isEqualTo(RIGHT);
      }
      changeArrives(client, orders);
    }
  }

  /** What was registered again is told of changes. */
  private static void changeArrives(HengeClient client, DocumentCollection<JsonObject> orders) {
    client.documents("products").patch(Key.of("pear"), Key.EMPTY, Patches.set("name", "Birne"));
    for (int user = 0; user < ORDERS; user++) {
      int each = user;
      await()
          .atMost(60, TimeUnit.SECONDS)
          .untilAsserted(() -> assertThat(item(orders, each)).contains("\"name\":\"Birne\""));
    }
    assertThat(verify(client, false).first()).isEmpty();
  }

  @Test
  void shouldFindNothingWhileCopiesChangeAndAShardIsSplit() {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 3, 2, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      fill(client);
      DocumentCollection<JsonObject> orders = client.documents("orders");
      AtomicBoolean ended = new AtomicBoolean();
      AtomicInteger renamed = new AtomicInteger();
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(
              () -> {
                while (!ended.get()) {
                  int name = renamed.incrementAndGet();
                  client
                      .documents("products")
                      .patch(Key.of("pear"), Key.EMPTY, Patches.set("name", "Pear " + name));
                  orders.upsert(
                      json(
                          "{\"user\":"
                              + name % ORDERS
                              + ",\"order\":"
                              + name
                              + ",\"items\":[{\"product\":\"pear\"}]}"));
                  orders.delete(Key.of(name % 7), Key.of(name - 20));
                }
              });
      OperationRecord split = cluster.split(1);
      long compared = 0;
      while (!writer.isDone() && (renamed.get() < 200 || compared < 10 * ORDERS)) {
        Admin.Verification found = verify(client, false);
        assertThat(found.first()).isEmpty();
        compared += found.copies();
      }
      cluster.await(split, OperationState.OPERATION_STATE_DONE);
      assertThat(verify(client, false).first()).as("after the split").isEmpty();
      ended.set(true);
      writer.join();
      assertThat(verify(client, false).first()).isEmpty();
    }
  }

  @Test
  void shouldMendInTheBackground() {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 3, SHARDS, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      fill(client);
      DocumentCollection<JsonObject> orders = client.documents("orders");
      plant(cluster, 7, "Pear", "Bear");
      plant(cluster, 7, "Acme", "Bcme");
      assertThat(item(orders, 7)).as("it reads what is stored").isNotEqualTo(RIGHT);
      await()
          .atMost(120, TimeUnit.SECONDS)
          .untilAsserted(() -> assertThat(item(orders, 7)).isEqualTo(RIGHT));
    }
  }
}
