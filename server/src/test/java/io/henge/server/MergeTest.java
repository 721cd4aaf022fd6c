package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.v1.OperationControl;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.client.HengeClient;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(240)
class MergeTest {
  private static final OperationState DONE = OperationState.OPERATION_STATE_DONE;

  @TempDir private Path directory;

  @Test
  void shouldMergeNeighboursWhileClientsCount() throws Exception {
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 3, 3, ReshapeStep.Hook.NONE);
        HengeClient client = cluster.connect();
        Counting counting = new Counting(client, 3)) {
      SplitTest.fill(client);
      for (long right : new long[] {2, 3}) {
        OperationRecord operation = cluster.merge(1);
        assertThat(operation.getOtherShardId()).isEqualTo(right);
        cluster.await(operation, DONE);
        cluster.awaitGone(right);
      }
      counting.finish();
      SplitTest.requireFilled(client);
      assertThat(cluster.rows()).hasSize(1);
      cluster.requireEqualReplicas();
    }
  }

  @Test
  void shouldTakeAMergeBackAndSplitAndMergeAgain() throws Exception {
    CrashPoint hold = new CrashPoint(ReshapeStep.MERGE_COPIED, 1);
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 3, 2, hold);
        HengeClient client = cluster.connect();
        Counting counting = new Counting(client, 3)) {
      SplitTest.fill(client);
      OperationRecord operation = cluster.merge(1);
      hold.awaitReached();
      cluster.control(operation, OperationControl.OPERATION_CONTROL_CANCEL);
      hold.release();
      cluster.await(operation, OperationState.OPERATION_STATE_CANCELLED);
      cluster.await(cluster.split(2), DONE);
      cluster.await(cluster.merge(1), DONE);
      cluster.awaitGone(2);
      counting.finish();
      SplitTest.requireFilled(client);
      assertThat(cluster.rows()).hasSize(2);
      cluster.requireEqualReplicas();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ReshapeStep.class,
      names = {
        "MERGE_BEGUN",
        "MERGE_FROZEN",
        "MERGE_PAGE",
        "MERGE_COPIED",
        "MERGE_SEALED",
        "MERGE_DECIDED"
      })
  void shouldFinishAMergeThoughTheLeaderDiesAtAnyStep(ReshapeStep step) throws Exception {
    CrashPoint crash = new CrashPoint(step, 1);
    try (ReshapeCluster cluster = new ReshapeCluster(directory, 3, 2, crash);
        HengeClient client = cluster.connect();
        Counting counting = new Counting(client, 2)) {
      SplitTest.fill(client);
      OperationRecord operation = cluster.merge(1);
      crash.awaitReached();
      HengeNode dead = crash.heldOf(cluster.nodes());
      crash.kill(dead);
      HengeNode back = cluster.restart(dead);
      cluster.await(operation, DONE);
      back.awaitReady(Duration.ofSeconds(30));
      cluster.awaitGone(2);
      counting.finish();
      SplitTest.requireFilled(client);
      cluster.requireEqualReplicas();
    }
  }
}
