package io.henge.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.Batch;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.HengeClient;
import io.henge.client.WriteOptions;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("cluster")
@Timeout(120)
@HengeCluster(nodes = 3, shards = 2)
final class DocumentCollectionTest {
  private static final Key ANN = Key.of(42);

  private static DocumentCollection<JsonObject> collection(
      HengeClient client, String name, String id) {
    client
        .admin()
        .createCollection(
            name, CollectionOptions.documentsShardedBy("user").withId(id).onlyIfAbsent());
    return client.documents(name);
  }

  private static JsonObject json(String text) {
    return Json.parseObject(text.replace('\'', '"'));
  }

  @Test
  void shouldWriteTheDocumentsOfAFamilyTogether(HengeClient client) {
    DocumentCollection<JsonObject> users = collection(client, "users", "user");
    DocumentCollection<JsonObject> orders = collection(client, "orders", "order");
    users.upsert(json("{'user': 42, 'orders': 0}"));
    Batch batch = Batch.on(ANN);
    orders.insertIn(batch, json("{'user': 42, 'order': 'o-1'}"));
    users.patchIn(batch, Key.EMPTY, Patches.inc("orders", 1));
    client.write(batch, WriteOptions.DEFAULT);
    Batch again = Batch.on(ANN);
    users.patchIn(again, Key.EMPTY, Patches.inc("orders", 1));
    orders.insertIn(again, json("{'user': 42, 'order': 'o-1'}"));
    expect(ErrorCode.CONDITION_FAILED, () -> client.write(again, WriteOptions.DEFAULT));
    assertThat(users.get(ANN).orElseThrow().document())
        .isEqualTo(json("{'user': 42, 'orders': 1}"));
    Batch undone = Batch.on(ANN);
    orders.deleteIn(undone, Key.of("o-1"));
    users.upsertIn(undone, json("{'user': 42, 'orders': 0}"));
    client.write(undone, WriteOptions.DEFAULT);
    assertThat(orders.get(ANN, Key.of("o-1"))).isEmpty();
    expect(
        ErrorCode.INVALID_ARGUMENT,
        () -> orders.insertIn(Batch.on(Key.of(43)), json("{'user': 42, 'order': 'o-1'}")));
  }

  @Test
  void shouldTakeEachPatchOnceWhateverWritesBesideIt(HengeClient client) {
    DocumentCollection<JsonObject> counts = collection(client, "counts", "user");
    counts.upsert(json("{'user': 42, 'total': 0}"));
    ExecutorService writers = Executors.newFixedThreadPool(8);
    try {
      List<CompletableFuture<Void>> running = new ArrayList<>();
      for (int writer = 0; writer < 8; writer++) {
        int own = writer;
        running.add(
            CompletableFuture.runAsync(
                () -> {
                  for (int i = 0; i < 50; i++) {
                    counts.patch(
                        ANN,
                        Key.EMPTY,
                        Patches.inc("total", new BigDecimal("0.01")).addToSet("by", "w" + own));
                  }
                },
                writers));
      }
      CompletableFuture.allOf(running.toArray(new CompletableFuture<?>[0])).join();
    } finally {
      writers.shutdownNow();
    }
    JsonObject sum = counts.get(ANN).orElseThrow().document();
    assertThat(String.valueOf(sum.get("total"))).isEqualTo("4.00");
    assertThat(Json.print(sum).split("\"w", -1)).hasSize(9);
  }

  private static void expect(ErrorCode code, ThrowingCallable call) {
    assertThatExceptionOfType(HengeException.class)
        .isThrownBy(call)
        .satisfies(failure -> assertThat(failure.code()).as(failure.getMessage()).isEqualTo(code));
  }
}
