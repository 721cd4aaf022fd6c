package io.henge.server.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.henge.api.error.ErrorCode;
import io.henge.api.testing.Seed;
import io.henge.api.v1.Aggregate;
import io.henge.api.v1.AggregateResult;
import io.henge.api.v1.ClusterGrpc;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.CreateIndexRequest;
import io.henge.api.v1.Document;
import io.henge.api.v1.Documents;
import io.henge.api.v1.FindAllPage;
import io.henge.api.v1.FindAllRequest;
import io.henge.api.v1.FindRequest;
import io.henge.api.v1.FindResponse;
import io.henge.api.v1.FoundItem;
import io.henge.api.v1.HengeGrpc;
import io.henge.api.v1.Index;
import io.henge.api.v1.Key;
import io.henge.api.v1.KeyPart;
import io.henge.api.v1.PutRequest;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.api.v1.SortField;
import io.henge.api.v1.Value;
import io.henge.document.filter.Filter;
import io.henge.document.find.Totals;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import io.henge.document.value.Json;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import io.henge.server.Henge;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Finds against a plain evaluation of the same over a list. */
@Timeout(120)
class FindTest {
  private static final int USERS = 6;
  private static final int ORDERS = 60;
  private static final String[] FILTERS = {
    "",
    "total > 10",
    "total <= 10.5 and status = \"open\"",
    "status in (\"open\", \"paid\")",
    "exists(note)",
    "not exists(note)",
    "tags contains \"b\"",
    "tags[] = \"a\" or total < 3",
    "inner.x >= 2",
    "not (inner.x < 2)",
    "status prefix \"o\"",
    "status matches \"^p.*d$\"",
    "note = null",
    "total != 5",
    "order_id in (1, 2, 3, 70)",
    "false",
    "total > \"a\""
  };
  private static final String[] SORTS = {"total", "status", "inner.x", "note", "tags"};

  private static final Random RANDOM = Seed.random("FindTest");

  /** All orders in the order of users and ids. */
  private static final List<List<JsonObject>> STORED = new ArrayList<>();

  private static StubbedNode node;
  private static HengeGrpc.HengeBlockingStub items;

