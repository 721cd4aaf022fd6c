package io.henge.cli.faults;

import static io.henge.cli.faults.Conditions.await;
import static io.henge.cli.faults.Conditions.awaitWrites;
import static io.henge.cli.faults.Conditions.connect;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.client.HengeClient;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.workload.PatchWorkload;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sixteen clients patch the same documents and different ones, while shards are cut, joined and
 * moved, leaderships handed over, nodes killed, stopped and started again, all at random: every
 * patch takes effect once, or its client was not told that it did. Runs for 30 s; {@code
 * -Dhenge.chaos.seconds=N} for longer, {@code -Dtest.seed=N} for another course.
 */
@Tag("faults")
class PatchChaosTest {
  private static final int NODES = 4;
  private static final int CLIENTS = 16;
  private static final long PAUSE_MILLIS = 10;
  private static final long SECONDS = Long.getLong("henge.chaos.seconds", 30);

  @TempDir Path directory;

  @Test
  void shouldTakeEachPatchOnceWhileShardsAreReshapedAndNodesDie() throws InterruptedException {
    long seed = Seed.next("PatchChaosTest");
    try (ProcessCluster cluster = ProcessCluster.in(directory).start(NODES);
        HengeClient client = connect(cluster, 30);
        HengeClient another = connect(cluster, 30)) {
      await(client, status -> status.replicationFactor() >= 3);
      // What is cut here must not be joined again by itself, or nothing would be left to do.
      client.operations().set("auto-merge", "off");
      try (PatchWorkload load =
          PatchWorkload.start(List.of(client, another), CLIENTS, seed, PAUSE_MILLIS)) {
        awaitWrites(load::writes, 200);
        Nemesis nemesis = new Nemesis(cluster, client, seed);
        long length = TimeUnit.SECONDS.toNanos(SECONDS);
        long start = System.nanoTime();
        // On a slow machine little happens in the time: then longer, or it would prove nothing.
        while (System.nanoTime() - start < length
            || (!nemesis.isVaried() && System.nanoTime() - start < 4 * length)) {
          nemesis.act();
          awaitWrites(load::writes, nemesis.writesBetween());
        }
        nemesis.heal();
        awaitWrites(load::writes, 200);
        WholeCluster.awaitRest(client);
        load.finish();
        System.err.println(nemesis + ", " + load);
        assertThat(load.errors()).isEmpty();
        load.requireExact();
        WholeCluster.require(cluster, client.admin().status());
        assertThat(nemesis.isVaried()).as(nemesis.toString()).isTrue();
      }
    }
  }
}
