package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.testing.Seed;
import io.henge.client.ClientOptions;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.replication.NetworkFilter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class CrashTest {
  private static final NodeHooks HOOKS = NodeHooks.embedded(NetworkFilter.OPEN);

  @TempDir private Path directory;

  /** Wherever the process dies while it makes its cluster, the next start goes on from there. */
  @Test
  void shouldFinishFormingAfterACrashAtAnyPoint() throws Exception {
    RandomGenerator random = Seed.random("forming");
    for (int round = 0; round < 4; round++) {
      NodeConfig config = NodeConfig.of("n1", directory.resolve("round" + round)).shards(3);
      String id = null;
      for (int crash = 0; crash < 3; crash++) {
        HengeNode node = HengeNode.start(config, HOOKS);
        assertThat(id == null || node.id().equals(id)).isTrue();
        id = node.id();
        // A moment in time is what is wanted here, not a condition.
        new CountDownLatch(1).await(random.nextInt(300), TimeUnit.MILLISECONDS);
        node.kill();
      }
      HengeNode node = HengeNode.start(config, HOOKS);
      try (node;
          HengeClient client =
              HengeClient.connect(
                  List.of(node.clientAddress()),
                  ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30)))) {
        node.awaitReady(Duration.ofSeconds(30));
        client.admin().createCollection("carts", CollectionOptions.defaults());
        for (int i = 0; i < 20; i++) {
          client.collection("carts").put(Key.of(i), Key.EMPTY, Value.of(i));
        }
        assertThat(client.admin().status().shards()).hasSize(3);
      }
    }
  }

  /** Nodes that die while they enter and while copies are made come back and finish. */
  @Test
  void shouldFinishGrowingThoughNodesCrash() throws Exception {
    RandomGenerator random = Seed.random("growing");
    List<HengeNode> nodes = new ArrayList<>();
    List<NodeConfig> configs = new ArrayList<>();
    try {
      configs.add(NodeConfig.of("n1", directory.resolve("n1")).shards(2));
      nodes.add(HengeNode.start(configs.get(0), HOOKS));
      nodes.get(0).awaitReady(Duration.ofSeconds(30));
      List<String> join = List.of(nodes.get(0).clientAddress());
      for (String name : List.of("n2", "n3")) {
        configs.add(NodeConfig.of(name, directory.resolve(name)).join(join));
        nodes.add(HengeNode.start(configs.get(configs.size() - 1), HOOKS));
      }
      for (int crash = 0; crash < 5; crash++) {
        new CountDownLatch(1).await(random.nextInt(400), TimeUnit.MILLISECONDS);
        int victim = random.nextInt(3);
        nodes.get(victim).kill();
        nodes.set(victim, HengeNode.start(configs.get(victim), HOOKS));
      }
      try (HengeClient client =
          HengeClient.connect(join, ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30)))) {
        await()
            .atMost(60, TimeUnit.SECONDS)
            .ignoreException(HengeException.class)
            .until(() -> client.admin().status().replicationFactor() == 3);
        client.admin().createCollection("carts", CollectionOptions.defaults());
        for (int i = 0; i < 20; i++) {
          client.collection("carts").put(Key.of(i), Key.EMPTY, Value.of(i));
        }
      }
    } finally {
      nodes.forEach(HengeNode::kill);
    }
  }
}
