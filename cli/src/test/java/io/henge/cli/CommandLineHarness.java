package io.henge.cli;

import io.henge.client.ClientOptions;
import io.henge.client.HengeClient;
import io.henge.server.Henge;
import io.henge.server.Node;
import io.henge.server.NodeConfig;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/** Runs commands in this JVM, on an {@link InMemoryHengeClient}, with captured streams. */
final class CommandLineHarness implements Backend {
  /** What a command left behind. */
  record Result(int code, String out, String err) {}

  final InMemoryHengeClient client = new InMemoryHengeClient();
  final List<List<String>> connections = new ArrayList<>();
  final List<NodeConfig> nodes = new ArrayList<>();
  Function<NodeConfig, Node> starter =
      config -> {
        throw new UnsupportedOperationException();
      };

  /** What is wrong with every node. */
  Optional<String> failure = Optional.empty();

  /** Tells servers to stop as soon as they are ready. */
  StopSignal stop = Runnable::run;

  Supplier<Henge.Builder> embedded =
      () -> {
        throw new UnsupportedOperationException();
      };

  Result run(String... arguments) {
    return runWithInput("", arguments);
  }

  Result runWithInput(String input, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    int code = HengeCommand.commandLine(console, this, stop).execute(arguments);
    return new Result(
        code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  @Override
  public HengeClient connect(List<String> addresses, ClientOptions options) {
    connections.add(addresses);
    return client;
  }

  @Override
  public Henge.Builder embedded() {
    return embedded.get();
  }

  @Override
  public Node start(NodeConfig config, Consumer<String> failed) {
    nodes.add(config);
    failure.ifPresent(failed);
    return starter.apply(config);
  }

  /** A node that only has a name. */
  record NamedNode(String name, Runnable closing) implements Node {
    @Override
    public String id() {
      return "00000000000000aa";
    }

    @Override
    public String clusterId() {
      return "c1";
    }

    @Override
    public String clientAddress() {
      return "127.0.0.1:7401";
    }

    @Override
    public String raftAddress() {
      return "127.0.0.1:7501";
    }

    @Override
    public String httpAddress() {
      return "127.0.0.1:7601";
    }

    @Override
    public void awaitReady(Duration timeout) {}

    @Override
    public void close() {
      closing.run();
    }
  }
}
