package io.henge.testkit.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.testing.Seed;
import io.henge.client.Admin;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.Copy;
import io.henge.client.DocumentCollection;
import io.henge.client.FamilyItem;
import io.henge.client.HengeClient;
import io.henge.client.ReadOptions;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import io.henge.server.Node;
import io.henge.testkit.cluster.HengeCluster;
import io.henge.testkit.cluster.TestCluster;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Readers of whole families in a tight loop, from any replica, while orders are inserted, patched
 * and deleted and expire, leaders are killed and a shard is cut: no user is ever seen whose count,
 * sum or list disagrees with her orders. Runs for 12 s; {@code -Dhenge.chaos.seconds=N} for longer,
 * {@code -Dtest.seed=N} for another course.
 */
@Tag("cluster")
final class FamilyViewTest {
  private static final long SECONDS = Long.getLong("henge.chaos.seconds", 12);
  private static final int USERS = 6;
  private static final int ORDERS = 12;
  private static final int LAST = 4;
  private static final Set<ErrorCode> EXPECTED =
      Set.of(ErrorCode.NOT_FOUND, ErrorCode.ALREADY_EXISTS, ErrorCode.OUTCOME_UNKNOWN);

  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong withOrders = new AtomicLong();
  private final AtomicLong writes = new AtomicLong();
  private volatile boolean ended;

