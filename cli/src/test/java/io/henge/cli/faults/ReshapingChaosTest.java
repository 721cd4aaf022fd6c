package io.henge.cli.faults;

import static io.henge.cli.faults.Conditions.await;
import static io.henge.cli.faults.Conditions.awaitWrites;
import static io.henge.cli.faults.Conditions.connect;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.client.HengeClient;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.workload.HistoryWorkload;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Shards are cut, joined and moved, leaderships handed over, nodes killed, stopped and started
 * again, all at random, while clients read and write; then everything must be as if nothing had
 * been. Runs for 30 s; {@code -Dhenge.chaos.seconds=N} for longer, {@code -Dtest.seed=N} for
 * another course.
 */
@Tag("faults")
class ReshapingChaosTest {
  private static final int NODES = 4;
  private static final int CLIENTS = 12;
  private static final long PAUSE_MILLIS = 10;
  private static final long SECONDS = Long.getLong("henge.chaos.seconds", 30);

  @TempDir Path directory;

  @Test
  void shouldKeepEverythingWhileShardsAreReshapedAndNodesDie() {
    long seed = Seed.next("ReshapingChaosTest");
    try (ProcessCluster cluster = ProcessCluster.in(directory).start(NODES);
        HengeClient client = connect(cluster, 30)) {
      await(client, status -> status.replicationFactor() >= 3);
      // What is cut here must not be joined again by itself, or nothing would be left to do.
      client.operations().set("auto-merge", "off");
      try (HistoryWorkload load = HistoryWorkload.start(client, CLIENTS, seed, PAUSE_MILLIS)) {
        awaitWrites(load, 200);
        load.resetGap();
        Nemesis nemesis = new Nemesis(cluster, client, seed);
        long length = TimeUnit.SECONDS.toNanos(SECONDS);
        long start = System.nanoTime();
        // On a slow machine little happens in the time: then longer, or it would prove nothing.
        while (System.nanoTime() - start < length
            || (!nemesis.isVaried() && System.nanoTime() - start < 4 * length)) {
          nemesis.act();
          awaitWrites(load, nemesis.writesBetween());
        }
        nemesis.heal();
        awaitWrites(load, 200);
        System.err.println(
            nemesis + ", " + load.writes() + " writes, longest gap " + load.longestGapMillis());
        WholeCluster.awaitRest(client);
        load.finish();
        assertThat(load.errors()).isEmpty();
        load.requireLinearizable();
        WholeCluster.require(cluster, client.admin().status());
        assertThat(nemesis.isVaried()).as(nemesis.toString()).isTrue();
      }
    }
  }
}
