package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.ItemCollection;
import io.henge.replication.NetworkFilter;
import io.henge.replication.ratis.RatisSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class GrowthTest {
  @TempDir private Path directory;

  @Test
  void shouldGrowFromOneToThreeWhileClientsWrite() throws Exception {
    try (Henge henge = Henge.embedded().shards(2).directory(directory).start()) {
      HengeClient client = henge.client();
      client.admin().createCollection("counters", CollectionOptions.defaults());
      AtomicBoolean stop = new AtomicBoolean();
      ExecutorService writers = Executors.newFixedThreadPool(4);
      List<Future<Long>> counted = new ArrayList<>();
      for (int w = 0; w < 4; w++) {
        Key key = Key.of("writer " + w);
        counted.add(
            writers.submit(
                () -> {
                  ItemCollection counters = client.collection("counters");
                  long count = 0;
                  while (!stop.get()) {
                    count++;
                    assertThat(counters.increment(key, Key.EMPTY, 1).counter()).isEqualTo(count);
                  }
                  return count;
                }));
      }
      henge.addNode();
      assertThat(client.admin().status().replicationFactor()).isEqualTo(1);
      henge.addNode();
      await()
          .atMost(30, TimeUnit.SECONDS)
          .until(() -> client.admin().status().replicationFactor() == 3);
      stop.set(true);
      writers.shutdown();
      for (int w = 0; w < 4; w++) {
        long count = counted.get(w).get(20, TimeUnit.SECONDS);
        assertThat(count).isPositive();
        assertThat(
                client
                    .collection("counters")
                    .get(Key.of("writer " + w), Key.EMPTY)
                    .orElseThrow()
                    .counter())
            .isEqualTo(count);
      }
      ClusterStatus status = client.admin().status();
      assertThat(status.nodes()).hasSize(3).allMatch(ClusterStatus.Node::reachable);
      assertThat(status.remarks()).isEmpty();
    }
  }

  @Test
  void shouldCatchUpByASnapshotWhereTheLogIsGone() throws Exception {
    NodeHooks hooks =
        new NodeHooks(
            NetworkFilter.OPEN,
            // Only whole segments are dropped: several of them.
            RatisSettings.small().withSegmentBytes(64 << 10).withLogKept(5, 20),
            (node, what, reason) -> {});
    List<HengeNode> nodes = new ArrayList<>();
    try {
      HengeNode first = HengeNode.start(NodeConfig.of("n1", directory.resolve("n1")), hooks);
      nodes.add(first);
      first.awaitReady(Duration.ofSeconds(20));
      List<String> join = List.of(first.clientAddress());
      try (HengeClient client =
          HengeClient.connect(join, ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30)))) {
        client.admin().createCollection("carts", CollectionOptions.defaults());
        ItemCollection carts = client.collection("carts");
        for (int i = 0; i < 200; i++) {
          carts.put(Key.of("key" + i), Key.EMPTY, value(i));
        }
        first.dropLogs();
        for (String name : List.of("n2", "n3")) {
          nodes.add(
              HengeNode.start(NodeConfig.of(name, directory.resolve(name)).join(join), hooks));
        }
        await()
            .atMost(30, TimeUnit.SECONDS)
            .until(() -> client.admin().status().replicationFactor() == 3);
        assertThat(Scrape.of(first.httpAddress()))
            .containsPattern("henge_snapshots_sent_total [1-9]")
            .doesNotContain("henge_replica_faults_total 1");
        for (HengeNode follower : nodes.subList(1, 3)) {
          assertThat(Scrape.of(follower.httpAddress()))
              .containsPattern("henge_snapshots_received_bytes_total [1-9]")
              .containsPattern("henge_snapshots_fetch_seconds_count [1-9]")
              .containsPattern("henge_shard_snapshot_install_seconds_count\\{shard=\"1\"} [1-9]");
        }
        first.kill();
        for (int i = 0; i < 200; i++) {
          assertThat(carts.get(Key.of("key" + i), Key.EMPTY).orElseThrow().value())
              .isEqualTo(value(i));
        }
      }
    } finally {
      Together.each(nodes, HengeNode::closeWithOthers);
    }
  }

  private static Value value(int i) {
    return Value.of(("v" + i + " ").repeat(500));
  }
}
