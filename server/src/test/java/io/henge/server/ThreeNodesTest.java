package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.ClientOptions;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.ItemCollection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ThreeNodesTest {
  @TempDir private Path directory;

  @Test
  void shouldGoOnWithoutTheLeader() {
    try (Henge henge = Henge.embedded().nodes(3).directory(directory).start()) {
      HengeClient client = henge.client();
      client.admin().createCollection("carts", CollectionOptions.defaults());
      ItemCollection carts = client.collection("carts");
      for (int i = 0; i < 100; i++) {
        carts.put(Key.of("key" + i), Key.EMPTY, Value.of("v" + i));
      }
      assertThat(client.admin().status().replicationFactor()).isEqualTo(3);
      String leader = leaderName(client);
      henge.kill(leader);
      for (int i = 100; i < 200; i++) {
        carts.put(Key.of("key" + i), Key.EMPTY, Value.of("v" + i));
      }
      for (int i = 0; i < 200; i++) {
        assertThat(carts.get(Key.of("key" + i), Key.EMPTY).orElseThrow().text()).isEqualTo("v" + i);
      }
      henge.restart(leader);
      assertThat(carts.increment(Key.of("n"), Key.EMPTY, 1).counter()).isEqualTo(1);
    }
  }

  @Test
  void shouldAnswerThroughAnyNode() {
    try (Henge henge = Henge.embedded().nodes(3).shards(3).directory(directory).start()) {
      henge.client().admin().createCollection("carts", CollectionOptions.defaults());
      for (Node node : henge.nodes()) {
        try (HengeClient client =
            HengeClient.connect(
                List.of(node.clientAddress()),
                ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30)))) {
          ItemCollection carts = client.collection("carts");
          for (int i = 0; i < 20; i++) {
            carts.put(Key.of(node.name(), i), Key.EMPTY, Value.of(i));
            assertThat(carts.get(Key.of(node.name(), i), Key.EMPTY).orElseThrow().counter())
                .isEqualTo(i);
          }
        }
      }
    }
  }

  private static String leaderName(HengeClient client) {
    String leader = client.admin().status().shards().get(0).leader();
    return client.admin().status().nodes().stream()
        .filter(node -> node.id().equals(leader) || node.name().equals(leader))
        .findFirst()
        .orElseThrow()
        .name();
  }
}
