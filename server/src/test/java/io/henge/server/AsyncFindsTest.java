package io.henge.server;

import static io.henge.client.ReadOptions.LINEARIZABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.AsyncDocumentCollection;
import io.henge.client.AsyncItemCollection;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.FamilyPage;
import io.henge.client.FindAllOptions;
import io.henge.client.FindListener;
import io.henge.client.FindOptions;
import io.henge.client.FindPage;
import io.henge.client.ScanOptions;
import io.henge.client.WriteOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Finds, families and scans page by page, without a thread that waits. */
@Timeout(60)
class AsyncFindsTest {
  record Order(long userId, long orderId) {}

  private static Henge henge;
  private static DocumentCollection<Order> orders;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().shards(3).start();
    henge.client().admin().createCollection("items", CollectionOptions.defaults());
    henge
        .client()
        .admin()
        .createCollection(
            "orders", CollectionOptions.documentsShardedBy("userId").withId("orderId"));
    orders = henge.client().documents("orders", Order.class);
    List<CompletableFuture<?>> written = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      written.add(insert(new Order(1_000 + i % 40, i)));
    }
    for (int i = 0; i < 23; i++) {
      written.add(insert(new Order(5, i)));
    }
    written.forEach(CompletableFuture::join);
  }

  private static CompletableFuture<?> insert(Order order) {
    return orders.async().insert(order, DocumentOptions.DEFAULT);
  }

  @AfterAll
  static void stop() {
    henge.close();
  }

  private static List<Long> range(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  @Test
  void shouldFindOverTheRingWithoutBlocking() {
    FindOptions mine = FindOptions.ALL.where("userId >= 1000").pageSize(3);
    AsyncDocumentCollection<Order> async = orders.async();
    List<Long> found = new ArrayList<>();
    AtomicInteger atWork = new AtomicInteger();
    AtomicReference<byte[]> cursor = new AtomicReference<>(new byte[0]);
    FindListener<Order> listener =
        (documents, place) -> {
          assertThat(atWork.incrementAndGet()).isEqualTo(1);
          cursor.set(place);
          documents.forEach(stored -> found.add(stored.document().orderId()));
          // Done on another thread, or at once.
          return found.size() % 2 == 0
              ? CompletableFuture.completedStage(atWork.decrementAndGet())
              : CompletableFuture.supplyAsync(atWork::decrementAndGet);
        };
    async.findAll(mine, FindAllOptions.DEFAULT.parallel(3), listener).join();
    assertThat(found).containsExactlyInAnyOrderElementsOf(range(0, 299));
    assertThat(cursor.get()).isEmpty();

    found.clear();
    async.findAll(mine.limit(7), FindAllOptions.DEFAULT, listener).join();
    assertThat(found).hasSize(7).doesNotHaveDuplicates();

    found.clear();
    List<CompletableFuture<Void>> begun = new ArrayList<>();
    CompletableFuture<Void> paused = new CompletableFuture<>();
    CompletableFuture<Void> first = new CompletableFuture<>();
    begun.add(
        async.findAll(
            mine,
            FindAllOptions.DEFAULT,
            (documents, place) -> {
              documents.forEach(stored -> found.add(stored.document().orderId()));
              cursor.set(place);
              first.complete(null);
              return paused;
            }));
    first.join();
    begun.get(0).cancel(false);
    paused.complete(null);
    assertThat(found).hasSizeBetween(1, 3);
    async
        .findAll(mine, FindAllOptions.DEFAULT.from(Objects.requireNonNull(cursor.get())), listener)
        .join();
    assertThat(found).containsExactlyInAnyOrderElementsOf(range(0, 299));

    assertThat(async.totalsOnAllShards("orderId", mine, LINEARIZABLE).join().sum())
        .isEqualByComparingTo("44850");
    assertThat(async.explainOnAllShards(mine, LINEARIZABLE).join())
        .isEqualTo(orders.explainOnAllShards(mine, LINEARIZABLE))
        .isNotEmpty();
    assertThat(async.explain(Key.of(1_000), mine, LINEARIZABLE).join())
        .isEqualTo(orders.explain(Key.of(1_000), mine, LINEARIZABLE));
  }

  @Test
  void shouldFailAFindOverTheRingWithItsListener() {
    AsyncDocumentCollection<Order> async = orders.async();
    FindListener<Order> wrong =
        (documents, place) -> {
          throw new IllegalStateException("no room");
        };
    assertThatThrownBy(() -> async.findAll(FindOptions.ALL, FindAllOptions.DEFAULT, wrong).join())
        .hasMessageContaining("the listener failed")
        .hasRootCauseMessage("no room");
    FindListener<Order> deaf = (documents, place) -> CompletableFuture.completedStage(null);
    assertThatThrownBy(
            () ->
                async
                    .findAll(FindOptions.ALL.ascending("total"), FindAllOptions.DEFAULT, deaf)
                    .join())
        .hasMessageContaining("sort: only documents of one sharding key are sorted");
  }

  @Test
  void shouldGoThroughAShardingKeyPageByPage() {
    List<Long> ids = new ArrayList<>();
    ScanOptions next = ScanOptions.ALL.limit(5);
    FindPage<Order> page;
    do {
      page = orders.async().scan(Key.of(5), next, LINEARIZABLE).join();
      assertThat(page.documents()).hasSizeLessThan(6);
      page.documents().forEach(stored -> ids.add(stored.document().orderId()));
      next = next.after(page.cursor());
    } while (page.cursor() != null);
    assertThat(ids).isEqualTo(range(0, 22));
    assertThat(orders.scan(Key.of(5), ScanOptions.ALL.reversed().limit(1), LINEARIZABLE))
        .satisfies(last -> assertThat(last.documents().get(0).document().orderId()).isEqualTo(22L));

    List<Long> family = new ArrayList<>();
    FamilyPage some;
    byte[] cursor = null;
    do {
      some = henge.client().familyPageAsync(Key.of(5), 4, cursor, LINEARIZABLE).join();
      assertThat(some.items()).hasSizeLessThan(5);
      some.items().forEach(item -> family.add(item.as(Order.class).orderId()));
      assertThat(henge.client().familyPage(Key.of(5), 4, cursor, LINEARIZABLE).items())
          .isEqualTo(some.items());
      cursor = some.cursor();
    } while (cursor != null);
    assertThat(family).isEqualTo(range(0, 22));
  }

  @Test
  void shouldCompareAndSetWithoutBlocking() {
    AsyncItemCollection items = henge.client().collection("items").async();
    Key key = Key.of("a");
    WriteOptions ifAbsent = WriteOptions.DEFAULT.onlyIf(Condition.absent());
    items.put(key, Key.EMPTY, Value.of("one"), ifAbsent).join();
    assertThat(items.compareAndSet(key, Key.EMPTY, Value.of("one"), Value.of("two")).join())
        .isTrue();
    assertThat(items.compareAndSet(key, Key.EMPTY, Value.of("one"), Value.of("3")).join())
        .isFalse();
    AsyncItemCollection none = henge.client().collection("none").async();
    assertThatThrownBy(
            () -> none.compareAndSet(key, Key.EMPTY, Value.of("1"), Value.of("2")).join())
        .hasMessageContaining("none");
  }
}
