package io.henge.server;

import static io.henge.client.ReadOptions.LINEARIZABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.AsyncDocumentCollection;
import io.henge.client.Batch;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.DocumentResult;
import io.henge.client.FindAll;
import io.henge.client.FindAllOptions;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.Returning;
import io.henge.client.ScanOptions;
import io.henge.client.Stored;
import io.henge.client.WriteOptions;
import io.henge.document.filter.Filters;
import io.henge.document.find.Totals;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Documents by the Java client, against a node in this process. */
@Timeout(60)
class DocumentsTest {
  /** An order as an application has it. */
  record Order(long userId, long orderId, BigDecimal total, String status, List<String> tags) {}

  private static Henge henge;
  private static HengeClient client;
  private static DocumentCollection<Order> orders;
  private static DocumentCollection<JsonObject> raw;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().shards(3).start();
    client = henge.client();
    client
        .admin()
        .createCollection(
            "orders", CollectionOptions.documentsShardedBy("userId").withId("orderId"));
    orders = client.documents("orders", Order.class);
    raw = client.documents("orders");
  }

  @AfterAll
  static void stop() {
    henge.close();
  }

  private static Order order(long user, long order, String total) {
    return new Order(user, order, new BigDecimal(total), "open", List.of("new"));
  }

  private static void assertFails(ErrorCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(HengeException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  @Test
  void shouldKeepRecordsAsTheyAre() {
    Order order = order(1, 1, "12.50");
    DocumentResult<Order> inserted = orders.insert(order);
    Stored<Order> stored = orders.get(Key.of(1), Key.of(1)).orElseThrow();
    assertThat(stored.document()).isEqualTo(order);
    assertThat(stored.version()).isEqualTo(inserted.version());
    assertThat(raw.get(Key.of(1), Key.of(1)).orElseThrow().document().toString())
        .contains("\"total\":12.50");
    assertThat(orders.get(Key.of(1), Key.of(99))).isEmpty();
  }

  @Test
  void shouldTellInsertReplaceAndUpsertApart() {
    Order order = order(2, 1, "1");
    assertFails(ErrorCode.NOT_FOUND, () -> orders.replace(order));
    orders.insert(order);
    assertFails(ErrorCode.ALREADY_EXISTS, () -> orders.insert(order));
    Stored<Order> before =
        orders
            .replace(order(2, 1, "2"), DocumentOptions.DEFAULT.returning(Returning.PREVIOUS))
            .returned()
            .orElseThrow();
    assertThat(before.document().total()).isEqualByComparingTo("1");
    assertFails(
        ErrorCode.CONDITION_FAILED,
        () -> orders.replace(order, DocumentOptions.DEFAULT.onlyIfVersion(before.version())));
    orders.upsert(order(2, 2, "3"));
    assertThat(orders.delete(Key.of(2), Key.of(2)).existed()).isTrue();
    assertThat(orders.delete(Key.of(2), Key.of(2)).existed()).isFalse();
  }

  @Test
  void shouldPatchWhereTheDocumentIs() {
    assertFails(
        ErrorCode.NOT_FOUND, () -> orders.patch(Key.of(3), Key.of(1), Patches.inc("total", 1)));
    DocumentOptions current = DocumentOptions.DEFAULT.returning(Returning.CURRENT);
    orders.patchOrInsert(order(3, 1, "10"), Patches.inc("total", 1), current);
    Stored<Order> patched =
        orders
            .patch(
                Key.of(3),
                Key.of(1),
                Patches.inc("total", new BigDecimal("0.25")).addToSet("tags", "vip", "new"),
                current.onlyIf(Filters.gt("total", 10)))
            .returned()
            .orElseThrow();
    assertThat(patched.document().total()).isEqualByComparingTo("11.25");
    assertThat(patched.document().tags()).containsExactly("new", "vip");
    assertFails(
        ErrorCode.CONDITION_FAILED,
        () ->
            orders.patch(
                Key.of(3),
                Key.of(1),
                Patches.set("status", "paid"),
                DocumentOptions.DEFAULT.onlyIf("status = \"closed\"")));
    assertFails(
        ErrorCode.INVALID_ARGUMENT,
        () -> orders.patch(Key.of(3), Key.of(1), Patches.inc("status", 1)));
    assertThat(orders.get(Key.of(3), Key.of(1)).orElseThrow().version())
        .isEqualTo(patched.version());
  }

  /** Each increment counts once, whoever else is at it. */
  @Test
  void shouldCountEveryConcurrentPatchOnce() {
    AsyncDocumentCollection<JsonObject> async = raw.async();
    List<CompletableFuture<?>> all = new ArrayList<>();
    JsonObject initial = Json.parseObject("{\"userId\":4,\"orderId\":1,\"n\":0}");
    for (int i = 0; i < 500; i++) {
      all.add(
          async.patchOrInsert(
              initial,
              Patches.inc("n", 1)
                  .push("last", i, io.henge.document.patch.PatchOperation.Keep.last(5)),
              DocumentOptions.DEFAULT));
    }
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
    JsonObject counted = raw.get(Key.of(4), Key.of(1)).orElseThrow().document();
    assertThat(String.valueOf(counted.get("n"))).isEqualTo("500");
    assertThat(counted.toString()).containsPattern("\"last\":\\[(\\d+,){4}\\d+]");
  }

  @Test
  void shouldIterateOverTheDocumentsOfAShardingKey() {
    for (int i = 5; i > 0; i--) {
      orders.insert(order(5, i, "1"));
    }
    List<Long> ids = new ArrayList<>();
    orders
        .iterate(Key.of(5), new ScanOptions(null, null, false, 2, null), LINEARIZABLE)
        .forEachRemaining(stored -> ids.add(stored.document().orderId()));
    assertThat(ids).containsExactly(1L, 2L, 3L, 4L, 5L);
  }

  @Test
  void shouldFindAndAddUp() {
    for (int i = 1; i <= 30; i++) {
      orders.insert(order(7, i, i + ".5"));
    }
    FindOptions large = FindOptions.ALL.where("total > 20").pageSize(4);
    assertThat(ids(orders.find(Key.of(7), large))).containsExactlyElementsOf(range(20, 30));
    assertThat(ids(orders.find(Key.of(7), large.descending("total").limit(3))))
        .containsExactly(30L, 29L, 28L);
    assertThat(raw.find(Key.of(7), large.fields("total").limit(1)).next().document())
        .hasToString("{\"total\":20.5}");
    assertThat(ids(orders.findOnAllShards(large.where("userId = 7 and total > 20"), LINEARIZABLE)))
        .containsExactlyElementsOf(range(20, 30));
    Totals totals = orders.totals(Key.of(7), "total", large, LINEARIZABLE);
    assertThat(totals.count()).isEqualTo(11);
    assertThat(totals.sum()).isEqualByComparingTo("280.5");
    assertThat(totals.average()).isEqualByComparingTo("25.5");
    assertThat(orders.totalsOnAllShards("", FindOptions.ALL.where("userId = 7"), LINEARIZABLE))
        .extracting(Totals::count)
        .isEqualTo(30L);
  }

  @Test
  void shouldFindOverTheRingAndGoOn() {
    for (int i = 0; i < 300; i++) {
      orders.insert(order(1_000 + i % 40, i, "1"));
    }
    FindOptions mine = FindOptions.ALL.where("userId >= 1000").pageSize(3);
    List<Double> shares = new ArrayList<>();
    FindAllOptions options = FindAllOptions.DEFAULT.parallel(3).progress(shares::add);
    try (FindAll<Order> all = orders.findAll(mine, options)) {
      assertThat(ids(all)).containsExactlyInAnyOrderElementsOf(range(0, 299));
      assertThat(all.done()).isEqualTo(1.0);
      assertThat(all.cursor()).isEmpty();
    }
    assertThat(shares).isSorted().last().isEqualTo(1.0);

    List<Long> found = new ArrayList<>();
    byte[] cursor = new byte[0];
    do {
      try (FindAll<Order> some = orders.findAll(mine, options.from(cursor))) {
        byte[] begun = some.cursor();
        assertThat(begun).isEqualTo(cursor);
        // To the end of a page: only then everything before the cursor has been handed out.
        while (some.hasNext() && Arrays.equals(some.cursor(), begun)) {
          found.add(some.next().document().orderId());
        }
        cursor = some.cursor();
      }
    } while (cursor.length > 0);
    assertThat(found).containsExactlyInAnyOrderElementsOf(range(0, 299));

    try (FindAll<Order> few = orders.findAll(mine.limit(7), options)) {
      assertThat(ids(few)).hasSize(7).doesNotHaveDuplicates();
    }
    FindAll<Order> closed = orders.findAll(mine, options);
    assertThat(closed.hasNext()).isTrue();
    closed.close();
    assertThat(ids(closed)).as("the rest of the page at hand").hasSizeLessThan(4);
    assertFails(ErrorCode.INVALID_ARGUMENT, () -> orders.findAll(mine.ascending("total"), options));
  }

  private static List<Long> ids(Iterator<Stored<Order>> found) {
    List<Long> ids = new ArrayList<>();
    found.forEachRemaining(stored -> ids.add(stored.document().orderId()));
    return ids;
  }

  private static List<Long> range(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  @Test
  void shouldReadAFamily() {
    client.admin().createCollection("notes", CollectionOptions.defaults().onlyIfAbsent());
    orders.insert(order(8, 2, "1"));
    orders.insert(order(8, 1, "1"));
    client.collection("notes").put(Key.of(8), Key.of("x"), Value.of("text"));
    List<String> family = new ArrayList<>();
    client
        .family(Key.of(8), LINEARIZABLE)
        .forEachRemaining(one -> family.add(one.collection() + " " + one.item().sortKey()));
    assertThat(family).containsExactly("orders 1", "orders 2", "notes \"x\"");
  }

  @Test
  void shouldWriteDocumentsAndItemsInOneBatch() {
    client.admin().createCollection("carts", CollectionOptions.defaults());
    orders.insert(order(6, 1, "1"));
    client.write(
        Batch.on(Key.of(6)).increment("carts", Key.of("count"), 2).delete("orders", Key.of(1)),
        WriteOptions.DEFAULT);
    assertThat(orders.get(Key.of(6), Key.of(1))).isEmpty();
    assertThat(client.collection("carts").get(Key.of(6), Key.of("count")).orElseThrow().counter())
        .isEqualTo(2);
  }

  @Test
  void shouldSayWhatIsWrongBeforeAnythingIsSent() {
    assertFails(
        ErrorCode.INVALID_ARGUMENT,
        () -> raw.insert(Json.parseObject("{\"userId\":1.5,\"orderId\":1}")));
    assertFails(ErrorCode.INVALID_ARGUMENT, () -> orders.delete(Key.of(1), Key.EMPTY));
    assertFails(
        ErrorCode.INVALID_ARGUMENT,
        () -> orders.insert(order(1, 1, "1"), DocumentOptions.DEFAULT.onlyIf("total > 1")));
    assertFails(
        ErrorCode.INVALID_ARGUMENT, () -> DocumentOptions.DEFAULT.onlyIf("status matches \"a\""));
    assertFails(
        ErrorCode.INVALID_ARGUMENT,
        () ->
            orders.patch(
                Key.of(1),
                Key.of(1),
                Patches.inc("total", 1),
                DocumentOptions.DEFAULT.ttl(Duration.ofSeconds(1))));
    assertFails(ErrorCode.NOT_FOUND, () -> client.documents("nowhere").insert(JsonObject.EMPTY));
    assertThat(client.admin().collections())
        .anySatisfy(
            info ->
                assertThat(info.documents())
                    .isEqualTo(
                        new CollectionOptions.Documents(
                            List.of("userId"), List.of("orderId"), "")));
  }
}
