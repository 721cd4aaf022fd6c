package io.henge.testkit.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.Batch;
import io.henge.client.ChangeListener;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentChange;
import io.henge.client.DocumentCollection;
import io.henge.client.HengeClient;
import io.henge.client.Watch;
import io.henge.client.WatchOptions;
import io.henge.client.WriteOptions;
import io.henge.document.patch.Patches;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.server.Node;
import io.henge.testkit.cluster.HengeCluster;
import io.henge.testkit.cluster.TestCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watching a collection, from Java. */
@Tag("cluster")
@Timeout(120)
@HengeCluster(nodes = 3, shards = 3)
final class WatchTest {
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration NOT_YET = Duration.ofMillis(300);

  private static DocumentCollection<JsonObject> collection(HengeClient client, String name) {
    client
        .admin()
        .createCollection(name, CollectionOptions.documentsShardedBy("user").withId("order"));
    client.admin().keepChanges(name, Duration.ofHours(1));
    return client.documents(name);
  }

  private static JsonObject order(int user, String order, int total) {
    return Json.parseObject(
        "{\"user\": " + user + ", \"order\": \"" + order + "\", \"total\": " + total + "}");
  }

  private static DocumentChange<JsonObject> next(Watch<JsonObject> watch) {
    return watch.poll(SOON).orElseThrow(() -> new AssertionError("no change came"));
  }

  @Test
  void shouldShowWhatHappensFromNowOn(HengeClient client) {
    DocumentCollection<JsonObject> orders = collection(client, "now");
    orders.insert(order(1, "a", 1));
    try (Watch<JsonObject> watch = orders.watch(WatchOptions.NOW)) {
      assertThat(watch.poll(NOT_YET)).as("what was before is not seen").isEmpty();
      long inserted = orders.insert(order(1, "b", 2)).version();
      orders.patch(Key.of(1), Key.of("b"), Patches.inc("total", 5));
      orders.delete(Key.of(1), Key.of("b"));

      DocumentChange<JsonObject> first = next(watch);
      assertThat(first.kind()).isEqualTo(DocumentChange.Kind.PUT);
      assertThat(first.version()).isEqualTo(inserted);
      assertThat(first.shardingKey()).isEqualTo(Key.of(1));
      assertThat(first.id()).isEqualTo(Key.of("b"));
      assertThat(first.before()).isEmpty();
      assertThat(first.after().orElseThrow().document()).isEqualTo(order(1, "b", 2));
      DocumentChange<JsonObject> second = next(watch);
      assertThat(second.after().orElseThrow().document()).isEqualTo(order(1, "b", 7));
      assertThat(second.version()).isGreaterThan(first.version());
      DocumentChange<JsonObject> third = next(watch);
      assertThat(third.kind()).isEqualTo(DocumentChange.Kind.DELETE);
      assertThat(third.after()).isEmpty();
      assertThat(third.version()).isGreaterThan(second.version());
    }
  }

  @Test
  void shouldShowWhatIsThereAndThenWhatHappens(HengeClient client) {
    DocumentCollection<JsonObject> orders = collection(client, "start");
    for (int user = 0; user < 50; user++) {
      orders.insert(order(user, "a", user));
    }
    Map<Key, Integer> seen = new TreeMap<>(Key::compareTo);
    try (Watch<JsonObject> watch = orders.watch(WatchOptions.START)) {
      while (seen.size() < 50) {
        DocumentChange<JsonObject> change = next(watch);
        assertThat(change.kind()).isEqualTo(DocumentChange.Kind.PRESENT);
        seen.merge(change.shardingKey(), 1, Integer::sum);
      }
      assertThat(seen.values()).containsOnly(1);
      orders.delete(Key.of(7), Key.of("a"));
      DocumentChange<JsonObject> gone = next(watch);
      assertThat(gone.kind()).isEqualTo(DocumentChange.Kind.DELETE);
      assertThat(gone.shardingKey()).isEqualTo(Key.of(7));
    }
  }

  @Test
  void shouldGoOnFromAToken(HengeClient client, TestCluster cluster) {
    DocumentCollection<JsonObject> orders = collection(client, "token");
    for (int user = 0; user < 30; user++) {
      orders.insert(order(user, "a", 0));
    }
    ChangeToken token = null;
    Map<Key, Long> last = new TreeMap<>(Key::compareTo);
    int given = 0;
    for (int round = 0; given < 30 + 60; round++) {
      if (round >= 5 && round < 11) {
        // Not before all are seen: what is there is seen as it is, not as it has been.
        for (int user = 0; user < 10; user++) {
          orders.upsert(order(round % 6 * 5 + user % 5, "a", user));
        }
      }
      WatchOptions from = token == null ? WatchOptions.START : WatchOptions.after(token);
      try (Watch<JsonObject> watch = orders.watch(from)) {
        for (int i = 0; i < 6 && given < 90; i++) {
          DocumentChange<JsonObject> change = next(watch);
          Long before = last.put(change.shardingKey(), change.version());
          assertThat(before == null || before < change.version()).isTrue();
          given++;
        }
        token = ChangeToken.parse(watch.token().toText());
      }
      if (round == 7) {
        Node leader = cluster.leader(1);
        cluster.kill(leader);
        cluster.restart(leader.name());
      }
    }
    assertThat(given).isEqualTo(90);
  }

