package io.henge.cli.faults;

import static io.henge.cli.faults.Conditions.await;
import static io.henge.cli.faults.Conditions.awaitWrites;
import static io.henge.cli.faults.Conditions.connect;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.process.ServerProcess;
import io.henge.testkit.workload.HistoryWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node dies for good, its disk with it. */
@Tag("faults")
class DeadNodeTest {
  private static final int CLIENTS = 4;
  private static final long PAUSE_MILLIS = 10;

  @TempDir Path directory;

  @Test
  void shouldMakeItsReplicasAnewAndTakeANamesakeAsNew() throws IOException {
    long seed = Seed.next("DeadNodeTest");
    try (ProcessCluster cluster = ProcessCluster.in(directory).start(4, "--shards", "2");
        HengeClient client = connect(cluster, 10)) {
      await(client, status -> status.replicationFactor() >= 3);
      client.operations().set("dead-node-grace-seconds", "5");
      try (HistoryWorkload load = HistoryWorkload.start(client, CLIENTS, seed, PAUSE_MILLIS)) {
        awaitWrites(load, 200);
        ServerProcess dead = cluster.nodeOf(leaderWhoJoined(client.admin().status(), cluster));
        String oldId = dead.ready().id();
        dead.kill();
        delete(dead.directory());
        long died = System.nanoTime();
        await(client, status -> hasThreeCopiesWithout(status, dead));
        System.err.println(
            "three copies again after " + (System.nanoTime() - died) / 1_000_000 + " ms");
        awaitWrites(load, 200);

        dead.start();
        assertThat(dead.ready().id()).isNotEqualTo(oldId);
        await(client, status -> names(status).contains(dead.ready().id()));
        awaitWrites(load, 200);
        load.finish();
        assertThat(load.errors()).isEmpty();
        load.requireLinearizable();
        assertThat(client.admin().status().nodes())
            .filteredOn(node -> node.name().equals(dead.name()))
            .extracting(ClusterStatus.Node::id)
            .containsExactly(dead.ready().id());
      }
    }
  }

  /**
   * A node that leads, or any if none does: not the first one. That has no --join, and with an
   * empty directory it would make a cluster of its own.
   */
  private static String leaderWhoJoined(ClusterStatus status, ProcessCluster cluster) {
    String first = cluster.nodes().get(0).name();
    return status.shards().stream()
        .map(ClusterStatus.Shard::leader)
        .filter(leader -> !leader.isEmpty() && !leader.equals(first))
        .findFirst()
        .orElse(cluster.nodes().get(1).name());
  }

  private static boolean hasThreeCopiesWithout(ClusterStatus status, ServerProcess dead) {
    return status.shards().stream()
        .allMatch(
            shard ->
                shard.replicas().stream()
                            .filter(replica -> replica.appliedIndex() > 0)
                            .filter(
                                replica ->
                                    !replica.node().equals(dead.name())
                                        && !replica.node().equals(dead.ready().id()))
                            .count()
                        == 3
                    && !shard.leader().isEmpty());
  }

  private static List<String> names(ClusterStatus status) {
    return status.nodes().stream().map(ClusterStatus.Node::id).toList();
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
