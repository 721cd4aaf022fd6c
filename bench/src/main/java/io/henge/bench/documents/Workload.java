package io.henge.bench.documents;

import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.HengeClient;
import io.henge.client.ItemCollection;
import io.henge.client.ReadOptions;
import io.henge.client.WriteOptions;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.patch.Patches;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The kinds of operations, on plain items and on documents of the same size. */
final class Workload {
  static final int PLAIN_BYTES = 1_000;
  private static final int FIELDS = 10;
  private static final int FIELD_CHARACTERS = 90;
  private static final int FAMILIES = 1_000;
  private static final int PRODUCTS = 100;
  private static final int LOADING_AT_ONCE = 256;

  /** One kind of operation. */
  record Kind(String name, Operation operation) {}

  /** Does it once; any thread. */
  interface Operation {
    void run(SplittableRandom random);
  }

  private final int records;
  private final ItemCollection items;
  private final DocumentCollection<JsonObject> documents;
  private final DocumentCollection<JsonObject> bare;
  private final DocumentCollection<JsonObject> embedded;
  private final DocumentCollection<JsonObject> following;
  private final DocumentCollection<JsonObject> filled;
  private final AtomicLong newest;

  private Workload(HengeClient client, int records) {
    this.records = records;
    client.admin().createCollection("plain", CollectionOptions.defaults().onlyIfAbsent());
    client
        .admin()
        .createCollection(
            "documents", CollectionOptions.documentsShardedBy("id").withId("id").onlyIfAbsent());
    this.items = client.collection("plain");
    this.documents = client.documents("documents");
    this.bare = family(client, "bare");
    this.embedded = family(client, "embedded");
    this.following = family(client, "following");
    this.filled = family(client, "filled");
    this.newest = new AtomicLong(records);
  }

  private static DocumentCollection<JsonObject> family(HengeClient client, String name) {
    client
        .admin()
        .createCollection(
            name, CollectionOptions.documentsShardedBy("family").withId("id").onlyIfAbsent());
    return client.documents(name);
  }