  @Test
  @Timeout(1_200)
  @HengeCluster(nodes = 3)
  void shouldNeverShowAUserApartFromHerOrders(TestCluster cluster) throws InterruptedException {
    long seed = Seed.next("FamilyViewTest");
    cluster.awaitStatus(status -> status.replicationFactor() == 3);
    ClientOptions patient = ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30));
    List<Thread> threads = new ArrayList<>();
    try (HengeClient client = cluster.newClient(patient)) {
      client.operations().set("auto-merge", "off");
      declare(client.admin());
      for (int i = 0; i < 4; i++) {
        threads.add(start(client, seed + i, this::write));
        threads.add(start(client, seed + 10 + i, this::read));
      }
      disturb(cluster, client, new Random(seed));
      ended = true;
      for (Thread thread : threads) {
        thread.join();
      }
    } finally {
      ended = true;
    }
    System.err.println(
        writes + " writes, " + reads + " families read, " + withOrders + " of them with orders");
    assertThat(wrong).isEmpty();
    assertThat(withOrders.get()).as("else the run proves nothing").isGreaterThan(200);
  }

  private static void declare(Admin admin) {
    admin.createCollection("users", CollectionOptions.documentsShardedBy("user").withId("user"));
    admin.createCollection(
        "orders", CollectionOptions.documentsShardedBy("user").withId("order").expiringAt("until"));
    admin.createCopy(
        Copy.from("orders").fields("order", "total").into("users", "recent").last(LAST, "at"));
    admin.createCopy(Copy.count("orders").into("users", "figures.orders"));
    admin.createCopy(Copy.parse("copy users.figures.spent = sum(orders.total)"));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                admin.copies().size() == 3
                    && admin.copies().stream().allMatch(copy -> copy.ready() == 1));
  }

  private void disturb(TestCluster cluster, HengeClient client, Random random) {
    // A shard of a single family has nowhere to be cut.
    await().atMost(Duration.ofSeconds(60)).until(() -> writes.get() > 200);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    int kills = 0;
    boolean cut = false;
    while (System.nanoTime() - end < 0 || kills == 0) {
      ClusterStatus status = client.admin().status();
      long shard = status.shards().get(random.nextInt(status.shards().size())).id();
      if (!cut) {
        client.operations().split(shard);
        cut = true;
        cluster.awaitStatus(now -> now.shards().size() > status.shards().size());
      }
      Node leader = cluster.leader(shard);
      cluster.kill(leader);
      kills++;
      for (ClusterStatus.Shard one : client.admin().status().shards()) {
        assertThat(cluster.leader(one.id()).name()).isNotEqualTo(leader.name());
      }
      cluster.restart(leader.name());
      cluster.awaitStatus(now -> now.nodes().stream().allMatch(ClusterStatus.Node::reachable));
    }
  }

  private interface Work {
    void once(HengeClient client, Random random);
  }

  private Thread start(HengeClient client, long seed, Work work) {
    Random random = new Random(seed);
    Consumer<String> note =
        what -> {
          if (wrong.size() < 10) {
            wrong.add(what);
          }
        };
    Thread thread =
        new Thread(
            () -> {
              while (!ended && wrong.isEmpty()) {
                try {
                  work.once(client, random);
                } catch (HengeException e) {
                  if (!EXPECTED.contains(e.code())) {
                    note.accept(e.toString());
                  }
                } catch (RuntimeException | AssertionError e) {
                  note.accept(e.toString());
                }
              }
            },
            "family-" + seed);
    thread.start();
    return thread;
  }

  // ---- Writers ----

  private void write(HengeClient client, Random random) {
    long user = random.nextInt(USERS);
    String order = "o" + random.nextInt(ORDERS);
    DocumentCollection<JsonObject> orders = client.documents("orders");
    switch (random.nextInt(10)) {
      case 0 ->
          client
              .documents("users")
              .upsert(Json.parseObject("{\"user\": " + user + ", \"name\": \"n\"}"));
      case 1, 2 -> orders.delete(Key.of(user), Key.of(order));
      case 3, 4, 5 ->
          orders.patch(
              Key.of(user),
              Key.of(order),
              random.nextBoolean()
                  ? Patches.inc("total", new BigDecimal("0.10"))
                  : Patches.set("at", random.nextInt(5)));
      default -> {
        String until =
            random.nextInt(3) == 0
                ? ", \"until\": " + (System.currentTimeMillis() + random.nextInt(600))
                : "";
        orders.upsert(
            Json.parseObject(
                "{\"user\": "
                    + user
                    + ", \"order\": \""
                    + order
                    + "\", \"total\": "
                    + random.nextInt(100)
                    + ".50, \"at\": "
                    + random.nextInt(5)
                    + until
                    + "}"));
      }
    }
    writes.incrementAndGet();
  }

  // ---- Readers ----

  private void read(HengeClient client, Random random) {
    long user = random.nextInt(USERS);
    ReadOptions options = random.nextBoolean() ? ReadOptions.LINEARIZABLE : ReadOptions.EVENTUAL;
    JsonObject holder = null;
    List<JsonObject> orders = new ArrayList<>();
    Iterator<FamilyItem> family = client.family(Key.of(user), options);
    while (family.hasNext()) {
      FamilyItem item = family.next();
      JsonObject document = item.item().document();
      if (item.collection().equals("users")) {
        holder = document;
      } else {
        orders.add(document);
      }
    }
    reads.incrementAndGet();
    if (holder != null) {
      check(holder, orders);
      withOrders.addAndGet(orders.isEmpty() ? 0 : 1);
    }
  }

  private void check(JsonObject user, List<JsonObject> orders) {
    JsonObject figures = (JsonObject) Objects.requireNonNull(user.get("figures"));
    BigDecimal spent = BigDecimal.ZERO;
    for (JsonObject order : orders) {
      spent = spent.add(number(order.get("total")));
    }
    List<JsonObject> sorted = new ArrayList<>(orders);
    sorted.sort(
        Comparator.<JsonObject, BigDecimal>comparing(order -> number(order.get("at")))
            .thenComparing(
                order -> ((JsonText) Objects.requireNonNull(order.get("order"))).value()));
    List<JsonValue> last = new ArrayList<>();
    for (JsonObject order : sorted.subList(Math.max(0, sorted.size() - LAST), sorted.size())) {
      last.add(
          JsonObject.EMPTY
              .with("order", Objects.requireNonNull(order.get("order")))
              .with("total", Objects.requireNonNull(order.get("total"))));
    }
    boolean right =
        number(figures.get("orders")).intValueExact() == orders.size()
            && number(figures.get("spent")).compareTo(spent) == 0
            && JsonArray.of(last).equals(user.get("recent"));
    if (!right) {
      wrong.add(user + " disagrees with " + orders);
    }
  }

  private static BigDecimal number(@Nullable JsonValue value) {
    return value instanceof JsonNumber number ? number.decimal() : BigDecimal.ZERO;
  }
}
