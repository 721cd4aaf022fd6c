package io.henge.testkit.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import io.henge.client.WriteOptions;
import io.henge.server.Node;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("cluster")
@Timeout(120)
@HengeCluster(nodes = 3, shards = 2)
final class TestClusterTest {
  private static final Key KEY = Key.of("k");

  @Test
  void shouldShareTheClusterOfTheClass(TestCluster cluster, HengeClient client) {
    assertThat(cluster.nodes()).hasSize(3);
    ClusterStatus status = cluster.awaitStatus(s -> s.replicationFactor() == 3);
    assertThat(status.shards()).hasSize(2);
    assertThat(client).isSameAs(cluster.client());
    try (HengeClient another = cluster.newClient(ClientOptions.DEFAULT)) {
      client.admin().createCollection("shared", CollectionOptions.defaults());
      client.collection("shared").put(KEY, Key.EMPTY, Value.of("v"));
      assertThat(another.collection("shared").get(KEY, Key.EMPTY).map(Item::text)).contains("v");
    }
  }

  @Test
  @HengeCluster(nodes = 3)
  void shouldKillAndRestartANode(TestCluster cluster, HengeClient client) {
    ItemCollection items = collection(client);
    Node leader = cluster.leader(1);
    cluster.kill(leader);
    assertThat(cluster.nodes()).hasSize(2).doesNotContain(leader);
    items.increment(KEY, Key.EMPTY, 1, patient());
    Node again = cluster.restart(leader.name());
    assertThat(again.id()).isEqualTo(leader.id());
    assertThat(cluster.nodes()).hasSize(3);
    assertThat(items.increment(KEY, Key.EMPTY, 1, patient()).counter()).isEqualTo(2);
  }

  @Test
  @HengeCluster(nodes = 3)
  void shouldReplaceALeaderThatIsCutOff(TestCluster cluster, HengeClient client) {
    ItemCollection items = collection(client);
    Node old = cluster.leader(1);
    cluster.cutOff(old);
    // Acknowledged by a majority, which the old leader cannot reach: there must be a new one.
    assertThat(items.increment(KEY, Key.EMPTY, 1, patient()).counter()).isEqualTo(1);
    cluster.heal(old);
    assertThat(items.increment(KEY, Key.EMPTY, 1, patient()).counter()).isEqualTo(2);
    cluster.awaitStatus(s -> s.nodes().stream().allMatch(ClusterStatus.Node::reachable));
  }

  @Test
  @HengeCluster(nodes = 1)
  void shouldGrow(TestCluster cluster, HengeClient client) {
    ItemCollection items = collection(client);
    items.put(KEY, Key.EMPTY, Value.of("v"));
    cluster.add();
    cluster.add();
    cluster.awaitStatus(
        s ->
            s.replicationFactor() == 3
                && s.shards().stream().allMatch(shard -> shard.replicas().size() == 3));
    assertThat(items.get(KEY, Key.EMPTY).map(Item::text)).contains("v");
  }

  private static ItemCollection collection(HengeClient client) {
    client.admin().createCollection("items", CollectionOptions.defaults());
    return client.collection("items");
  }

  private static WriteOptions patient() {
    return WriteOptions.DEFAULT.timeout(Duration.ofSeconds(20));
  }
}
