package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
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

/** Replicas go to other nodes, and nothing of them stays. */
@Timeout(240)
class RemovalTest {
  private static final OperationState DONE = OperationState.OPERATION_STATE_DONE;

  @TempDir private Path directory;

  @Test
  void shouldMoveTheLeadersReplicaWhileClientsCount() throws Exception {
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 4, 1, ReshapeStep.Hook.NONE);
        HengeClient client = cluster.connect();
        Counting counting = new Counting(client, 3)) {
      SplitTest.fill(client);
      HengeNode leaving = cluster.leaderOf(1);
      HengeNode coming = without(cluster);
      cluster.await(cluster.move(1, leaving, coming), DONE);
      requireGone(cluster, leaving);
      assertThat(leaving.core().hasFailed()).isFalse();
      // And back again, though there is a tombstone.
      HengeNode next = cluster.leaderOf(1);
      cluster.await(cluster.move(1, next, leaving), DONE);
      requireGone(cluster, next);
      counting.finish();
      SplitTest.requireFilled(client);
      cluster.requireEqualReplicas();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ReshapeStep.class,
      names = {"REMOVAL_NOTED", "REMOVAL_LOG_GONE", "REMOVAL_STORE_GONE"})
  void shouldFinishARemovalThatACrashHasInterrupted(ReshapeStep step) throws Exception {
    CrashPoint crash = new CrashPoint(step, 1);
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 4, 1, crash);
        HengeClient client = cluster.connect()) {
      SplitTest.fill(client);
      HengeNode leaving = cluster.leaderOf(1);
      OperationRecord move = cluster.move(1, leaving, without(cluster));
      crash.awaitReached();
      crash.kill(leaving);
      HengeNode restarted = cluster.restart(leaving);
      restarted.awaitReady(Duration.ofSeconds(30));
      requireGone(cluster, restarted);
      cluster.await(move, DONE);
      SplitTest.requireFilled(client);
    }
  }

  @Test
  void shouldDrainANodeAndRemoveIt() throws Exception {
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 4, 3, ReshapeStep.Hook.NONE);
        HengeClient client = cluster.connect();
        Counting counting = new Counting(client, 3)) {
      SplitTest.fill(client);
      HengeNode leaving = cluster.node("n1");
      cluster.await(cluster.drain(leaving), DONE);
      // It follows meta from outside now, and hears of it a moment later.
      await()
          .atMost(20, TimeUnit.SECONDS)
          .untilAsserted(
              () -> {
                for (ShardRow row : cluster.rows()) {
                  assertThat(row.getReplicaNodeIdsList()).hasSize(3).doesNotContain(leaving.id());
                }
              });
      for (ShardRow row : cluster.rows()) {
        cluster.awaitGone(row.getShardId(), leaving);
      }
      cluster.awaitGone(0, leaving);
      cluster.await(cluster.remove(leaving), DONE);
      cluster.stop(leaving);
      counting.finish();
      SplitTest.requireFilled(client);
      cluster.requireEqualReplicas();
    }
  }

  private static HengeNode without(ReshapeCluster cluster) {
    return cluster.nodes().stream()
        .filter(node -> node.core().localShards().find(1) == null)
        .findFirst()
        .orElseThrow();
  }

  private static void requireGone(ReshapeCluster cluster, HengeNode node) {
    cluster.awaitGone(1, node);
    await()
        .atMost(30, TimeUnit.SECONDS)
        .untilAsserted(
            () ->
                assertThat(node.directory().resolve("registry"))
                    .hasContent("henge-registry 1\ngone 1\n"));
    await().atMost(20, TimeUnit.SECONDS).until(() -> node.core().hindrances().isEmpty());
  }
}