  @Test
  void shouldKeepToOneShardingKeyAndToWhatMatches(HengeClient client) {
    DocumentCollection<JsonObject> orders = collection(client, "part");
    try (Watch<JsonObject> ofOne = orders.watch(WatchOptions.NOW.of(Key.of(2)));
        Watch<JsonObject> large = orders.watch(WatchOptions.NOW.where("total > 10"))) {
      orders.insert(order(1, "a", 11));
      orders.insert(order(2, "a", 2));
      orders.insert(order(2, "b", 22));
      orders.delete(Key.of(1), Key.of("a"));
      assertThat(next(ofOne).after().orElseThrow().document()).isEqualTo(order(2, "a", 2));
      assertThat(next(ofOne).after().orElseThrow().document()).isEqualTo(order(2, "b", 22));
      assertThat(ofOne.poll(NOT_YET)).isEmpty();
      List<String> seen = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        DocumentChange<JsonObject> change = next(large);
        seen.add(change.kind() + " " + change.shardingKey() + " " + change.id());
      }
      assertThat(seen)
          .as("what is gone cannot be told from what does not match")
          .containsExactlyInAnyOrder(
              "PUT " + Key.of(1) + " " + Key.of("a"),
              "PUT " + Key.of(2) + " " + Key.of("b"),
              "DELETE " + Key.of(1) + " " + Key.of("a"));
      ChangeToken elsewhere = large.token();
      expect(
          ErrorCode.INVALID_ARGUMENT,
          () -> orders.watch(WatchOptions.after(elsewhere).of(Key.of(2))));
    }
  }

  @Test
  void shouldShowAWriteOfSeveralDocumentsAndWhatExpires(HengeClient client) {
    client
        .admin()
        .createCollection(
            "expiring",
            CollectionOptions.documentsShardedBy("user").withId("order").expiringAt("until"));
    client.admin().keepChanges("expiring", Duration.ofHours(1));
    DocumentCollection<JsonObject> orders = client.documents("expiring");
    try (Watch<JsonObject> watch = orders.watch(WatchOptions.NOW.of(Key.of(5)))) {
      Batch batch = Batch.on(Key.of(5));
      orders.insertIn(batch, order(5, "a", 1));
      orders.insertIn(
          batch,
          Json.parseObject(
              "{\"user\": 5, \"order\": \"b\", \"until\": "
                  + (System.currentTimeMillis() + 700)
                  + "}"));
      client.write(batch, WriteOptions.DEFAULT);
      assertThat(next(watch).id()).isEqualTo(Key.of("a"));
      DocumentChange<JsonObject> second = next(watch);
      assertThat(second.after().orElseThrow().expiresAt()).isPresent();
      DocumentChange<JsonObject> expired = next(watch);
      assertThat(expired.kind()).isEqualTo(DocumentChange.Kind.EXPIRE);
      assertThat(expired.id()).isEqualTo(Key.of("b"));
      assertThat(expired.version()).isGreaterThan(second.version());
    }
  }

  @Test
  void shouldTellAListenerOneAfterTheOther(HengeClient client) throws Exception {
    DocumentCollection<JsonObject> orders = collection(client, "listened");
    BlockingQueue<List<DocumentChange<JsonObject>>> told = new LinkedBlockingQueue<>();
    CompletableFuture<Void> goOn = new CompletableFuture<>();
    AutoCloseable watch =
        orders
            .async()
            .watch(
                WatchOptions.NOW,
                new ChangeListener<JsonObject>() {
                  @Override
                  public CompletionStage<?> changed(
                      List<DocumentChange<JsonObject>> changes, ChangeToken token) {
                    told.add(changes);
                    return goOn;
                  }

                  @Override
                  public void failed(HengeException why) {
                    throw new AssertionError(why);
                  }
                })
            .get(20, TimeUnit.SECONDS);
    orders.insert(order(1, "a", 1));
    assertThat(told.poll(20, TimeUnit.SECONDS)).hasSize(1);
    orders.insert(order(1, "b", 1));
    assertThat(told.poll(NOT_YET.toMillis(), TimeUnit.MILLISECONDS))
        .as("the listener is at work")
        .isNull();
    goOn.complete(null);
    assertThat(told.poll(20, TimeUnit.SECONDS)).hasSize(1);
    watch.close();
  }

  @Test
  void shouldEndWhenItIsClosedOrThereIsNothingToWatch(HengeClient client) throws Exception {
    DocumentCollection<JsonObject> orders = collection(client, "closed");
    Watch<JsonObject> watch = orders.watch(WatchOptions.NOW);
    CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(watch::hasNext);
    assertThat(waiting.isDone()).isFalse();
    watch.close();
    assertThat(waiting.get(20, TimeUnit.SECONDS)).isFalse();

    client
        .admin()
        .createCollection("unkept", CollectionOptions.documentsShardedBy("user").withId("order"));
    expect(ErrorCode.CONDITION_FAILED, () -> client.documents("unkept").watch(WatchOptions.NOW));
    expect(ErrorCode.NOT_FOUND, () -> client.documents("nowhere").watch(WatchOptions.NOW));
  }

  private static void expect(ErrorCode code, Runnable call) {
    assertThatExceptionOfType(HengeException.class)
        .isThrownBy(call::run)
        .satisfies(e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
  }
}
