package io.henge.cli.faults;

import static io.henge.cli.faults.Conditions.await;
import static io.henge.cli.faults.Conditions.awaitCaughtUp;
import static io.henge.cli.faults.Conditions.awaitWrites;
import static io.henge.cli.faults.Conditions.connect;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.client.HengeClient;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.process.ServerProcess;
import io.henge.testkit.workload.HistoryWorkload;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All nodes are stopped in order and started again, one after another, under load. */
@Tag("faults")
class RollingRestartTest {
  private static final int CLIENTS = 8;
  private static final long PAUSE_MILLIS = 4;

  @TempDir Path directory;

  @Test
  void shouldBeNoticedByNobody() {
    long seed = Seed.next("RollingRestartTest");
    try (ProcessCluster cluster = ProcessCluster.in(directory).start(3, "--shards", "3");
        HengeClient client = connect(cluster, 10)) {
      await(client, status -> status.replicationFactor() >= 3);
      try (HistoryWorkload load = HistoryWorkload.start(client, CLIENTS, seed, PAUSE_MILLIS)) {
        awaitWrites(load, 300);
        for (ServerProcess node : cluster.nodes()) {
          load.resetGap();
          // 143 = 128 + SIGTERM, which Java answers after its orderly end.
          assertThat(node.terminate()).isIn(0, 143);
          awaitWrites(load, 200);
          node.start();
          awaitCaughtUp(client, node.name());
          awaitWrites(load, 200);
          System.err.println(
              node.name() + " restarted, longest gap " + load.longestGapMillis() + " ms");
        }
        load.finish();
        assertThat(load.errors()).isEmpty();
        load.requireLinearizable();
      }
    }
  }
}
