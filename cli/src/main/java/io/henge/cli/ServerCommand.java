package io.henge.cli;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.cli.Logging.Level;
import io.henge.server.LogLimits;
import io.henge.server.Node;
import io.henge.server.NodeConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "server",
    description = {
      "Run a node until SIGTERM.",
      "Without --join it makes a new cluster of one node, or goes on with the one in its directory."
    },
    footer = {
      "",
      "Once the node serves it prints one line on standard output:",
      "  ready name=n1 id=... cluster=... client=HOST:PORT raft=HOST:PORT http=HOST:PORT",
      "",
      "Example of three nodes:",
      "  henge server --id n1 --dir data/n1 --listen 127.0.0.1:7401",
      "  henge server --id n2 --dir data/n2 --listen 127.0.0.1:7402 --join 127.0.0.1:7401",
      "  henge server --id n3 --dir data/n3 --listen 127.0.0.1:7403 --join 127.0.0.1:7401"
    })
final class ServerCommand implements Callable<Integer> {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final Map<String, String> OPTIONS =
      Map.of(
          "name", "--id",
          "directory", "--dir",
          "listen", "--listen",
          "raftListen", "--raft-listen",
          "httpListen", "--http-listen",
          "join", "--join");
  private static final int SHARDS_MAX = 1_024;
  private static final ByteSize MEMORY_MIN = new ByteSize(16L << 20);

  private static final ByteSize LOG_SEGMENT = new ByteSize(64L << 20);
  private static final long LOG_KEEP = 10_000;

  private final Console console;
  private final Backend backend;
  private final StopSignal stop;

  @Mixin private final OptionBounds bounds = new OptionBounds();

