package io.henge.testkit.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.testing.Seed;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.DocumentCollection;
import io.henge.client.FindOptions;
import io.henge.client.HengeClient;
import io.henge.client.Operations;
import io.henge.client.ReadOptions;
import io.henge.client.Stored;
import io.henge.document.value.Json;
import io.henge.document.value.JsonObject;
import io.henge.server.Node;
import io.henge.testkit.cluster.HengeCluster;
import io.henge.testkit.cluster.TestCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Writers on many keys while leaders die, shards are cut and joined, replicas move; and two
 * watchers, one of them closed and begun anew from its token at random. Each sees the versions of
 * each document in order, all that were acknowledged, and in the end what is there. Runs for 12 s;
 * {@code -Dhenge.chaos.seconds=N} for longer, {@code -Dtest.seed=N} for another course.
 */
@Tag("cluster")
final class WatchChaosTest {
  private static final long SECONDS = Long.getLong("henge.chaos.seconds", 12);
  private static final int WRITERS = 4;
  private static final int KEYS = 40;

  private final AtomicBoolean over = new AtomicBoolean();
  private final WatchedHistory history = new WatchedHistory();

  @Test
  @Timeout(1_200)
  @HengeCluster(nodes = 4, shards = 2)
  void shouldShowEveryChangeInOrderWhateverHappens(TestCluster cluster) throws Exception {
    long seed = Seed.next("WatchChaosTest");
    Random random = new Random(seed);
    ClientOptions patient = ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30));
    try (HengeClient client = cluster.newClient(patient)) {
      client.operations().set("auto-merge", "off");
      client
          .admin()
          .createCollection("watched", CollectionOptions.documentsShardedBy("k").withId("k"));
      client.admin().keepChanges("watched", Duration.ofHours(1));
      DocumentCollection<JsonObject> documents = client.documents("watched");
      List<Thread> threads = new ArrayList<>();
      ResumingWatcher steady = new ResumingWatcher(documents, history, new Random(seed + 1), 0);
      ResumingWatcher restless = new ResumingWatcher(documents, history, new Random(seed + 2), 60);
      threads.add(new Thread(steady, "steady-watcher"));
      threads.add(new Thread(restless, "restless-watcher"));
      for (int writer = 0; writer < WRITERS; writer++) {
        int number = writer;
        Random its = new Random(seed + 10 + writer);
        threads.add(new Thread(() -> write(documents, number, its), "writer-" + writer));
      }
      threads.forEach(Thread::start);
      disturb(cluster, client, random);
      over.set(true);
      for (Thread thread : threads.subList(2, threads.size())) {
        thread.join(TimeUnit.SECONDS.toMillis(60));
        assertThat(thread.isAlive()).as(thread.getName()).isFalse();
      }
      List<Stored<JsonObject>> left = new ArrayList<>();
      Iterator<Stored<JsonObject>> all =
          documents.findOnAllShards(FindOptions.ALL, ReadOptions.LINEARIZABLE);
      all.forEachRemaining(left::add);
      for (ResumingWatcher watcher : List.of(steady, restless)) {
        await()
            .atMost(Duration.ofSeconds(60))
            .pollInterval(Duration.ofMillis(100))
            .until(() -> watcher.failure() != null || watcher.hasSeenAll(left));
      }
      steady.stop();
      restless.stop();
      threads.get(0).join(TimeUnit.SECONDS.toMillis(30));
      threads.get(1).join(TimeUnit.SECONDS.toMillis(30));
      System.err.println(
          history + "; steady " + steady + "; restless " + restless + "; seed " + seed);
      for (ResumingWatcher watcher : List.of(steady, restless)) {
        watcher.requireComplete(left);
      }
      assertThat(restless.resumed()).isGreaterThan(2);
      assertThat(history.acknowledged()).isGreaterThan(100);
    }
  }

  private void write(DocumentCollection<JsonObject> documents, int writer, Random random) {
    long n = 0;
    while (!over.get()) {
      int key = writer * KEYS + random.nextInt(KEYS);
      n++;
      try {
        if (random.nextInt(5) == 0) {
          documents.delete(Key.of(key), Key.EMPTY);
        } else {
          JsonObject document = Json.parseObject("{\"k\":" + key + ",\"n\":" + n + "}");
          history.acknowledged(key, documents.upsert(document).version(), n);
        }
      } catch (HengeException e) {
        // It may have taken effect: whoever watches will see, and nobody holds it to that.
        if (e.code() == ErrorCode.INTERNAL || e.code() == ErrorCode.INVALID_ARGUMENT) {
          throw e;
        }
      }
    }
  }

  private void disturb(TestCluster cluster, HengeClient client, Random random)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    int kills = 0;
    int reshaped = 0;
    int tries = 0;
    while (System.nanoTime() - end < 0 || ((kills == 0 || reshaped < 2) && tries < 100)) {
      tries++;
      ClusterStatus status = client.admin().status();
      ClusterStatus.Shard shard = status.shards().get(random.nextInt(status.shards().size()));
      try {
        switch (random.nextInt(4)) {
          case 0 -> {
            Node leader = cluster.leader(shard.id());
            cluster.kill(leader);
            history.awaitMore(30);
            cluster.restart(leader.name());
            kills++;
          }
          case 1 -> reshaped += ended(client, client.operations().split(shard.id())) ? 1 : 0;
          case 2 -> reshaped += ended(client, client.operations().merge(shard.id())) ? 1 : 0;
          default -> move(client, status, shard, random);
        }
      } catch (HengeException e) {
        System.err.println("not done: " + e.getMessage());
      }
      history.awaitMore(20 + random.nextInt(60));
    }
    System.err.println(kills + " kills, " + reshaped + " splits and merges");
  }

  private static void move(
      HengeClient client, ClusterStatus status, ClusterStatus.Shard shard, Random random) {
    List<String> members = shard.replicas().stream().map(ClusterStatus.Replica::node).toList();
    List<ClusterStatus.Node> others =
        status.nodes().stream()
            .filter(node -> !members.contains(node.id()) && !members.contains(node.name()))
            .toList();
    if (!others.isEmpty()) {
      String from = members.get(random.nextInt(members.size()));
      ended(client, client.operations().move(shard.id(), from, others.get(0).name()));
    }
  }

  private static boolean ended(HengeClient client, Operations.Operation begun) {
    Operations.Operation[] last = {begun};
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptionsInstanceOf(HengeException.class)
        .until(
            () -> {
              last[0] = client.operations().get(begun.id());
              return last[0].state().isEnded();
            });
    return last[0].state() == Operations.State.DONE;
  }
}
