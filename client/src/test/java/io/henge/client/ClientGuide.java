package io.henge.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.henge.api.error.HengeException;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * The examples of docs/client.md, word for word; {@link ClientGuideTest} compares and runs them.
 */
final class ClientGuide {
  private final List<String> shown = new ArrayList<>();
  private final Key ann = Key.of("ann");

  List<String> shown() {
    return shown;
  }

  private void show(String text) {
    shown.add(text);
  }

  void firstSteps(String addresses) {
    try (HengeClient henge = HengeClient.connect(addresses)) {
      henge.admin().createCollection("carts", CollectionOptions.defaults().onlyIfAbsent());
      ItemCollection carts = henge.collection("carts");
      carts.put(Key.of("ann"), Key.of("item", 1), Value.of("a pear"));
      Optional<Item> item = carts.get(Key.of("ann"), Key.of("item", 1));
      item.ifPresent(found -> show(found.text()));
    }
  }

  void writing(ItemCollection carts) {
    carts.put(ann, Key.of("item", 2), Value.of("a plum"));
    carts.put(
        ann, Key.of("hint"), Value.of("sale!"), WriteOptions.DEFAULT.ttl(Duration.ofMinutes(10)));
    long visits = carts.increment(ann, Key.of("visits"), 1).counter();
    carts.append(ann, Key.of("log"), "came back;".getBytes(UTF_8), WriteOptions.DEFAULT);
    WriteResult gone = carts.delete(ann, Key.of("hint"), WriteOptions.DEFAULT.returningPrevious());

    show(visits + " " + gone.previous().orElseThrow().text());
  }

  void conditions(ItemCollection carts) {
    WriteOptions ifAbsent = WriteOptions.DEFAULT.onlyIf(Condition.absent());
    carts.put(ann, Key.of("owner"), Value.of("me"), ifAbsent);
    boolean swapped = carts.compareAndSet(ann, Key.of("owner"), Value.of("me"), Value.of("you"));
    Item owner = carts.get(ann, Key.of("owner")).orElseThrow();
    carts.delete(
        ann,
        Key.of("owner"),
        WriteOptions.DEFAULT.onlyIf(new Condition.VersionIs(owner.version())));

    show("swapped " + swapped);
  }

  void batches(HengeClient henge) {
    Batch order =
        Batch.on(ann)
            .require("carts", Key.of("item", 2), Condition.present())
            .delete("carts", Key.of("item", 2))
            .put("orders", Key.of(17), Value.of("a plum"));
    List<WriteResult> results = henge.write(order, WriteOptions.DEFAULT);

    show(results.size() + " results");
  }

  void reading(ItemCollection carts) {
    Optional<Item> one = carts.get(ann, Key.of("item", 1));
    List<Optional<Item>> several =
        carts.getAll(ann, List.of(Key.of("item", 1), Key.of("visits")), ReadOptions.LINEARIZABLE);
    Iterator<Item> all = carts.iterate(ann, ScanOptions.ALL, ReadOptions.LINEARIZABLE);
    Page page =
        carts.scan(
            ann,
            ScanOptions.ALL.between(Key.of("item"), Key.of("item", 100)).reversed().limit(10),
            ReadOptions.LINEARIZABLE);
    Page next = carts.scan(ann, ScanOptions.ALL.after(page.cursor()), ReadOptions.LINEARIZABLE);

    show(one.orElseThrow().text() + " " + several.size() + " " + all.hasNext());
    show(page.items().size() + " " + next.items().size());
  }

  void levels(HengeClient henge, ItemCollection carts) {
    Session session = new Session();
    ItemCollection mine = henge.within(session).collection("carts");
    mine.put(ann, Key.of("item", 3), Value.of("a fig"));
    Optional<Item> fresh = carts.get(ann, Key.of("item", 3), ReadOptions.session(session));
    Optional<Item> recent =
        carts.get(ann, Key.of("item", 3), ReadOptions.bounded(Duration.ofSeconds(2)));
    Optional<Item> cheap = carts.get(ann, Key.of("item", 3), ReadOptions.EVENTUAL);

    show(fresh.isPresent() + " " + recent.isPresent() + " " + cheap.isPresent());
  }

  void withoutBlocking(ItemCollection carts) {
    AsyncItemCollection async = carts.async();
    CompletableFuture<String> text =
        async
            .put(ann, Key.of("item", 4), Value.of("a date"), WriteOptions.DEFAULT)
            .thenCompose(done -> async.get(ann, Key.of("item", 4), ReadOptions.LINEARIZABLE))
            .thenApply(found -> found.map(Item::text).orElse("nothing"));

    show(text.join());
  }

  void errors(ItemCollection carts) {
    try {
      carts.increment(
          ann, Key.of("visits"), 1, WriteOptions.DEFAULT.timeout(Duration.ofSeconds(1)));
    } catch (HengeException e) {
      switch (e.code()) {
        case DEADLINE -> show("not done: try again later");
        case OUTCOME_UNKNOWN -> show("may or may not be done: read it before you do it again");
        case BUSY -> show("too much at once: come back in " + e.retryAfterMillis() + " ms");
        default -> throw e;
      }
    }
  }

  ClientOptions settings() {
    ClientOptions options =
        ClientOptions.DEFAULT
            .withTimeout(Duration.ofSeconds(2))
            .withRequestsInFlightMax(50_000)
            .withBytesInFlightMax(128L << 20);

    return options;
  }

  void lookingInside(HengeClient henge) {
    Explanation explanation =
        henge.explainGet("carts", ann, Key.of("item", 1), ReadOptions.LINEARIZABLE);
    explanation.steps().forEach(step -> show(step));
    ClientStatistics statistics = henge.statistics();
    show(statistics.attempts() + " requests in " + statistics.messages() + " messages");
    ClusterStatus status = henge.admin().status();
    status.remarks().forEach(remark -> show(remark));
  }
}
