package io.henge.server;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.client.ClientOptions;
import io.henge.client.HengeClient;
import io.henge.replication.NetworkFilter;
import io.henge.server.node.Failures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Nodes of one cluster in this JVM, named n1, n2, ...; each has a directory of its name. */
final class EmbeddedHenge implements Henge {
  /** Several nodes share one process with whatever tests do: a call may take its time. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedHenge.class);
  private static final long POLL_MILLIS = 10;

  private final Maker maker;
  private final Path directory;
  private final boolean temporary;
  private final Map<String, HengeNode> nodes = new TreeMap<>();
  private final Map<String, NodeConfig> configs = new TreeMap<>();
  private @Nullable HengeClient client;
  private boolean closed;

  private EmbeddedHenge(Maker maker, Path directory, boolean temporary) {
    this.maker = maker;
    this.directory = directory;
    this.temporary = temporary;
  }

  /** See {@link Henge.Builder}. */
  static final class Maker implements Builder {
    private int nodes = 1;
    private int shards = 1;
    private @Nullable Path directory;
    private long memoryBytesPerNode = 64L << 20;
    private Duration startTimeout = Duration.ofSeconds(30);
    private NetworkFilter network = NetworkFilter.OPEN;

    @Override
    public Builder nodes(int count) {
      if (count < 1 || count > 16) {
        throw HengeException.invalid("nodes: 1 to 16 in one process expected, found " + count);
      }
      nodes = count;
      return this;
    }

    @Override
    public Builder shards(int count) {
      shards = count;
      return this;
    }

    @Override
    public Builder directory(Path path) {
      directory = path;
      return this;
    }

    @Override
    public Builder memoryBytesPerNode(long bytes) {
      memoryBytesPerNode = bytes;
      return this;
    }

    @Override
    public Builder startTimeout(Duration timeout) {
      startTimeout = timeout;
      return this;
    }

    @Override
    public Builder network(NetworkFilter filter) {
      network = filter;
      return this;
    }

    @Override
    public Henge start() {
      Path given = directory;
      EmbeddedHenge henge;
      try {
        henge =
            given != null
                ? new EmbeddedHenge(this, given, false)
                : new EmbeddedHenge(this, Files.createTempDirectory("henge-"), true);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      boolean done = false;
      try {
        henge.startAll();
        done = true;
        return henge;
      } finally {
        if (!done) {
          henge.close();
        }
      }
    }
  }

  private void startAll() {
    long deadline = System.nanoTime() + maker.startTimeout.toNanos();
    synchronized (this) {
      List<String> names = names();
      start(config(names.get(0)));
      List<NodeConfig> others = names.stream().skip(1).map(this::config).toList();
      startTogether(others);
    }
    for (Node node : nodes()) {
      node.awaitReady(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
    }
    awaitReplication(deadline);
  }

  /** Those asked for, and those that the directory holds beyond them. */
  private List<String> names() {
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= maker.nodes || Files.isDirectory(directory.resolve("n" + i)); i++) {
      names.add("n" + i);
    }
    return names;
  }

  private NodeConfig config(String name) {
    List<String> join = nodes.values().stream().map(HengeNode::clientAddress).toList();
    return new NodeConfig(
        name,
        directory.resolve(name),
        "127.0.0.1:0",
        "",
        "",
        join,
        maker.shards,
        3,
        "default",
        maker.memoryBytesPerNode);
  }

  private HengeNode start(NodeConfig config) {
    HengeNode node = HengeNode.start(config, NodeHooks.embedded(maker.network));
    return started(config, node);
  }

  private HengeNode started(NodeConfig config, HengeNode node) {
    nodes.put(config.name(), node);
    configs.put(config.name(), config);
    return node;
  }

  /** Most of a start is waiting: for elections, and for being let in. */
  private void startTogether(List<NodeConfig> others) {
    List<CompletableFuture<HengeNode>> starting =
        others.stream()
            .map(
                config ->
                    CompletableFuture.supplyAsync(
                        () -> HengeNode.start(config, NodeHooks.embedded(maker.network)),
                        EmbeddedHenge::run))
            .toList();
    RuntimeException failure = null;
    for (int i = 0; i < others.size(); i++) {
      try {
        started(others.get(i), starting.get(i).join());
      } catch (CompletionException e) {
        failure = Failures.known(e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static void run(Runnable task) {
    Thread thread = new Thread(task, "henge-embedded-start");
    thread.setDaemon(true);
    thread.start();
  }

  /** Waits until every node knows that every shard has as many members as there can be. */
  private void awaitReplication(long deadline) {
    while (true) {
      String missing = missingReplication();
      if (missing == null) {
        return;
      }
      if (System.nanoTime() - deadline > 0) {
        throw new HengeException(
            ErrorCode.UNAVAILABLE,
            "the embedded cluster is not at full replication after "
                + maker.startTimeout.toMillis()
                + " ms: "
                + missing);
      }
      try {
        Thread.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HengeException(ErrorCode.UNAVAILABLE, "interrupted while starting", e);
      }
    }
  }

  private synchronized @Nullable String missingReplication() {
    for (HengeNode node : nodes.values()) {
      String missing = node.missingReplication(nodes.size());
      if (missing != null) {
        return missing;
      }
    }
    return null;
  }

  @Override
  public synchronized List<Node> nodes() {
    return List.copyOf(nodes.values());
  }

  @Override
  public synchronized HengeClient client() {
    HengeClient connected = client;
    if (connected == null) {
      List<String> addresses = nodes.values().stream().map(HengeNode::clientAddress).toList();
      connected = HengeClient.connect(addresses, ClientOptions.DEFAULT.withTimeout(PATIENCE));
      client = connected;
    }
    return connected;
  }

  @Override
  public Node addNode() {
    HengeNode node;
    synchronized (this) {
      int number = 1;
      while (configs.containsKey("n" + number)) {
        number++;
      }
      node = start(config("n" + number));
    }
    node.awaitReady(maker.startTimeout);
    return node;
  }

  @Override
  public void kill(String name) {
    HengeNode node;
    synchronized (this) {
      node = nodes.remove(name);
    }
    if (node == null) {
      throw new HengeException(ErrorCode.NOT_FOUND, "no node " + name + " runs");
    }
    node.kill();
  }

  @Override
  public Node restart(String name) {
    HengeNode node;
    synchronized (this) {
      NodeConfig config = configs.get(name);
      if (config == null || nodes.containsKey(name)) {
        throw new HengeException(
            ErrorCode.NOT_FOUND, "no node " + name + " has been stopped by kill");
      }
      node = start(config);
    }
    node.awaitReady(maker.startTimeout);
    return node;
  }

  @Override
  public void close() {
    List<HengeNode> running;
    HengeClient connected;
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      running = new ArrayList<>(nodes.values());
      nodes.clear();
      connected = client;
    }
    if (connected != null) {
      connected.close();
    }
    // All together: none of them has anybody to hand over to.
    Together.each(running, HengeNode::closeWithOthers);
    if (temporary) {
      delete();
    }
  }

  private void delete() {
    try (Stream<Path> files = Files.walk(directory)) {
      files
          .sorted(Comparator.reverseOrder())
          .forEach(
              file -> {
                try {
                  Files.delete(file);
                } catch (IOException e) {
                  LOG.warn("{} is left over: {}", file, e.toString());
                }
              });
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("{} is left over: {}", directory, e.toString());
    }
  }
}
