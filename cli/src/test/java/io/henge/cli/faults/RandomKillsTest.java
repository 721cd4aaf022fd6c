package io.henge.cli.faults;

import static io.henge.cli.faults.Conditions.await;
import static io.henge.cli.faults.Conditions.awaitCaughtUp;
import static io.henge.cli.faults.Conditions.awaitWrites;
import static io.henge.cli.faults.Conditions.connect;
import static io.henge.cli.faults.Conditions.requireEqualReplicas;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.client.HengeClient;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.process.ServerProcess;
import io.henge.testkit.workload.HistoryWorkload;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One node after another is killed, at random, and started again, while clients read and write.
 * Runs for 15 s; {@code -Dhenge.faults.seconds=N} for longer.
 */
@Tag("faults")
class RandomKillsTest {
  private static final int CLIENTS = 8;
  private static final long PAUSE_MILLIS = 4;
  private static final long SECONDS = Long.getLong("henge.faults.seconds", 15);

  /** About every two seconds, with what a start takes: so many writes, and a bit at random. */
  private static final int WRITES_BETWEEN = 300;

  @TempDir Path directory;

  @Test
  void shouldStayLinearizableWhileNodesAreKilledOneAfterAnother() {
    long seed = Seed.next("RandomKillsTest");
    Random random = new Random(seed);
    try (ProcessCluster cluster = ProcessCluster.in(directory).start(3);
        HengeClient client = connect(cluster, 10)) {
      await(client, status -> status.replicationFactor() >= 3);
      try (HistoryWorkload load = HistoryWorkload.start(client, CLIENTS, seed, PAUSE_MILLIS)) {
        awaitWrites(load, 500);
        load.resetGap();
        int kills = 0;
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (System.nanoTime() - end < 0) {
          ServerProcess victim = cluster.nodes().get(random.nextInt(3));
          victim.kill();
          kills++;
          awaitWrites(load, random.nextInt(WRITES_BETWEEN));
          victim.start();
          // Two at a time would be no majority.
          awaitCaughtUp(client, victim.name());
          awaitWrites(load, random.nextInt(WRITES_BETWEEN));
        }
        System.err.println(
            kills
                + " kills, "
                + load.writes()
                + " writes, longest gap "
                + load.longestGapMillis()
                + " ms");
        load.finish();
        assertThat(load.errors()).isEmpty();
        load.requireLinearizable();
        requireEqualReplicas(cluster);
      }
    }
  }
}
