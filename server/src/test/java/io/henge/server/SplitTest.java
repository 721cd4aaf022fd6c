package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.internal.v1.ShardRow;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.Operations;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@Timeout(240)
class SplitTest {
  private static final Logger LOG = LoggerFactory.getLogger(SplitTest.class);
  private static final OperationState DONE = OperationState.OPERATION_STATE_DONE;
  private static final int ITEMS = 300;

  @TempDir private Path directory;

  @Test
  void shouldSplitAgainAndAgainWhileClientsCount() throws Exception {
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 3, 1, ReshapeStep.Hook.NONE);
        HengeClient client = cluster.connect();
        Counting counting = new Counting(client, 3)) {
      fill(client);
      long shard = 1;
      for (int round = 0; round < 7; round++) {
        counting.awaitMore(200);
        long calm = counting.longestGapMillis();
        long began = System.nanoTime();
        OperationRecord operation = cluster.split(shard);
        cluster.await(operation, DONE);
        long done = System.nanoTime();
        counting.awaitMore(200);
        LOG.info(
            "split {}: done after {} ms; longest gap {} ms, in calm {} ms",
            round,
            (done - began) / 1_000_000,
            counting.longestGapMillis(),
            calm);
        shard = operation.getOtherShardId();
      }
      LOG.info("{} writes", counting.finish());
      requireFilled(client);
      assertThat(cluster.rows()).hasSize(8);
      cluster.requireEqualReplicas();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ReshapeStep.class,
      names = {"SEED_BEFORE", "SEED_LAID", "BIRTH_BEGINS", "BIRTH_STORE", "BIRTH_STARTED"})
  void shouldFinishASplitThoughANodeDiesAtAnyStep(ReshapeStep step) throws Exception {
    long child = 2;
    CrashPoint crash = new CrashPoint(step, child);
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 3, 1, crash);
        HengeClient client = cluster.connect();
        Counting counting = new Counting(client, 3)) {
      fill(client);
      OperationRecord operation = cluster.split(1);
      assertThat(operation.getOtherShardId()).isEqualTo(child);
      crash.awaitReached();
      HengeNode dead = crash.heldOf(cluster.nodes());
      crash.kill(dead);
      HengeNode back = cluster.restart(dead);
      cluster.await(operation, DONE);
      back.awaitReady(Duration.ofSeconds(30));
      counting.finish();
      requireFilled(client);
      cluster.requireEqualReplicas();
      assertThat(cluster.rows()).hasSize(2);
      await()
          .atMost(30, TimeUnit.SECONDS)
          .untilAsserted(
              () -> {
                for (HengeNode node : cluster.nodes()) {
                  assertThat(node.core().localShards().find(child)).isNotNull();
                  assertThat(node.directory().resolve("seeds")).isEmptyDirectory();
                }
              });
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldReplaceMembersOnlyWhenOneThatWasDownHasMadeItsChild(boolean itself) throws Exception {
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 4, 1, ReshapeStep.Hook.NONE);
        HengeClient client = cluster.connect()) {
      fill(client);
      HengeNode leader = cluster.leaderOf(1);
      List<String> members = cluster.rows().get(0).getReplicaNodeIdsList();
      HengeNode away = null;
      HengeNode other = null;
      HengeNode spare = null;
      for (HengeNode node : cluster.nodes()) {
        if (!members.contains(node.id())) {
          spare = node;
        } else if (node != leader) {
          other = away;
          away = node;
        }
      }
      HengeNode from = Objects.requireNonNull(itself ? away : other);
      cluster.stop(Objects.requireNonNull(away));
      OperationRecord split = cluster.split(1);
      await().atMost(30, TimeUnit.SECONDS).until(() -> cluster.rows().size() == 2);
      // Its replica has not applied the split, and nobody else's log than a member's then has it.
      OperationRecord move = cluster.move(1, from, Objects.requireNonNull(spare));
      cluster.awaitPhase(move, "waiting for members to finish a split");
      HengeNode back = cluster.restart(away);
      back.awaitReady(Duration.ofSeconds(30));
      cluster.await(split, DONE);
      cluster.await(move, DONE);
      cluster.awaitGone(1, itself ? back : from);
      assertThat(back.core().localShards().find(split.getOtherShardId())).isNotNull();
      requireFilled(client);
      cluster.requireEqualReplicas();
    }
  }

  @Test
  void shouldCutABusyShardByItselfWhereItsLoadHalves() throws Exception {
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 3, 1, ReshapeStep.Hook.NONE);
        HengeClient client = cluster.connect()) {
      fill(client);
      Operations operations = client.operations();
      operations.set("auto-merge", "off");
      operations.set("split-cool-down-seconds", "1");
      operations.set("split-load-seconds", "2");
      operations.set("split-operations-per-second", "150");
      // Nearly all of the load is on four of the keys, the last ones on the ring.
      List<Key> hot =
          IntStream.range(0, ITEMS)
              .mapToObj(Key::of)
              .sorted((a, b) -> Long.compareUnsigned(b.token(), a.token()))
              .limit(4)
              .toList();
      AtomicBoolean stop = new AtomicBoolean();
      List<Thread> readers = new ArrayList<>();
      for (Key key : hot) {
        Thread reader = new Thread(() -> readUntil(stop, client, key));
        readers.add(reader);
        reader.start();
      }
      try {
        await()
            .atMost(60, TimeUnit.SECONDS)
            .until(() -> cluster.rows().stream().anyMatch(row -> divides(row, hot)));
      } finally {
        stop.set(true);
        for (Thread reader : readers) {
          reader.join();
        }
      }
      assertThat(operations.list(true)).allMatch(operation -> !operation.byCommand());
      requireFilled(client);
      cluster.requireEqualReplicas();
    }
  }

  /** Whether a shard begins among the hot keys: in the middle of the data it would not. */
  private static boolean divides(ShardRow row, List<Key> hot) {
    if (row.getStart().isEmpty()) {
      return false;
    }
    long cut = PhysicalKey.token(row.getStart().toByteArray());
    long below = hot.stream().filter(key -> Long.compareUnsigned(key.token(), cut) < 0).count();
    return below > 0 && below < hot.size();
  }

  private static void readUntil(AtomicBoolean stop, HengeClient client, Key key) {
    while (!stop.get()) {
      assertThat(client.collection("carts").get(key, Key.EMPTY)).isPresent();
    }
  }

  static void fill(HengeClient client) {
    client.admin().createCollection("carts", CollectionOptions.defaults());
    for (int i = 0; i < ITEMS; i++) {
      client.collection("carts").put(Key.of(i), Key.EMPTY, value(i));
    }
  }

  private static Value value(int i) {
    return Value.of(("v" + i + " ").repeat(200));
  }

  static void requireFilled(HengeClient client) {
    for (int i = 0; i < ITEMS; i++) {
      assertThat(client.collection("carts").get(Key.of(i), Key.EMPTY).orElseThrow().value())
          .isEqualTo(value(i));
    }
  }
}
