package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.ClientOptions;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.replication.NetworkFilter;
import io.henge.replication.ratis.RatisSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class FaultTest {
  @TempDir private Path directory;

  @Test
  void shouldTakeItselfOutIfAStoreIsDamaged() throws Exception {
    BlockingQueue<String> faults = new LinkedBlockingQueue<>();
    NodeHooks hooks =
        new NodeHooks(
            NetworkFilter.OPEN, RatisSettings.small(), (node, what, reason) -> faults.add(what));
    NodeConfig config = NodeConfig.of("n1", directory.resolve("n1"));
    HengeNode healthy = HengeNode.start(config, hooks);
    try (HengeClient client =
        HengeClient.connect(
            List.of(healthy.clientAddress()),
            ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30)))) {
      healthy.awaitReady(Duration.ofSeconds(20));
      client.admin().createCollection("carts", CollectionOptions.defaults());
      client.collection("carts").put(Key.of("a"), Key.EMPTY, Value.of("b"));
    } finally {
      healthy.close();
    }
    assertThat(faults).isEmpty();
    damage(directory.resolve("n1").resolve("shards"));

    HengeNode damaged = HengeNode.start(config, hooks);
    try {
      assertThat(faults.poll(20, TimeUnit.SECONDS)).contains("shard 1");
      await()
          .atMost(10, TimeUnit.SECONDS)
          .untilAsserted(
              () -> {
                HttpResponse<String> health = health(damaged);
                assertThat(health.statusCode()).isEqualTo(503);
                assertThat(health.body()).contains("shard 1");
              });
      assertThatThrownBy(() -> damaged.awaitReady(Duration.ofSeconds(20)))
          .isInstanceOf(HengeException.class)
          .hasMessageContaining("shard 1");
    } finally {
      damaged.close();
    }
  }

  /** Cuts the pointer to the live store of shard 1 short. */
  private static void damage(Path shards) throws IOException {
    try (Stream<Path> all = Files.list(shards)) {
      Path shard =
          all.filter(path -> path.toString().endsWith("-000000000001")).findFirst().orElseThrow();
      Files.writeString(shard.resolve("CURRENT"), "henge-");
    }
  }

  private static HttpResponse<String> health(Node node) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://" + node.httpAddress() + "/healthz")).build(),
            HttpResponse.BodyHandlers.ofString());
  }
}
