package io.henge.cli.faults;

import static io.henge.cli.faults.Conditions.await;
import static io.henge.cli.faults.Conditions.awaitCaughtUp;
import static io.henge.cli.faults.Conditions.awaitWrites;
import static io.henge.cli.faults.Conditions.connect;
import static io.henge.cli.faults.Conditions.leader;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.testing.Seed;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.ItemCollection;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.process.ServerProcess;
import io.henge.testkit.workload.HistoryWorkload;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes, real signals: the leader is killed, stopped and woken, everything is killed at
 * once, while clients read and write; and their history is checked.
 */
@Tag("faults")
class ClusterFaultsTest {
  private static final int CLIENTS = 16;
  private static final long PAUSE_MILLIS = 4;

  @TempDir Path directory;

  @Test
  void shouldLoseNothingAndShowNoErrorWhenTheLeaderIsKilled() {
    long seed = Seed.next("ClusterFaultsTest");
    try (ProcessCluster cluster = ProcessCluster.in(directory).start(3);
        HengeClient client = connect(cluster, 5)) {
      await(client, status -> status.replicationFactor() >= 3);
      try (HistoryWorkload load = HistoryWorkload.start(client, CLIENTS, seed, PAUSE_MILLIS)) {
        awaitWrites(load, 1_000);
        ServerProcess leader = leader(cluster, client);
        load.resetGap();
        leader.kill();
        awaitWrites(load, 1_000);
        report("kill -9 of the leader", load);
        leader.start();
        awaitCaughtUp(client, leader.name());
        load.finish();
        assertThat(load.errors()).isEmpty();
        load.requireLinearizable();
      }
    }
  }

  @Test
  void shouldNotReadStaleDataFromALeaderThatWasStopped() {
    long seed = Seed.next("ClusterFaultsTest");
    try (ProcessCluster cluster = ProcessCluster.in(directory).start(3);
        HengeClient client = connect(cluster, 5)) {
      await(client, status -> status.replicationFactor() >= 3);
      try (HistoryWorkload load = HistoryWorkload.start(client, CLIENTS, seed, PAUSE_MILLIS)) {
        awaitWrites(load, 1_000);
        for (int round = 0; round < 2; round++) {
          ServerProcess leader = leader(cluster, client);
          load.resetGap();
          leader.pause();
          awaitWrites(load, 1_000);
          report("SIGSTOP of the leader", load);
          leader.resume();
          awaitWrites(load, 500);
        }
        load.finish();
        assertThat(load.errors()).isEmpty();
        load.requireLinearizable();
      }
    }
  }

  @Test
  void shouldHaveEverythingAcknowledgedAfterAllNodesWereKilled() {
    try (ProcessCluster cluster = ProcessCluster.in(directory).start(3)) {
      long acknowledged = writeUntilAllAreKilled(cluster);
      cluster.nodes().parallelStream().forEach(ServerProcess::start);
      try (HengeClient client = connect(cluster, 30)) {
        ItemCollection kept = client.collection("kept");
        for (long i = 0; i <= acknowledged; i++) {
          long wanted = i;
          assertThat(kept.get(Key.of("k", i % 10), Key.of(i)))
              .as("item %d of %d", i, acknowledged)
              .hasValueSatisfying(item -> assertThat(item.counter()).isEqualTo(wanted));
        }
      }
    }
  }

  /** Returns the last number whose write was acknowledged. */
  private static long writeUntilAllAreKilled(ProcessCluster cluster) {
    AtomicLong acknowledged = new AtomicLong(-1);
    AtomicBoolean killed = new AtomicBoolean();
    try (HengeClient client = connect(cluster, 2)) {
      await(client, status -> status.replicationFactor() >= 3);
      client.admin().createCollection("kept", CollectionOptions.defaults());
      ItemCollection kept = client.collection("kept");
      Thread writer =
          new Thread(
              () -> {
                for (long i = 0; !killed.get(); i++) {
                  try {
                    kept.put(Key.of("k", i % 10), Key.of(i), Value.of(i));
                    acknowledged.set(i);
                  } catch (RuntimeException e) {
                    return;
                  }
                }
              },
              "writer");
      writer.start();
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> acknowledged.get() > 500);
      cluster.nodes().forEach(ServerProcess::kill);
      killed.set(true);
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !writer.isAlive());
      return acknowledged.get();
    }
  }

  /** Beside the seed, for whoever looks at the test's output. */
  private static void report(String fault, HistoryWorkload load) {
    System.err.println(fault + ": " + load.longestGapMillis() + " ms without a write");
  }
}
