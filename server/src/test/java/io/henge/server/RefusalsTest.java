package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.NetworkFilter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node does not start with: each with one clear line, and nothing changed. */
@Timeout(60)
class RefusalsTest {
  @TempDir private Path directory;

  private static HengeNode start(NodeConfig config) {
    HengeNode node = HengeNode.start(config, NodeHooks.embedded(NetworkFilter.OPEN));
    try {
      node.awaitReady(Duration.ofSeconds(20));
      return node;
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
  }

  private void refused(NodeConfig config, ErrorCode code, String... parts) {
    assertThatThrownBy(
            () -> HengeNode.start(config, NodeHooks.embedded(NetworkFilter.OPEN)).close())
        .isInstanceOfSatisfying(
            HengeException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.getMessage()).contains(parts);
            });
  }

  @Test
  void shouldNameAllProblemsOfAConfigurationAtOnce() {
    NodeConfig config =
        new NodeConfig(
            "n 1", directory.resolve("n1"), "nowhere", "", "", List.of("x:99999"), 0, 2, "", 1);
    refused(
        config,
        ErrorCode.INVALID_ARGUMENT,
        "name:",
        "'n 1'",
        "listen:",
        "'nowhere'",
        "join:",
        "99999",
        "shards:",
        "replicationTarget:",
        "zone:",
        "memoryBytes:");
    assertThat(directory.resolve("n1")).doesNotExist();
  }

  @Test
  void shouldRefuseADirectoryInUse() {
    NodeConfig config = NodeConfig.of("n1", directory.resolve("n1"));
    try (Node node = start(config)) {
      refused(config, ErrorCode.ALREADY_EXISTS, "directory:", "in use", directory.toString());
      assertThat(node.name()).isEqualTo("n1");
    }
  }

  @Test
  void shouldRefuseAnotherNodesDirectory() throws IOException {
    Path home = directory.resolve("n1");
    start(NodeConfig.of("n1", home)).close();
    String before = Files.readString(home.resolve("node.properties"));
    refused(NodeConfig.of("n2", home), ErrorCode.INVALID_ARGUMENT, "'n1'", "'n2'");
    assertThat(Files.readString(home.resolve("node.properties"))).isEqualTo(before);
  }

  @Test
  void shouldRefuseAnotherClustersDirectory() throws IOException {
    Path home = directory.resolve("n2");
    start(NodeConfig.of("n2", home)).close();
    String before = Files.readString(home.resolve("node.properties"));
    try (Node other = start(NodeConfig.of("n1", directory.resolve("n1")))) {
      refused(
          NodeConfig.of("n2", home).join(List.of(other.clientAddress())),
          ErrorCode.INVALID_ARGUMENT,
          "directory:",
          other.clusterId());
    }
    assertThat(Files.readString(home.resolve("node.properties"))).isEqualTo(before);
  }

  @Test
  void shouldRefuseANewerFormat() throws IOException {
    Path home = directory.resolve("n1");
    start(NodeConfig.of("n1", home)).close();
    Path file = home.resolve("node.properties");
    Files.writeString(file, Files.readString(file).replace("format=1", "format=2"));
    refused(NodeConfig.of("n1", home), ErrorCode.CORRUPTION, "format 2", "newer");
  }

  @Test
  void shouldRefuseADirectoryWithOtherFiles() throws IOException {
    Path home = directory.resolve("photos");
    Files.createDirectories(home);
    Files.writeString(home.resolve("holiday.jpg"), "x");
    refused(NodeConfig.of("n1", home), ErrorCode.INVALID_ARGUMENT, "holiday.jpg");
    try (Stream<Path> files = Files.list(home)) {
      assertThat(files).hasSize(1);
    }
  }

  @Test
  void shouldNameThePortInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      refused(
          NodeConfig.of("n1", directory.resolve("n1")).listen(address),
          ErrorCode.UNAVAILABLE,
          "listen:",
          Integer.toString(taken.getLocalPort()),
          "in use");
      assertThat(directory.resolve("n1")).doesNotExist();
      refused(
          NodeConfig.of("n1", directory.resolve("some/where/n1")).listen(address),
          ErrorCode.UNAVAILABLE,
          "in use");
      assertThat(directory.resolve("some")).doesNotExist();
      Path empty = Files.createDirectory(directory.resolve("empty"));
      refused(NodeConfig.of("n1", empty).listen(address), ErrorCode.UNAVAILABLE, "in use");
      assertThat(empty).isEmptyDirectory();
    }
  }

  /** What was there before is not the failed start's to take away. */
  @Test
  void shouldLeaveTheDirectoryOfANodeAsItIs() throws IOException {
    Path home = directory.resolve("n1");
    start(NodeConfig.of("n1", home)).close();
    Map<Path, FileTime> before = modified(home);
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      refused(
          NodeConfig.of("n1", home).listen("127.0.0.1:" + taken.getLocalPort()),
          ErrorCode.UNAVAILABLE,
          "in use");
    }
    assertThat(modified(home)).isEqualTo(before).isNotEmpty();
    start(NodeConfig.of("n1", home)).close();
  }

  @Test
  void shouldRefuseToJoinItself() throws IOException {
    Path home = directory.resolve("n1");
    for (String host : List.of("127.0.0.1", "localhost")) {
      String port;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = ":" + free.getLocalPort();
      }
      refused(
          NodeConfig.of("n1", home).listen("127.0.0.1" + port).join(List.of(host + port)),
          ErrorCode.INVALID_ARGUMENT,
          "join: " + host + port + " is this node's own address");
      assertThat(home).doesNotExist();
    }
  }

  /** One list for all nodes is handy, and right as long as somebody else is on it. */
  @Test
  void shouldJoinThroughAListWithItselfOnIt() throws IOException {
    String own;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      own = "127.0.0.1:" + free.getLocalPort();
    }
    try (Node first = start(NodeConfig.of("n1", directory.resolve("n1")))) {
      NodeConfig second =
          NodeConfig.of("n2", directory.resolve("n2"))
              .listen(own)
              .join(List.of(own, first.clientAddress()));
      try (Node joined = start(second)) {
        assertThat(joined.clusterId()).isEqualTo(first.clusterId());
      }
      // It is a member now: nobody has to let it in any more.
      start(second.join(List.of(own))).close();
    }
  }

  /** Not even root may make a directory there. */
  @Test
  void shouldSayThatItMayNotWriteToADirectory() {
    Path system = Path.of("/sys/kernel");
    assumeTrue(Files.isDirectory(system));
    refused(
        NodeConfig.of("n1", system.resolve("henge")),
        ErrorCode.PERMISSION_DENIED,
        "directory: cannot use /sys/kernel/henge: this user may not write there");
  }

  @Test
  void shouldRefuseATakenName() {
    try (Node first = start(NodeConfig.of("n1", directory.resolve("a")))) {
      NodeConfig again =
          NodeConfig.of("n1", directory.resolve("b")).join(List.of(first.clientAddress()));
      refused(again, ErrorCode.ALREADY_EXISTS, "n1", "name");
      assertThat(directory.resolve("b")).doesNotExist();
      // So the directory is free for a name that is not taken.
      start(NodeConfig.of("n2", directory.resolve("b")).join(List.of(first.clientAddress())))
          .close();
    }
  }

  @Test
  void shouldRefuseANewerStoreBeforeAnythingIsOpened() throws IOException {
    Path home = directory.resolve("n1");
    start(NodeConfig.of("n1", home)).close();
    Path stamp;
    try (Stream<Path> files = Files.walk(home)) {
      stamp = files.filter(file -> file.endsWith("FORMAT")).findFirst().orElseThrow();
    }
    Files.writeString(stamp, "henge-store 9\n");
    Map<Path, FileTime> before = modified(home);
    refused(NodeConfig.of("n1", home), ErrorCode.CORRUPTION, "store format 9", "newer");
    assertThat(modified(home)).isEqualTo(before);
  }

  private static Map<Path, FileTime> modified(Path home) throws IOException {
    Map<Path, FileTime> times = new TreeMap<>();
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        times.put(file, Files.getLastModifiedTime(file));
      }
    }
    return times;
  }

  @Test
  void shouldRefuseAFileAsDirectory() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");
    refused(NodeConfig.of("n1", file), ErrorCode.INVALID_ARGUMENT, "is a file");
    assertThat(file).hasContent("x");
  }

  @Test
  void shouldRefuseOnePortForTwo() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + free.getLocalPort();
      free.close();
      refused(
          new NodeConfig(
              "n1", directory.resolve("n1"), address, address, "", List.of(), 1, 3, "z", 64 << 20),
          ErrorCode.UNAVAILABLE,
          "raftListen: " + address + " is wanted twice");
    }
  }
}
