package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.process.QuickJava;
import io.henge.testkit.process.ServerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers as an operator runs them: processes that grow into a cluster, die and come back. */
@Tag("cluster")
@Timeout(240)
final class ServerProcessTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Key KEY = Key.of("k");

  /** Takes from root what lets it pass over permissions; for others they hold anyway. */
  private static final List<String> AS_ANY_USER =
      "root".equals(System.getProperty("user.name"))
          ? List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
          : List.of();

  @TempDir private Path directory;
  private ProcessCluster cluster;

  @BeforeEach
  void open() {
    cluster = ProcessCluster.in(directory.resolve("cluster"));
  }

  @AfterEach
  void close() {
    cluster.close();
  }

  @Test
  void shouldGrowLoseLeadersAndLoseNothingElse() {
    cluster.start(1);
    try (Writer writer = new Writer(cluster.addresses())) {
      cluster.add("n2").start();
      cluster.add("n3").start();
      awaitStatus(
          writer.client,
          s ->
              s.replicationFactor() == 3
                  && s.shards().stream().allMatch(shard -> shard.replicas().size() == 3));
      writer.awaitMore(50);

      ServerProcess killed = leader(writer.client);
      killed.kill();
      writer.awaitMore(50);
      killed.start();
      awaitStatus(writer.client, ServerProcessTest::isWhole);

      ServerProcess stopped = leader(writer.client);
      stopped.pause();
      writer.awaitMore(50);
      stopped.resume();
      awaitStatus(writer.client, ServerProcessTest::isWhole);

      writer.stop();
      assertThat(writer.failures).isEmpty();
      assertThat(writer.found()).isEqualTo(writer.acknowledged.get());

      cluster.nodes().forEach(ServerProcess::kill);
      // The second of them makes a majority: neither gets ready alone.
      cluster.nodes().parallelStream().forEach(ServerProcess::start);
      try (HengeClient client = connect(cluster.addresses())) {
        assertThat(counter(client)).isEqualTo(writer.acknowledged.get());
      }
    }
  }

  @Test
  void shouldEndCleanlyAtSigterm() {
    ServerProcess node = cluster.start(1).node("n1");
    try (HengeClient client = connect(cluster.addresses())) {
      client.admin().createCollection("c", CollectionOptions.defaults());
      client.collection("c").increment(KEY, Key.EMPTY, 5);
    }
    assertThat(node.terminate()).isZero();
    node.start();
    try (HengeClient client = connect(cluster.addresses())) {
      assertThat(client.collection("c").get(KEY, Key.EMPTY).map(Item::counter)).contains(5L);
    }
  }

  @Test
  void shouldSayInOneLineWhatIsWrongWithPortAndDirectory() throws Exception {
    ServerProcess node = cluster.start(1).node("n1");
    Path data = directory.resolve("cluster/n1");
    String taken = node.ready().client();
    assertRefused(1, "in use", "--id", "n9", "--dir", dir("new"), "--listen", taken);
    assertThat(directory.resolve("new")).doesNotExist();
    assertRefused(1, "in use", "--id", "n1", "--dir", data.toString(), "--listen", "127.0.0.1:0");
    node.terminate();
    assertRefused(
        2, "belongs to node", "--id", "n2", "--dir", data.toString(), "--listen", "127.0.0.1:0");
    Path file = Files.writeString(directory.resolve("file"), "x");
    assertRefused(2, "file", "--id", "n2", "--dir", file.toString(), "--listen", "127.0.0.1:0");
    assertRefused(2, "HOST:PORT", "--id", "n2", "--dir", dir("x"), "--listen", "nonsense");
    assertThat(directory.resolve("x")).doesNotExist();
    node.start();
  }

  /** As a user who is held to the permissions of files, which root is not. */
  @Test
  void shouldSayInOneLineWhatItMayNotDo() throws Exception {
    assumeTrue(AS_ANY_USER.isEmpty() || Files.isExecutable(Path.of("/usr/bin/setpriv")));
    Path home = Files.createDirectory(directory.resolve("closed"));
    Path below = home.resolve("n1");
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("r-x------"));
    try {
      for (Path path : List.of(home, below)) {
        assertRefused(
            AS_ANY_USER,
            1,
            "PERMISSION_DENIED: --dir: cannot use " + path + ": this user may not write there",
            "--id",
            "n1",
            "--dir",
            path.toString(),
            "--listen",
            "127.0.0.1:0");
      }
      assertThat(home).isEmptyDirectory();
    } finally {
      Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx------"));
    }
    Path identity = Files.createDirectory(below).resolve("node.properties");
    Files.writeString(identity, "format=1\n");
    Files.setPosixFilePermissions(identity, PosixFilePermissions.fromString("---------"));
    assertRefused(
        AS_ANY_USER,
        1,
        "PERMISSION_DENIED: --dir: cannot use " + below,
        "--id",
        "n1",
        "--dir",
        below.toString(),
        "--listen",
        "127.0.0.1:0");
  }

  private String dir(String name) {
    return directory.resolve(name).toString();
  }

  /** A process of its own: the exit code and the streams are those that an operator sees. */
  private static void assertRefused(int code, String message, String... arguments)
      throws IOException, InterruptedException {
    assertRefused(List.of(), code, message, arguments);
  }

  private static void assertRefused(
      List<String> prefix, int code, String message, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(prefix);
    command.addAll(QuickJava.command(Main.class));
    command.addAll(List.of("server", "--log-level", "error"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).start();
    String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.getInputStream().readAllBytes()).isEmpty();
    assertThat(process.exitValue()).as(errors).isEqualTo(code);
    assertThat(errors.lines())
        .singleElement()
        .asString()
        .startsWith("henge server: ")
        .contains(message);
  }

  private ServerProcess leader(HengeClient client) {
    ClusterStatus status =
        awaitStatus(client, s -> s.shards().stream().noneMatch(shard -> shard.leader().isEmpty()));
    return cluster.nodeOf(status.shards().get(0).leader());
  }

  private static boolean isWhole(ClusterStatus status) {
    return status.nodes().stream().allMatch(ClusterStatus.Node::reachable)
        && status.shards().stream().noneMatch(shard -> shard.leader().isEmpty());
  }

  private static ClusterStatus awaitStatus(HengeClient client, Predicate<ClusterStatus> wanted) {
    return await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(HengeException.class)
        .until(() -> client.admin().status(), wanted);
  }

  private static HengeClient connect(String addresses) {
    return HengeClient.connect(
        List.of(addresses.split(",")), ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(20)));
  }

  private static long counter(HengeClient client) {
    return client.collection("c").get(KEY, Key.EMPTY).map(Item::counter).orElse(0L);
  }

  /**
   * Adds to a counter, one by one; keeps what goes wrong. The deadline is twice the default: this
   * runs beside other builds on small machines, and a stopped leader takes some seconds to replace.
   */
  private static final class Writer implements AutoCloseable {
    final AtomicLong acknowledged = new AtomicLong();
    final Queue<String> failures = new ConcurrentLinkedQueue<>();
    final HengeClient client;
    private final Thread thread = new Thread(this::write, "writer");
    private volatile boolean stopped;

    Writer(String addresses) {
      client =
          HengeClient.connect(
              List.of(addresses.split(",")),
              ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(10)));
      client.admin().createCollection("c", CollectionOptions.defaults());
      thread.setDaemon(true);
      thread.start();
    }

    private void write() {
      while (!stopped && failures.size() < 10) {
        try {
          client.collection("c").increment(KEY, Key.EMPTY, 1);
          acknowledged.incrementAndGet();
        } catch (HengeException e) {
          failures.add(e.code() + ": " + e.getMessage());
        }
      }
    }

    void awaitMore(long writes) {
      long wanted = acknowledged.get() + writes;
      await().atMost(PATIENCE).until(() -> acknowledged.get() >= wanted || !failures.isEmpty());
      assertThat(failures).isEmpty();
    }

    long found() {
      return counter(client);
    }

    void stop() {
      stopped = true;
      await().atMost(PATIENCE).until(() -> !thread.isAlive());
    }

    @Override
    public void close() {
      stop();
      client.close();
    }
  }
}
