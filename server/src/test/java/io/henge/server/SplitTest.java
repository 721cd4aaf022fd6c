package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
