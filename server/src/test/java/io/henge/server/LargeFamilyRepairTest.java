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
import io.henge.client.DocumentOptions;
import io.henge.client.HengeClient;
import io.henge.client.Index;
import io.henge.document.value.Json;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.engine.WriteRows;
import io.henge.server.node.LocalShard;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A user with thousands of orders on three nodes, whose stores a test changes below everything that
 * would keep differences away.
 */
@Timeout(300)
class LargeFamilyRepairTest {
  private static final int ORDERS = 4_000;
  private static final int OTHERS = 60;

  @TempDir private Path directory;

  private static JsonObject json(String text) {
    return Json.parseObject(text);
  }

  private static void load(HengeClient client) {
    Admin admin = client.admin();
    admin.createCollection("users", CollectionOptions.documentsShardedBy("user").withId("user"));
    admin.createCollection("orders", CollectionOptions.documentsShardedBy("user").withId("order"));
    admin.createIndex("orders", Index.named("by_total").ascending("total"));
    admin.createCopy(Copy.count("orders").into("users", "count"));
    admin.createCopy(Copy.sum("orders", "total").into("users", "spent"));
    admin.createCopy(Copy.from("orders").fields("order").into("users", "recent").last(5, "order"));
    await()
        .atMost(60, TimeUnit.SECONDS)
        .until(
            () ->
                admin.indexes().stream().allMatch(index -> index.ready() == 1)
                    && admin.copies().stream().allMatch(copy -> copy.ready() == 1));
    List<CompletableFuture<?>> written = new ArrayList<>();
    for (int user = 0; user <= OTHERS; user++) {
      written.add(
          client
              .documents("users")
              .async()
              .insert(json("{\"user\":" + user + "}"), DocumentOptions.DEFAULT));
    }
    for (int order = 0; order < ORDERS; order++) {
      written.add(insert(client.documents("orders"), order));
    }
    written.forEach(CompletableFuture::join);
  }

  private static CompletableFuture<?> insert(DocumentCollection<JsonObject> orders, int order) {
    String document = "{\"user\":0,\"order\":" + order + ",\"total\":" + order % 100 + "}";
    return orders.async().insert(json(document), DocumentOptions.DEFAULT);
  }

  /**
   * Changes rows of all replicas of the user's: rows of the index go, totals say something else.
   */
  private static void plant(ReshapeCluster cluster) {
    byte[] family = PhysicalKey.itemCollection(Key.of(0));
    for (ShardStore store : stores(cluster)) {
      int seen = 0;
      try (ReadView view = store.snapshot();
          RowCursor cursor =
              view.scan(KeySpace.INDEX, family, PhysicalKey.endOfPrefix(family), false);
          WriteRows rows = store.batch()) {
        while (cursor.next()) {
          if (cursor.value().length > 0) {
            // Format, repairs, a count of 1, a sum of 0.
            rows.put(KeySpace.INDEX, cursor.key(), new byte[] {1, 0, 2, 0, 1, 0});
          } else if (seen++ % 101 == 0) {
            rows.delete(KeySpace.INDEX, cursor.key());
          }
        }
        store.write(rows);
      }
    }
  }

  /** Stores of all replicas of both shards. */
  private static List<ShardStore> stores(ReshapeCluster cluster) {
    List<ShardStore> stores = new ArrayList<>();
    for (HengeNode node : cluster.nodes()) {
      for (long shard = 1; shard <= 2; shard++) {
        LocalShard replica = node.core().localShards().find(shard);
        stores.add(Objects.requireNonNull(replica, "every node has both").store());
      }
    }
    return stores;
  }

  private static Admin.Verification verify(HengeClient client, boolean repair) {
    return client.admin().verify("", repair, share -> {});
  }

  private static List<String> kinds(Admin.Verification found) {
    return found.counts().stream().map(Admin.DifferenceCount::kind).distinct().sorted().toList();
  }

  @Test
  void shouldMendALargeFamilyWhileItIsWrittenAndItsShardMerged() throws Exception {
    try (ReshapeCluster cluster =
            new ReshapeCluster(directory, 3, 2, ReshapeStep.Hook.NONE, FeatureLevel.CHANGES);
        HengeClient client = cluster.connect()) {
      // Nobody else is to find it.
      client.operations().set("verify-documents-per-second", "0");
      load(client);
      Admin.Verification clean = verify(client, false);
      assertThat(clean.differences()).as("%s", clean.first()).isZero();
      assertThat(clean.skipped()).isZero();
      assertThat(clean.documents()).isEqualTo(ORDERS + OTHERS + 1);
      cluster.requireEqualReplicas();
      plant(cluster);
      assertThat(kinds(verify(client, false))).contains("row missing", "row wrong");
      AtomicBoolean over = new AtomicBoolean();
      CompletableFuture<Integer> writer =
          CompletableFuture.supplyAsync(
              () -> {
                int order = ORDERS;
                while (!over.get()) {
                  insert(client.documents("orders"), order++).join();
                }
                return order;
              });
      OperationRecord merge = cluster.merge(1);
      Admin.Verification mended = verify(client, true);
      assertThat(mended.mended()).isPositive();
      cluster.await(merge, OperationState.OPERATION_STATE_DONE);
      over.set(true);
      int orders = writer.get(60, TimeUnit.SECONDS);
      assertThat(orders).isGreaterThan(ORDERS);
      Admin.Verification after = verify(client, false);
      assertThat(after.differences()).as("%s", after.first()).isZero();
      JsonObject user =
          client.documents("users").get(Key.of(0), Key.EMPTY).orElseThrow().document();
      assertThat(user.get("count")).isEqualTo(JsonNumber.of(orders));
      assertThat(String.valueOf(user.get("recent"))).contains("\"order\":" + (orders - 1));
      cluster.requireEqualReplicas();
    }
  }
}
