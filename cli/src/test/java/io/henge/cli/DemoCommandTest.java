package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.cli.CommandLineHarness.NamedNode;
import io.henge.cli.CommandLineHarness.Result;
import io.henge.client.HengeClient;
import io.henge.replication.NetworkFilter;
import io.henge.server.Henge;
import io.henge.server.Node;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whether the demonstration tells the truth, also when there is nothing to be proud of. */
@Timeout(60)
final class DemoCommandTest {
  private final CommandLineHarness henge = new CommandLineHarness();

  @Test
  void shouldHoldWhenNothingIsLost() {
    henge.embedded = () -> new FakeHenge(henge.client, () -> {});
    Result result = henge.run("demo", "--seconds", "1");
    assertThat(result.out())
        .contains("1. Start three nodes, three shards")
        .contains("Kill n1, the leader of shard 1")
        .contains("longest gap without a successful write")
        .contains("orders all there, stock exact to the piece")
        .contains("It held:");
    assertThat(result.code()).isZero();
  }

  @Test
  void shouldFailWhenAnAcknowledgedWriteIsLost() {
    henge.embedded = () -> new FakeHenge(henge.client, henge.client::loseTheNewest);
    Result result = henge.run("demo", "--seconds", "1", "--output", "json");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out().lines()).singleElement().asString().startsWith("{\"held\":false");
    assertThat(result.err()).contains("FAILED: ");
  }

  @Test
  void shouldFailWhenACustomerSeesAnError() {
    henge.embedded =
        () ->
            new FakeHenge(
                henge.client,
                () -> {
                  henge.client.failOnce = true;
                  henge.client.failure = new HengeException(ErrorCode.UNAVAILABLE, "nobody there");
                });
    Result result = henge.run("demo", "--seconds", "1");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out())
        .contains("1 errors reached a customer, the first: UNAVAILABLE: nobody there")
        .contains("It did NOT hold");
  }

  /** An embedded cluster on the client in memory; what a kill does is up to the test. */
  private record FakeHenge(InMemoryHengeClient memory, Runnable atKill)
      implements Henge, Henge.Builder {
    @Override
    public Henge start() {
      memory.addNodes("n2", "n3");
      return this;
    }

    @Override
    public List<Node> nodes() {
      List<Node> nodes = new ArrayList<>();
      for (String name : List.of("n1", "n2", "n3")) {
        nodes.add(new NamedNode(name, () -> {}));
      }
      return nodes;
    }

    @Override
    public HengeClient client() {
      return memory;
    }

    @Override
    public void kill(String name) {
      atKill.run();
    }

    @Override
    public Node restart(String name) {
      memory.advance(Duration.ofSeconds(10));
      return nodes().get(0);
    }

    @Override
    public Node addNode() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    @Override
    public Henge.Builder nodes(int count) {
      return this;
    }

    @Override
    public Henge.Builder shards(int count) {
      return this;
    }

    @Override
    public Henge.Builder directory(Path path) {
      return this;
    }

    @Override
    public Henge.Builder memoryBytesPerNode(long bytes) {
      return this;
    }

    @Override
    public Henge.Builder startTimeout(Duration timeout) {
      return this;
    }

    @Override
    public Henge.Builder network(NetworkFilter filter) {
      return this;
    }
  }
}