  @BeforeAll
  static void start() {
    node = new StubbedNode(Henge.embedded().shards(4).start());
    items = node.items();
    ClusterGrpc.ClusterBlockingStub cluster = node.cluster();
    for (String name : List.of("orders", "others")) {
      cluster.createCollection(
          CreateCollectionRequest.newBuilder()
              .setName(name)
              .setDocuments(Documents.newBuilder().addShardPaths("user_id").addIdPaths("order_id"))
              .build());
    }
    cluster.createCollection(CreateCollectionRequest.newBuilder().setName("carts").build());
    for (int user = 0; user < USERS; user++) {
      List<JsonObject> mine = new ArrayList<>();
      for (int order = 0; order < ORDERS; order++) {
        mine.add(put("orders", json(user, order)));
      }
      STORED.add(mine);
      put("others", json(user, 1));
    }
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static JsonObject put(String collection, String json) {
    items.put(
        PutRequest.newBuilder()
            .setCollection(collection)
            .setValue(Value.newBuilder().setDocument(Document.newBuilder().setJson(json)))
            .build());
    return Json.parseObject(json);
  }

  private static String json(int user, int order) {
    StringBuilder json = new StringBuilder("{\"user_id\":" + user + ",\"order_id\":" + order);
    json.append(",\"total\":")
        .append(RANDOM.nextInt(20))
        .append(RANDOM.nextInt(3) == 0 ? ".25" : "");
    String[] states = {"open", "paid", "sent"};
    if (RANDOM.nextInt(5) > 0) {
      json.append(",\"status\":\"").append(states[RANDOM.nextInt(3)]).append('"');
    }
    if (RANDOM.nextInt(3) == 0) {
      json.append(",\"note\":").append(RANDOM.nextBoolean() ? "null" : "\"ü\"");
    }
    if (RANDOM.nextInt(3) > 0) {
      json.append(",\"tags\":[\"a\"").append(RANDOM.nextBoolean() ? ",\"b\"]" : "]");
    }
    if (RANDOM.nextBoolean()) {
      json.append(",\"inner\":{\"x\":").append(RANDOM.nextInt(4)).append(",\"y\":1}");
    }
    return json.append('}').toString();
  }

  private static Key key(long number) {
    return Key.newBuilder().addParts(KeyPart.newBuilder().setInteger(number)).build();
  }

  private static FindRequest.Builder ofUser(int user) {
    return FindRequest.newBuilder().setCollection("orders").setShardingKey(key(user));
  }

  private static FindResponse find(FindRequest.Builder find) {
    Response response = items.execute(Request.newBuilder().setFind(find).build());
    assertThat(response.hasError()).as(response.getError().getMessage()).isFalse();
    return response.getFind();
  }

  private static List<FindResponse> pages(FindRequest.Builder find) {
    List<FindResponse> pages = new ArrayList<>();
    ByteString cursor = ByteString.EMPTY;
    do {
      FindResponse page = find(find.setCursor(cursor));
      pages.add(page);
      cursor = page.getCursor();
    } while (!cursor.isEmpty());
    return pages;
  }

  private static List<JsonObject> documents(FindRequest.Builder find) {
    List<JsonObject> documents = new ArrayList<>();
    for (FindResponse page : pages(find)) {
      for (FoundItem found : page.getItemsList()) {
        documents.add(Json.parseObject(found.getItem().getValue().getDocument().getJson()));
      }
    }
    return documents;
  }

  private static List<JsonObject> expected(int user, String filter) {
    return STORED.get(user).stream()
        .filter(document -> filter.isEmpty() || Filter.parse(filter).test(document))
        .toList();
  }

  @Test
  void shouldFindTheSameByAnIndexAndSaySo() {
    node.cluster()
        .createIndex(
            CreateIndexRequest.newBuilder()
                .setCollection("orders")
                .setIndex(
                    Index.newBuilder()
                        .setName("by_total")
                        .addFields(SortField.newBuilder().setPath("total")))
                .build());
    FindRequest.Builder find = ofUser(3).setFilter("total = 7").setExplain(true);
    // A write shows the shard the newest catalogue; the fill takes the rest from there.
    put("others", json(3, 1));
    put("orders", STORED.get(3).get(0).toString());
    Awaitility.await().until(() -> find(find).getPlan().getIndex().equals("by_total"));
    FindResponse found = find(find);
    assertThat(found.getPlan().getText()).contains("by_total").contains("total = 7");
    assertThat(found.getRowsLookedAt()).isEqualTo(found.getItemsCount());
    assertThat(documents(find)).isEqualTo(expected(3, "total = 7"));
    FindRequest.Builder first =
        ofUser(3).addSort(SortField.newBuilder().setPath("total")).setLimit(5).setExplain(true);
    FindResponse page = find(first);
    assertThat(page.getPlan().getInOrder()).isTrue();
    assertThat(page.getRowsLookedAt()).isLessThan(ORDERS / 2);
    List<JsonObject> sorted = new ArrayList<>(expected(3, ""));
    sorted.sort(by("total"));
    assertThat(documents(first)).isEqualTo(sorted);
    findOverTheRingByTheIndex();
  }

  /** Each shard chooses for itself, when it has the index. */
  private static void findOverTheRingByTheIndex() {
    FindAllRequest.Builder ring = overTheRing("total = 7");
    ring.getFindBuilder().setExplain(true);
    for (int user = 0; user < USERS; user++) {
      put("others", json(user, 1));
      put("orders", STORED.get(user).get(0).toString());
    }
    Awaitility.await().until(() -> indexed(ring, new ArrayList<>()));
    List<JsonObject> documents = new ArrayList<>();
    indexed(ring, documents);
    assertThat(documents).containsExactlyInAnyOrderElementsOf(everything("total = 7"));
  }

  /** Whether all pages that looked at documents were read by the index. */
  private static boolean indexed(FindAllRequest.Builder ring, List<JsonObject> documents) {
    boolean all = true;
    for (Iterator<FindAllPage> pages = items.findAll(ring.build()); pages.hasNext(); ) {
      FindAllPage page = pages.next();
      FindResponse found = page.getFound();
      all &= found.getRowsLookedAt() == 0 || found.getPlan().getIndex().equals("by_total");
      add(page, documents);
    }
    return all;
  }

  @Test
  void shouldFindWhatAPlainEvaluationFinds() {
    for (int run = 0; run < 400; run++) {
      int user = RANDOM.nextInt(USERS);
      String filter = FILTERS[RANDOM.nextInt(FILTERS.length)];
      FindRequest.Builder find = ofUser(user).setFilter(filter).setLimit(RANDOM.nextInt(30));
      assertThat(documents(find)).as(filter).isEqualTo(expected(user, filter));
    }
  }

  @Test
  void shouldSortPageByPage() {
    for (int run = 0; run < 200; run++) {
      int user = RANDOM.nextInt(USERS);
      String filter = FILTERS[RANDOM.nextInt(FILTERS.length)];
      FindRequest.Builder find = ofUser(user).setFilter(filter).setLimit(1 + RANDOM.nextInt(30));
      Comparator<JsonObject> order = Comparator.comparing(document -> 0);
      for (int fields = 1 + RANDOM.nextInt(2); fields > 0; fields--) {
        String path = SORTS[RANDOM.nextInt(SORTS.length)];
        boolean descending = RANDOM.nextBoolean();
        find.addSort(SortField.newBuilder().setPath(path).setDescending(descending));
        Comparator<JsonObject> by = by(path);
        order = order.thenComparing(descending ? by.reversed() : by);
      }
      // What comes out is in the order of ids, and sorting is stable.
      List<JsonObject> expected = new ArrayList<>(expected(user, filter));
      expected.sort(order);
      assertThat(documents(find)).as("%s", find).isEqualTo(expected);
    }
  }

  private static Comparator<JsonObject> by(String path) {
    Comparator<@Nullable JsonValue> values = Comparator.nullsFirst(Comparator.naturalOrder());
    return (left, right) ->
        values.compare(
            PathReader.of(left).get(Path.parse(path)), PathReader.of(right).get(Path.parse(path)));
  }

  @Test
  void shouldFindOnAllShards() {
    for (String filter : FILTERS) {
      List<String> expected = new ArrayList<>();
      for (int user = 0; user < USERS; user++) {
        expected(user, filter).forEach(document -> expected.add(document.toString()));
      }
      List<String> found = new ArrayList<>();
      FindRequest.Builder find =
          FindRequest.newBuilder()
              .setCollection("orders")
              .setAllShards(true)
              .setFilter(filter)
              .setLimit(17);
      for (FindResponse page : pages(find)) {
        for (FoundItem item : page.getItemsList()) {
          String json = item.getItem().getValue().getDocument().getJson();
          found.add(json);
          assertThat(json)
              .contains("\"user_id\":" + item.getShardingKey().getParts(0).getInteger() + ",");
        }
      }
      Collections.sort(expected);
      Collections.sort(found);
      assertThat(found).as(filter).isEqualTo(expected);
    }
  }

  @Test
  void shouldAddUpFigures() {
    for (String filter : FILTERS) {
      List<JsonObject> all = new ArrayList<>();
      for (int user = 0; user < USERS; user++) {
        all.addAll(expected(user, filter));
      }
      Totals count = new Totals();
      Totals totals = new Totals();
      for (FindResponse page :
          pages(
              FindRequest.newBuilder()
                  .setCollection("orders")
                  .setAllShards(true)
                  .setFilter(filter)
                  .addAggregates(Aggregate.getDefaultInstance())
                  .addAggregates(Aggregate.newBuilder().setPath("total")))) {
        assertThat(page.getItemsList()).isEmpty();
        add(count, page.getAggregates(0));
        add(totals, page.getAggregates(1));
      }
      assertThat(count.count()).isEqualTo(all.size());
      BigDecimal sum =
          all.stream()
              .map(
                  document ->
                      ((JsonNumber) Objects.requireNonNull(document.get("total"))).decimal())
              .reduce(BigDecimal.ZERO, BigDecimal::add);
      assertThat(totals.sum()).isEqualByComparingTo(sum);
      assertThat(totals.numbers()).isEqualTo(all.size());
      assertThat(totals.min())
          .usingComparator(Comparator.nullsFirst(Comparator.naturalOrder()))
          .isEqualTo(
              all.stream().map(d -> d.get("total")).min(Comparator.naturalOrder()).orElse(null));
      assertThat(totals.max())
          .usingComparator(Comparator.nullsFirst(Comparator.naturalOrder()))
          .isEqualTo(
              all.stream().map(d -> d.get("total")).max(Comparator.naturalOrder()).orElse(null));
    }
  }

  private static void add(Totals totals, AggregateResult page) {
    totals.add(
        page.getCount(),
        page.getNumbers(),
        new BigDecimal(page.getSum()),
        page.getMin().isEmpty() ? null : Json.parse(page.getMin()),
        page.getMax().isEmpty() ? null : Json.parse(page.getMax()));
  }

  @Test
  void shouldGiveTheFieldsThatAreAskedFor() {
    put("others", "{\"user_id\":77,\"order_id\":1,\"a\":{\"b\":1,\"c\":{\"d\":2}},\"e\":null}");
    FindRequest.Builder find =
        FindRequest.newBuilder().setCollection("others").setShardingKey(key(77));
    assertThat(
            documents(
                find.clone().addFields("a.c.d").addFields("e").addFields("x").addFields("a.b.z")))
        .extracting(JsonObject::toString)
        .containsExactly("{\"a\":{\"c\":{\"d\":2}},\"e\":null}");
  }

  @Test
  void shouldReadAWholeFamily() {
    items.put(
        PutRequest.newBuilder()
            .setCollection("carts")
            .setShardingKey(key(2))
            .setSortKey(key(5))
            .setValue(Value.newBuilder().setCounter(7))
            .build());
    FindRequest.Builder family = FindRequest.newBuilder().setShardingKey(key(2)).setLimit(25);
    List<Integer> collections = new ArrayList<>();
    for (FindResponse page : pages(family)) {
      page.getItemsList().forEach(item -> collections.add(item.getCollectionId()));
    }
    assertThat(collections).hasSize(ORDERS + 2).isSorted();
    assertThat(collections.stream().distinct()).hasSize(3);
  }

  @Test
  void shouldSayWhatIsWrongWithAFind() {
    assertRefused("found none", find -> find.clearShardingKey());
    assertRefused("found both", find -> find.setAllShards(true));
    assertRefused("filter", find -> find.setFilter("total >"));
    assertRefused("limit", find -> find.setLimit(1_000_000));
    assertRefused("holds items", find -> find.setCollection("carts").setFilter("a = 1"));
    assertRefused("fields", find -> find.addFields("[0].a"));
    assertRefused(
        "sharding_key: 1 part expected",
        find -> find.setShardingKey(key(2).toBuilder().addParts(key(3).getParts(0))));
    assertRefused("cursor", find -> find.setCursor(ByteString.copyFromUtf8("x")));
    assertRefused(
        "cursor",
        find ->
            find.addSort(SortField.newBuilder().setPath("total"))
                .setCursor(ByteString.copyFromUtf8("[1,2]")));
    assertRefused(
        "only documents of one sharding key are sorted",
        find ->
            find.clearShardingKey()
                .setAllShards(true)
                .addSort(SortField.newBuilder().setPath("total")));
    assertRefused("a name expected", find -> find.clearCollection().setFilter("a = 1"));
  }

  // ---- Over the ring ----

  private static FindAllRequest.Builder overTheRing(String filter) {
    return FindAllRequest.newBuilder()
        .setFind(
            FindRequest.newBuilder()
                .setCollection("orders")
                .setAllShards(true)
                .setFilter(filter)
                .setLimit(1 + RANDOM.nextInt(50)))
        .setParallel(1 + RANDOM.nextInt(8));
  }

  private static void add(FindAllPage page, List<JsonObject> documents) {
    for (FoundItem found : page.getFound().getItemsList()) {
      documents.add(Json.parseObject(found.getItem().getValue().getDocument().getJson()));
    }
  }

  private static List<JsonObject> everything(String filter) {
    List<JsonObject> all = new ArrayList<>();
    for (int user = 0; user < USERS; user++) {
      all.addAll(expected(user, filter));
    }
    return all;
  }

  @Test
  void shouldFindOverTheRingFromSeveralPlaces() {
    for (String filter : FILTERS) {
      List<JsonObject> documents = new ArrayList<>();
      double done = 0;
      ByteString last = ByteString.EMPTY;
      Iterator<FindAllPage> pages = items.findAll(overTheRing(filter).build());
      while (pages.hasNext()) {
        FindAllPage page = pages.next();
        assertThat(page.getDone()).isGreaterThanOrEqualTo(done);
        done = page.getDone();
        last = page.getFound().getCursor();
        add(page, documents);
      }
      assertThat(done).isEqualTo(1.0);
      assertThat(last.isEmpty()).isTrue();
      assertThat(documents).as(filter).containsExactlyInAnyOrderElementsOf(everything(filter));
    }
  }

  @Test
  void shouldGoOnWithTheCursorOfAPageOverTheRing() {
    List<JsonObject> documents = new ArrayList<>();
    ByteString cursor = ByteString.EMPTY;
    do {
      Context.CancellableContext call = Context.current().withCancellation();
      Context before = call.attach();
      try {
        Iterator<FindAllPage> pages = items.findAll(overTheRing("").setCursor(cursor).build());
        for (int i = RANDOM.nextInt(4); i >= 0 && pages.hasNext(); i--) {
          FindAllPage page = pages.next();
          cursor = page.getFound().getCursor();
          add(page, documents);
        }
      } finally {
        call.detach(before);
        call.cancel(null);
      }
    } while (!cursor.isEmpty());
    assertThat(documents).containsExactlyInAnyOrderElementsOf(everything(""));
  }

  @Test
  void shouldAddUpFiguresOverTheRing() {
    FindAllRequest.Builder request = overTheRing("");
    request.getFindBuilder().addAggregates(Aggregate.newBuilder().setPath(""));
    long count = 0;
    for (Iterator<FindAllPage> pages = items.findAll(request.build()); pages.hasNext(); ) {
      count += pages.next().getFound().getAggregates(0).getCount();
    }
    assertThat(count).isEqualTo(USERS * ORDERS);
  }

  @Test
  void shouldRefuseWhatIsNoFindOverTheRing() {
    FindRequest ring = FindRequest.newBuilder().setCollection("orders").setAllShards(true).build();
    ByteString bytes = ByteString.copyFromUtf8("nonsense");
    assertRefusedOverTheRing(FindAllRequest.newBuilder().setFind(ofUser(1)), "all_shards expected");
    assertRefusedOverTheRing(
        FindAllRequest.newBuilder().setFind(ring.toBuilder().setCursor(bytes)), "cursor or until");
    assertRefusedOverTheRing(
        FindAllRequest.newBuilder().setFind(ring).setCursor(bytes), "cursor: ");
    assertRefusedOverTheRing(
        FindAllRequest.newBuilder().setFind(ring).setParallel(65), "parallel:");
    assertRefusedOverTheRing(
        FindAllRequest.newBuilder().setFind(ring.toBuilder().setFilter("total >")), "filter");
    assertRefusedOverTheRing(
        FindAllRequest.newBuilder()
            .setFind(ring.toBuilder().addSort(SortField.newBuilder().setPath("total"))),
        "sort: ");
  }

  private static void assertRefusedOverTheRing(FindAllRequest.Builder request, String message) {
    assertThatThrownBy(() -> items.findAll(request.build()).hasNext())
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT))
        .hasMessageContaining(message);
  }

  private static void assertRefused(String message, UnaryOperator<FindRequest.Builder> wrong) {
    Response response = items.execute(Request.newBuilder().setFind(wrong.apply(ofUser(1))).build());
    assertThat(response.getError().getCode()).isEqualTo(ErrorCode.INVALID_ARGUMENT.number());
    assertThat(response.getError().getMessage()).contains(message);
  }
}
