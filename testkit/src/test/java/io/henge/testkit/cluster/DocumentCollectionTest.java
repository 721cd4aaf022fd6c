package io.henge.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.Batch;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.DocumentResult;
import io.henge.client.FindOptions;
import io.henge.client.FindPage;
import io.henge.client.HengeClient;
import io.henge.client.ReadOptions;
import io.henge.client.Returning;
import io.henge.client.Stored;
import io.henge.client.WriteOptions;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
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
  void shouldTakeConditionsAndGiveBackWhatWasAskedForInABatch(HengeClient client) {
    DocumentCollection<JsonObject> accounts = collection(client, "accounts", "account");
    accounts.upsert(json("{'user': 42, 'account': 'a', 'balance': 10}"));
    accounts.upsert(json("{'user': 42, 'account': 'b', 'balance': 0}"));
    DocumentOptions enough = DocumentOptions.DEFAULT.onlyIf("balance >= 7");
    Batch transfer = Batch.on(ANN);
    accounts.patchIn(
        transfer, Key.of("a"), Patches.inc("balance", -7), enough.returning(Returning.PREVIOUS));
    accounts.patchIn(
        transfer,
        Key.of("b"),
        Patches.inc("balance", 7),
        DocumentOptions.DEFAULT.returning(Returning.CURRENT));
    accounts.replaceIn(transfer, json("{'user': 42, 'account': 'b', 'balance': 8}"), enough);
    accounts.patchOrInsertIn(
        transfer,
        json("{'user': 42, 'account': 'log', 'n': 0}"),
        Patches.inc("n", 1),
        DocumentOptions.DEFAULT.returning(Returning.CURRENT));
    List<DocumentResult<JsonObject>> results =
        client.write(transfer, WriteOptions.DEFAULT).stream().map(accounts::resultOf).toList();
    assertThat(results)
        .extracting(result -> result.returned().map(Stored::document))
        .containsExactly(
            Optional.of(json("{'user': 42, 'account': 'a', 'balance': 10}")),
            Optional.of(json("{'user': 42, 'account': 'b', 'balance': 7}")),
            Optional.empty(),
            Optional.of(json("{'user': 42, 'account': 'log', 'n': 1}")));
    assertThat(results.get(3).existed()).isFalse();
    Batch again = Batch.on(ANN);
    accounts.deleteIn(again, Key.of("b"), DocumentOptions.DEFAULT.onlyIf("balance = 8"));
    accounts.patchIn(again, Key.of("a"), Patches.inc("balance", -7), enough);
    expect(ErrorCode.CONDITION_FAILED, () -> client.write(again, WriteOptions.DEFAULT));
    assertThat(accounts.get(ANN, Key.of("b")).orElseThrow().document())
        .isEqualTo(json("{'user': 42, 'account': 'b', 'balance': 8}"));
    expect(
        ErrorCode.INVALID_ARGUMENT,
        () -> accounts.deleteIn(again, Key.of("b"), enough.timeout(Duration.ofSeconds(1))));
    expect(
        ErrorCode.INVALID_ARGUMENT,
        () -> accounts.deleteIn(again, Key.of("b"), enough.ttl(Duration.ofSeconds(1))));
  }

  @Test
  void shouldGoOnBehindAPageOfAFind(HengeClient client) {
    DocumentCollection<JsonObject> pages = collection(client, "pages", "n");
    for (int n = 0; n < 25; n++) {
      pages.upsert(json("{'user': 42, 'n': " + n + ", 'third': " + n % 3 + "}"));
    }
    FindOptions keys = FindOptions.ALL.where("n < 23").limit(4);
    assertThat(pageByPage(pages, keys)).isEqualTo(IntStream.range(0, 23).boxed().toList());
    FindOptions sorted = FindOptions.ALL.descending("third").descending("n").pageSize(7);
    List<Integer> expected =
        IntStream.range(0, 25)
            .boxed()
            .sorted(Comparator.<Integer>comparingInt(n -> n % 3).thenComparing(n -> n).reversed())
            .toList();
    assertThat(pageByPage(pages, sorted)).isEqualTo(expected);
    assertThat(pages.async().totals(ANN, "n", keys, ReadOptions.LINEARIZABLE).join().sum())
        .isEqualByComparingTo("253");
  }

  /** Numbers of the documents, each page asked for behind the last one's cursor; by turns async. */
  private static List<Integer> pageByPage(DocumentCollection<JsonObject> all, FindOptions find) {
    List<Integer> numbers = new ArrayList<>();
    FindOptions next = find;
    for (int turn = 0; turn < 100; turn++) {
      FindPage<JsonObject> page =
          turn % 2 == 0
              ? all.findPage(ANN, next)
              : all.async().findPage(ANN, next, ReadOptions.LINEARIZABLE).join();
      for (Stored<JsonObject> found : page.documents()) {
        numbers.add(Integer.parseInt(String.valueOf(found.document().get("n"))));
      }
      if (page.cursor() == null) {
        return numbers;
      }
      next = find.after(page.cursor());
    }
    throw new AssertionError("no end after 100 pages");
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
