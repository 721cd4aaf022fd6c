package io.henge.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.key.Key;
import io.henge.client.Batch;
import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.DocumentChange;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentOptions;
import io.henge.client.FindAll;
import io.henge.client.FindAllOptions;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.Stored;
import io.henge.client.Watch;
import io.henge.client.WatchOptions;
import io.henge.client.WriteOptions;
import io.henge.document.filter.Filters;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The Java examples of docs/documents.md, word for word; compared with the page, and run. */
@Tag("cluster")
@Timeout(120)
@HengeCluster(nodes = 1)
final class DocumentGuideTest {
  private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  record Order(long userId, String orderId, BigDecimal total, String status) {}

  @Test
  void shouldShowOnlyExamplesThatAreCompiled() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "documents.md"));
    String code =
        withoutSpace(
            Files.readString(
                Path.of("src/test/java/io/henge/testkit/cluster/DocumentGuideTest.java")));
    List<String> examples = new ArrayList<>();
    Matcher matcher = EXAMPLE.matcher(page);
    while (matcher.find()) {
      examples.add(matcher.group(1));
    }
    assertThat(examples).hasSize(6);
    assertThat(examples).allSatisfy(example -> assertThat(code).contains(withoutSpace(example)));
  }

  private static String withoutSpace(String code) {
    return code.replaceAll("\\s+", "");
  }

  @Test
  void shouldRunTheExamples(HengeClient henge) {
    henge
        .admin()
        .createCollection(
            "orders", CollectionOptions.documentsShardedBy("userId").withId("orderId"));
    DocumentCollection<Order> orders = henge.documents("orders", Order.class);
    orders.insert(new Order(42, "o-1", new BigDecimal("19.90"), "open"));
    Optional<Stored<Order>> order = orders.get(Key.of(42), Key.of("o-1"));
    orders.patch(
        Key.of(42),
        Key.of("o-1"),
        Patches.set("status", "paid").inc("total", new BigDecimal("0.10")),
        DocumentOptions.DEFAULT.onlyIf(Filters.eq("status", "open")));
    assertThat(order.orElseThrow().document().status()).isEqualTo("open");
    assertThat(orders.get(Key.of(42), Key.of("o-1")).orElseThrow().document())
        .isEqualTo(new Order(42, "o-1", new BigDecimal("20.00"), "paid"));

    henge
        .admin()
        .createCollection("users", CollectionOptions.documentsShardedBy("id").withId("id"));
    DocumentCollection<JsonObject> users = henge.documents("users");
    users.insert(Json.parseObject("{\"id\": 42, \"orders\": 1}"));
    together(henge, orders, users);
    assertThat(Json.print(users.get(Key.of(42)).orElseThrow().document()))
        .isEqualTo("{\"id\":42,\"orders\":2}");
    watched(henge, orders);

    assertThat(overTheRing(orders)).containsExactly("o-2");
    declare(henge);
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> henge.admin().copies().stream().allMatch(copy -> copy.ready() == 1));
    assertThat(Json.print(users.get(Key.of(42)).orElseThrow().document()))
        .isEqualTo(
            "{\"id\":42,\"orders\":2,\"order_count\":2,\"recent\":[{\"orderId\":\"o-1\",\"total\":20.00},"
                + "{\"orderId\":\"o-2\",\"total\":1}]}");
  }

  /** Ids of the orders that are open. */
  private static List<String> overTheRing(DocumentCollection<Order> orders) {
    List<String> sent = new ArrayList<>();
    List<Double> shares = new ArrayList<>();
    new Object() {
      private void run() {
        FindOptions open = FindOptions.ALL.where(Filters.eq("status", "open"));
        try (FindAll<Order> all =
            orders.findAll(open, FindAllOptions.DEFAULT.progress(share -> show(share)))) {
          while (all.hasNext()) {
            send(all.next().document());
          }
        }
      }

      private void show(double share) {
        shares.add(share);
      }

      private void send(Order order) {
        sent.add(order.orderId());
      }
    }.run();
    assertThat(shares).isNotEmpty();
    return sent;
  }

  private static void declare(HengeClient henge) {
    henge.admin().createCopy(Copy.count("orders").into("users", "order_count"));
    henge
        .admin()
        .createCopy(
            Copy.from("orders")
                .fields("orderId", "total")
                .into("users", "recent")
                .last(20, "orderId"));
  }

  private static void watched(HengeClient henge, DocumentCollection<Order> orders) {
    henge.admin().keepChanges("orders", Duration.ofHours(24));
    try (Watch<Order> watch = orders.watch(WatchOptions.START)) {
      DocumentChange<Order> change = watch.next();
      remember(watch.token().toText(), change.after());
    }
  }

  private static void remember(String token, Optional<Stored<Order>> after) {
    assertThat(token).isNotEmpty();
    assertThat(after.orElseThrow().document().orderId()).isEqualTo("o-1");
  }

  private static void together(
      HengeClient henge, DocumentCollection<Order> orders, DocumentCollection<JsonObject> users) {
    Batch batch = Batch.on(Key.of(42));
    orders.insertIn(batch, new Order(42, "o-2", BigDecimal.ONE, "open"));
    users.patchIn(batch, Key.EMPTY, Patches.inc("orders", 1));
    henge.write(batch, WriteOptions.DEFAULT);
  }
}