  /** A holder for each family, and the sources that members follow. */
  private static void declareCopies(HengeClient client) throws InterruptedException {
    for (String name : List.of("holders", "products")) {
      client
          .admin()
          .createCollection(
              name, CollectionOptions.documentsShardedBy("id").withId("id").onlyIfAbsent());
    }
    for (long id = 0; id < FAMILIES; id++) {
      client.documents("holders").upsert(JsonObject.builder().put("id", id).build());
    }
    for (long id = 0; id < PRODUCTS; id++) {
      client
          .documents("products")
          .upsert(JsonObject.builder().put("id", id).put("name", "product " + id).build());
    }
    client
        .admin()
        .createCopy(Copy.from("embedded").fields("id").into("holders", "recent").last(20, "id"));
    client
        .admin()
        .createCopy(
            Copy.from("products")
                .field("name", "product_name")
                .into("following")
                .on("product")
                .followWithin(Duration.ofSeconds(5)));
    client
        .admin()
        .createCopy(
            Copy.from("products")
                .field("name", "product_name")
                .into("filled")
                .on("product")
                .atWrite());
    while (!client.admin().copies().stream().allMatch(copy -> copy.ready() == 1)) {
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  /**
   * Makes the collections and loads them. One more kind of operation is one more line here: what it
   * needs is to be loaded like the others.
   */
  static List<Kind> prepare(HengeClient client, int records, Consumer<String> progress)
      throws InterruptedException {
    Workload workload = new Workload(client, records);
    workload.load(progress);
    declareCopies(client);
    return List.of(
        new Kind("put", workload::put),
        new Kind("document upsert", workload::upsert),
        new Kind("put if absent", workload::putIfAbsent),
        new Kind("document insert", workload::insert),
        new Kind("document patch", workload::patch),
        new Kind("get", workload::get),
        new Kind("document get", workload::getDocument),
        new Kind("insert in a family", random -> workload.member(workload.bare, random)),
        new Kind("with an embed rule", random -> workload.member(workload.embedded, random)),
        new Kind("with a follow rule", random -> workload.member(workload.following, random)),
        new Kind("with a snapshot rule", random -> workload.member(workload.filled, random)));
  }

  private void load(Consumer<String> progress) throws InterruptedException {
    progress.accept("loading " + records + " items and as many documents");
    Semaphore room = new Semaphore(LOADING_AT_ONCE);
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    SplittableRandom random = new SplittableRandom(1);
    for (long i = 0; i < records; i++) {
      room.acquire(2);
      items
          .async()
          .put(Key.of(i), Key.EMPTY, value(random), WriteOptions.DEFAULT)
          .whenComplete((done, failed) -> loaded(room, failure, failed));
      documents
          .async()
          .upsert(document(i, random), DocumentOptions.DEFAULT)
          .whenComplete((done, failed) -> loaded(room, failure, failed));
    }
    room.acquire(LOADING_AT_ONCE);
    Throwable failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("the records could not be loaded", failed);
    }
  }

  private static void loaded(
      Semaphore room, AtomicReference<@Nullable Throwable> failure, @Nullable Throwable failed) {
    if (failed != null) {
      failure.set(failed);
    }
    room.release();
  }

  private long any(SplittableRandom random) {
    return random.nextLong(records);
  }

  private void put(SplittableRandom random) {
    items.put(Key.of(any(random)), Key.EMPTY, value(random));
  }

  private void putIfAbsent(SplittableRandom random) {
    items.put(
        Key.of(newest.incrementAndGet()),
        Key.EMPTY,
        value(random),
        WriteOptions.DEFAULT.onlyIf(Condition.absent()));
  }

  private void get(SplittableRandom random) {
    require(items.get(Key.of(any(random)), Key.EMPTY, ReadOptions.LINEARIZABLE));
  }

  private void upsert(SplittableRandom random) {
    documents.upsert(document(any(random), random));
  }

  private void insert(SplittableRandom random) {
    documents.insert(document(newest.incrementAndGet(), random));
  }

  private void member(DocumentCollection<JsonObject> collection, SplittableRandom random) {
    long id = newest.incrementAndGet();
    collection.insert(
        document(id, random)
            .with("family", JsonValue.of(random.nextLong(FAMILIES)))
            .with("product", JsonValue.of(random.nextLong(PRODUCTS))));
  }

  private void getDocument(SplittableRandom random) {
    require(documents.get(Key.of(any(random)), Key.EMPTY, ReadOptions.LINEARIZABLE));
  }

  private void patch(SplittableRandom random) {
    documents.patch(
        Key.of(any(random)),
        Key.EMPTY,
        Patches.inc("count", 1).set("field" + random.nextInt(FIELDS), text(random)));
  }

  private static void require(Optional<?> found) {
    if (found.isEmpty()) {
      throw new IllegalStateException("a record that was loaded is not there");
    }
  }

  private static Value value(SplittableRandom random) {
    byte[] bytes = new byte[PLAIN_BYTES];
    random.nextBytes(bytes);
    return Value.of(bytes);
  }

  private static JsonObject document(long id, SplittableRandom random) {
    JsonObject.Builder document = JsonObject.builder().put("id", id).put("count", 0);
    for (int i = 0; i < FIELDS; i++) {
      document.put("field" + i, text(random));
    }
    return document.build();
  }

  private static String text(SplittableRandom random) {
    StringBuilder text = new StringBuilder(FIELD_CHARACTERS);
    for (int i = 0; i < FIELD_CHARACTERS; i += 10) {
      long some = random.nextLong();
      for (int j = 0; j < 10; j++) {
        text.append((char) ('a' + ((some >>> (6 * j)) & 15)));
      }
    }
    return text.toString();
  }

  /** What one takes in its binary form. */
  static int documentBytes() {
    return DocumentCodec.encode(document(100_000, new SplittableRandom(1))).length;
  }
}
