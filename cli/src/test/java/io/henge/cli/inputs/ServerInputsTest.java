package io.henge.cli.inputs;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.cli.LiveCommandLine;
import io.henge.cli.LiveCommandLine.Result;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.process.ReadyLine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code henge server} is not started with: one line each, the exit code, nothing changed. */
@Timeout(120)
class ServerInputsTest {
  @TempDir private Path directory;

  private static void refused(int code, Result result, String... parts) {
    assertThat(result.err().lines()).singleElement().asString().startsWith("henge server: ");
    assertThat(result.err()).contains(parts);
    assertThat(result.code()).isEqualTo(code);
    assertThat(result.out()).isEmpty();
  }

  private Result server(String name, Path home, String... more) {
    return LiveCommandLine.run(
        Stream.concat(Stream.of("server", "--id", name, "--dir", home.toString()), Stream.of(more))
            .toArray(String[]::new));
  }

  private Result server(String name, Path home) {
    return server(name, home, "--listen", "127.0.0.1:0");
  }

  private void stopped(String name, Path home) {
    assertThat(server(name, home).code()).isZero();
  }

  @Test
  void shouldNameEveryPortInUseByItsOption() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket client = new ServerSocket(0, 1, loopback);
        ServerSocket raft = new ServerSocket(0, 1, loopback);
        ServerSocket http = new ServerSocket(0, 1, loopback)) {
      Path home = directory.resolve("n1");
      refused(
          1,
          server(
              "n1",
              home,
              "--listen",
              "127.0.0.1:" + client.getLocalPort(),
              "--raft-listen",
              "127.0.0.1:" + raft.getLocalPort(),
              "--http-listen",
              "127.0.0.1:" + http.getLocalPort()),
          "--listen: port " + client.getLocalPort() + " on 127.0.0.1 is in use",
          "--raft-listen: port " + raft.getLocalPort(),
          "--http-listen: port " + http.getLocalPort(),
          "choose another port");
      assertThat(home).doesNotExist();
    }
  }

  @Test
  void shouldRefuseToJoinItself() throws IOException {
    String own;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      own = "127.0.0.1:" + free.getLocalPort();
    }
    Path home = directory.resolve("n1");
    refused(
        2,
        server("n1", home, "--listen", own, "--join", own),
        "--join: " + own + " is this node's own address",
        "leave it out");
    assertThat(home).doesNotExist();
  }

  @Test
  void shouldNameAHostThatIsNotKnownOnce() {
    Result result = server("n1", directory.resolve("n1"), "--listen", "nowhere.invalid:7400");
    refused(1, result, "--listen: host nowhere.invalid is not known on this machine");
    assertThat(result.err()).doesNotContain("--raft-listen");
  }

  @Test
  void shouldRefuseWhatIsNotItsDirectory() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");
    refused(2, server("n1", file), "--dir: cannot use " + file, "is a file");
    refused(2, server("n1", file.resolve("below")), "--dir: cannot use", "cannot be made");
    refused(2, server("n1", Path.of("")), "--dir: found nothing, expected a directory");
    Path home = directory.resolve("n1");
    stopped("n1", home);
    refused(2, server("n2", home), "--dir:", "belongs to node 'n1', not to 'n2'");
    stopped("n1", home);
  }

  @Test
  void shouldRefuseNewerFormats() throws IOException {
    Path home = directory.resolve("n1");
    stopped("n1", home);
    Path identity = home.resolve("node.properties");
    String text = Files.readString(identity);
    Files.writeString(identity, text.replace("format=1", "format=9"));
    refused(1, server("n1", home), identity + ": format 9 is newer than 1", "start it with");
    Files.writeString(identity, text);
    Path stamp;
    try (Stream<Path> files = Files.walk(home)) {
      stamp = files.filter(path -> path.endsWith("FORMAT")).findFirst().orElseThrow();
    }
    String stamped = Files.readString(stamp);
    Files.writeString(stamp, "henge-store 9\n");
    refused(1, server("n1", home), "store format 9, this one reads up to 1; start the newer");
    Files.writeString(stamp, stamped);
    stopped("n1", home);
  }

  @Test
  void shouldRefuseALogFileThatCannotBeWritten() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");
    refused(
        2,
        server(
            "n1",
            directory.resolve("n1"),
            "--listen",
            "127.0.0.1:0",
            "--log-file",
            file.resolve("henge.log").toString()),
        "--log-file: found '" + file);
    assertThat(directory.resolve("n1")).doesNotExist();
  }

  /** Another process, since a lock within one JVM is another thing. */
  @Test
  void shouldRefuseWhatARunningNodeHolds() {
    try (ProcessCluster cluster = ProcessCluster.in(directory).start(1)) {
      ReadyLine running = cluster.node("n1").ready();
      refused(
          1, server("n1", directory.resolve("n1")), "--dir:", "is in use by another node; stop it");
      refused(
          1,
          server("n2", directory.resolve("n2"), "--listen", running.client()),
          "--listen: port",
          "is in use by another process");
      refused(
          1,
          server(
              "n1",
              directory.resolve("other"),
              "--listen",
              "127.0.0.1:0",
              "--join",
              running.client()),
          "the name n1 belongs to node " + running.id());
      Path foreign = directory.resolve("foreign");
      stopped("m1", foreign);
      refused(
          2,
          server("m1", foreign, "--listen", "127.0.0.1:0", "--join", running.client()),
          "--dir: it belongs to cluster",
          "give an empty directory");
    }
  }
}
