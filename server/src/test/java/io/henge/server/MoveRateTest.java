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
import io.henge.client.Operations;
import io.henge.client.Operations.Operation;
import io.henge.client.Operations.Progress;
import io.henge.client.Operations.State;
import io.henge.replication.NetworkFilter;
import io.henge.replication.ratis.RatisSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A replica that moves by a snapshot: at a rate that can be seen, and changed under way. */
@Timeout(240)
class MoveRateTest {
  private static final long RATE = 64 << 10;
  private static final int ITEMS = 300;
  private static final int ITEM_BYTES = 10_000;

  @TempDir private Path directory;
  private final List<HengeNode> nodes = new ArrayList<>();

  @Test
  void shouldMoveAtTheRateThatIsSetAndShowIt() {
    try {
      start("n1");
      start("n2");
      start("n3");
      try (HengeClient client =
          HengeClient.connect(
              List.of(nodes.get(0).clientAddress()),
              ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30)))) {
        await()
            .atMost(60, TimeUnit.SECONDS)
            .until(() -> client.admin().status().replicationFactor() == 3);
        fill(client);
        nodes.forEach(HengeNode::dropLogs);
        Operations operations = client.operations();
        operations.set("auto-balance", "off");
        operations.set("move-bytes-per-second", "64k");
        start("n4");
        // Until the node that is asked has heard of it.
        Operation move =
            await()
                .ignoreException(HengeException.class)
                .until(() -> operations.move(1, "n3", "n4"), Objects::nonNull);
        Progress[] last = {Progress.UNKNOWN};
        await()
            .atMost(60, TimeUnit.SECONDS)
            .until(
                () -> {
                  Operation now = operations.get(move.id());
                  assertThat(now.state()).as("%s", now).isEqualTo(State.RUNNING);
                  last[0] = now.progress();
                  return now.progress().bytesDone() > 4 * RATE;
                });
        Progress seen = last[0];
        assertThat(seen.bytesTotal()).isGreaterThan((long) ITEMS * ITEM_BYTES);
        assertThat(seen.bytesDone()).isLessThan(seen.bytesTotal());
        // Reports come now and then, so what is measured between two is not exact.
        assertThat(seen.bytesPerSecond()).isBetween(RATE / 3, RATE * 2);
        assertThat(seen.left()).isPositive();
        // At the old rate it would go on for three quarters of a minute.
        operations.set("move-bytes-per-second", "1g");
        await()
            .atMost(20, TimeUnit.SECONDS)
            .until(() -> operations.get(move.id()).state() == State.DONE);
      }
    } finally {
      Together.each(nodes, HengeNode::closeWithOthers);
    }
  }

  private void start(String name) {
    NodeConfig config = NodeConfig.of(name, directory.resolve(name));
    if (!nodes.isEmpty()) {
      config = config.join(List.of(nodes.get(0).clientAddress()));
    }
    // Only whole segments of the log are dropped: several of them.
    RatisSettings settings = RatisSettings.small().withSegmentBytes(64 << 10).withLogKept(5, 20);
    HengeNode node =
        HengeNode.start(
            config, new NodeHooks(NetworkFilter.OPEN, settings, (failed, what, reason) -> {}));
    nodes.add(node);
    node.awaitReady(Duration.ofSeconds(30));
  }

  /** What no compression makes smaller. */
  private static void fill(HengeClient client) {
    Random random = Seed.random("MoveRateTest");
    client.admin().createCollection("carts", CollectionOptions.defaults());
    for (int i = 0; i < ITEMS; i++) {
      byte[] value = new byte[ITEM_BYTES];
      random.nextBytes(value);
      client.collection("carts").put(Key.of(i), Key.EMPTY, Value.of(value));
    }
  }
}