  @Option(names = "--id", paramLabel = "NAME", required = true, description = "Name of the node.")
  private String id = "";

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      required = true,
      description = "Its data directory; made if it is not there.")
  private Path directory = Path.of("");

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      required = true,
      converter = HostPort.Converter.class,
      description = "Address for clients and other nodes; port 0 = any free one.")
  private HostPort listen = new HostPort("", 0);

  @Option(
      names = "--join",
      paramLabel = "HOST:PORT",
      split = ",",
      converter = HostPort.Converter.class,
      description = "Addresses of nodes of the cluster to enter.")
  private List<HostPort> join = new ArrayList<>();

  @Option(
      names = "--shards",
      paramLabel = "N",
      defaultValue = "1",
      description = "Shards of a new cluster (default: 1).")
  private int shards = 1;

  @Option(
      names = "--replication",
      paramLabel = "N",
      defaultValue = "3",
      description = "Copies of each shard once there are enough nodes: 1, 3 or 5 (default: 3).")
  private int replication = 3;

  @Option(
      names = "--raft-listen",
      paramLabel = "HOST:PORT",
      converter = HostPort.Converter.class,
      description = "Address for replication (default: same host, a free port, kept).")
  private @Nullable HostPort raftListen;

  @Option(
      names = "--http-listen",
      paramLabel = "HOST:PORT",
      converter = HostPort.Converter.class,
      description = "Address for /metrics and /healthz (default: same host, a free port, kept).")
  private @Nullable HostPort httpListen;

  @Option(
      names = "--zone",
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Failure domain of the node (default: default).")
  private String zone = "default";

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "256m",
      converter = ByteSize.Converter.class,
      description = "Budget of caches and write buffers, outside Java's heap (default: 256m).")
  private ByteSize memory = new ByteSize(256L << 20);

  @Option(
      names = "--log-keep",
      paramLabel = "ENTRIES",
      defaultValue = "10000",
      description = {
        "Entries of the replicated log kept for replicas that lag;",
        "one that lags by more fetches a snapshot (default: 10000)."
      })
  private long logKeep = LOG_KEEP;

  @Option(
      names = "--log-segment",
      paramLabel = "SIZE",
      defaultValue = "64m",
      converter = ByteSize.Converter.class,
      description = "Size of a file of the replicated log (default: 64m).")
  private ByteSize logSegment = LOG_SEGMENT;

  @Option(
      names = "--log-file",
      paramLabel = "FILE",
      description = "Where to log (default: standard error).")
  private @Nullable Path logFile;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      defaultValue = "info",
      description = "error, warn, info or debug (default: info).")
  private Level logLevel = Level.INFO;

  ServerCommand(Console console, Backend backend, StopSignal stop) {
    this.console = console;
    this.backend = backend;
    this.stop = stop;
  }

  @Override
  public Integer call() throws InterruptedException {
    NodeConfig config = config();
    Logging.configure(logLevel, logFile);
    CountDownLatch told = new CountDownLatch(1);
    AtomicReference<@Nullable String> failure = new AtomicReference<>();
    Consumer<String> failed =
        what -> {
          failure.compareAndSet(null, what);
          told.countDown();
        };
    try (Node node = start(config, failed)) {
      // Only now: a node that is still looking for its cluster ends at once.
      stop.whenTold(told::countDown);
      console.out().println(ready(node));
      console.out().flush();
      told.await();
    }
    String what = failure.get();
    if (what != null) {
      throw new HengeException(ErrorCode.UNAVAILABLE, "the node took itself out: " + what);
    }
    return ExitCode.OK.number();
  }

  /** A node names its settings; here they are options. */
  private Node start(NodeConfig config, Consumer<String> failed) {
    try {
      return backend.start(config, failed);
    } catch (HengeException e) {
      String message = String.valueOf(e.getMessage());
      for (Map.Entry<String, String> setting : OPTIONS.entrySet()) {
        message =
            message.replaceAll(
                "(?m)(^|; )" + setting.getKey() + ": ", "$1" + setting.getValue() + ": ");
      }
      throw new HengeException(e.code(), message, e);
    }
  }

  private NodeConfig config() {
    bounds.require(
        NAME.matcher(id).matches(),
        "--id: found '"
            + id
            + "', expected 1 to 63 letters, digits, dots, dashes or underscores; example: n1");
    bounds.require(
        !directory.toString().isEmpty(),
        "--dir: found nothing, expected a directory; example: data/n1");
    bounds.require(
        logFile == null || isWritable(logFile),
        "--log-file: found '" + logFile + "', expected a file that this user may write");
    bounds.require(
        NAME.matcher(zone).matches(),
        "--zone: found '"
            + zone
            + "', expected 1 to 63 letters, digits, dots, dashes or underscores; example: eu-west-1a");
    bounds.require(
        shards >= 1 && shards <= SHARDS_MAX,
        "--shards: found " + shards + ", expected 1 to " + SHARDS_MAX);
    bounds.require(
        replication == 1 || replication == 3 || replication == 5,
        "--replication: found " + replication + ", expected 1, 3 or 5");
    bounds.require(
        memory.bytes() >= MEMORY_MIN.bytes(),
        "--memory: found " + memory.bytes() + " bytes, expected at least 16m");
    bounds.atLeast("--log-keep", logKeep, LogLimits.KEEP_ENTRIES_MIN);
    bounds.require(
        logSegment.bytes() >= LogLimits.SEGMENT_BYTES_MIN
            && logSegment.bytes() <= LogLimits.SEGMENT_BYTES_MAX,
        "--log-segment: found " + logSegment.bytes() + " bytes, expected 1m to 1g");
    bounds.require(
        join.isEmpty() || shards == 1,
        "--shards belongs to a new cluster: with --join the cluster has its shards already");
    return new NodeConfig(
        id,
        directory,
        listen.text(),
        raftListen == null ? "" : raftListen.text(),
        httpListen == null ? "" : httpListen.text(),
        join.stream().map(HostPort::text).toList(),
        shards,
        replication,
        zone,
        memory.bytes(),
        log());
  }

  /** What is not given stays the server's own default. */
  private LogLimits log() {
    return new LogLimits(
        logKeep == LOG_KEEP ? 0 : logKeep, logSegment.equals(LOG_SEGMENT) ? 0 : logSegment.bytes());
  }

  /** Logback makes directories, but would go on without a word, and without a log. */
  private static boolean isWritable(Path file) {
    if (Files.exists(file)) {
      return Files.isRegularFile(file) && Files.isWritable(file);
    }
    @Nullable Path parent = file.toAbsolutePath().getParent();
    while (parent != null && !Files.exists(parent)) {
      parent = parent.getParent();
    }
    return parent != null && Files.isDirectory(parent) && Files.isWritable(parent);
  }

  private static String ready(Node node) {
    return "ready name="
        + node.name()
        + " id="
        + node.id()
        + " cluster="
        + node.clusterId()
        + " client="
        + node.clientAddress()
        + " raft="
        + node.raftAddress()
        + " http="
        + node.httpAddress();
  }
}
