package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.server.Henge;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands on the real thing. */
@Tag("cluster")
@Timeout(120)
final class LiveCommandsTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... arguments) {
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false);
    return HengeCommand.commandLine(console, new LiveBackend(), action -> {}).execute(arguments);
  }

  @Test
  void shouldAnswerAsTheDocumentationSays() throws IOException {
    try (Henge henge = Henge.embedded().start()) {
      ShellDocument.read(ShellDocumentTest.PAGE).run(henge.client());
    }
  }

  @Test
  void shouldKeepWhatAnEmbeddedShellWroteInItsDirectory(@TempDir Path directory) {
    String dir = directory.resolve("data").toString();
    assertThat(
            run("shell", "--embedded", "--dir", dir, "-e", "create collection c; put c (eu, 1) 42"))
        .isZero();
    out.reset();
    assertThat(run("shell", "--embedded", "--dir", dir, "-e", "get c (eu, 1)")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("42  (version ");
    assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void shouldAskARunningCluster() {
    try (Henge henge = Henge.embedded().shards(2).start()) {
      String address = henge.nodes().get(0).clientAddress();
      assertThat(run("cluster", "status", "--connect", address)).isZero();
      assertThat(run("cluster", "nodes", "--connect", address, "--output", "json")).isZero();
      assertThat(run("cluster", "shards", "--connect", address)).isZero();
      assertThat(run("shell", "--connect", address, "-e", "ring")).isZero();
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("1 of 3 wanted")
        .contains("\"client_address\":\"127.0.0.1:")
        .contains("2 shards");
  }

  @Test
  void shouldCutAndJoinAShardAndWait() {
    try (Henge henge = Henge.embedded().start()) {
      String address = henge.nodes().get(0).clientAddress();
      assertThat(run("cluster", "split", "1", "--wait", "--connect", address))
          .as(err.toString(StandardCharsets.UTF_8))
          .isZero();
      assertThat(err.toString(StandardCharsets.UTF_8)).contains("operation 1: split shard 1");
      assertThat(run("cluster", "merge", "1", "--wait", "--connect", address)).isZero();
      assertThat(run("cluster", "split", "1", "--at", "ann", "--wait", "--connect", address))
          .isZero();
      assertThat(run("cluster", "operations", "--all", "--watch", "--connect", address)).isZero();
      assertThat(run("cluster", "plan", "--connect", address, "--output", "json")).isZero();
      assertThat(run("cluster", "explain", "shard", "1", "--connect", address)).isZero();
      assertThat(run("cluster", "join", "--connect", address)).isZero();
      assertThat(run("cluster", "split", "77", "--connect", address)).isEqualTo(1);
    }
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("operation 1: split shard 1 into it and 2: done")
        .contains("operation 2: merge shard 2 into 1: done")
        .contains("operation 3: split shard 1 into it and 3: done")
        .contains("{\"steps\":[")
        .contains("henge server --id n2 --dir ./n2 --join 127.0.0.1:");
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("the cluster has no shard 77");
  }

  @Test
  void shouldReadOverABoundaryInsideAShardingKey() {
    try (Henge henge = Henge.embedded().start()) {
      String address = henge.nodes().get(0).clientAddress();
      StringBuilder puts = new StringBuilder("create collection chat divisible");
      for (int i = 10; i < 60; i++) {
        puts.append("; put chat room ").append(i).append(" \"message ").append(i).append('"');
      }
      assertThat(run("shell", "--connect", address, "-e", puts.toString())).isZero();
      assertThat(run("shell", "--connect", address, "-e", "split 1 wait; shards")).isZero();
      assertThat(henge.client().admin().status().shards()).hasSize(2);
      out.reset();
      String reads = "scan chat room limit 50; scan chat room reverse limit 50";
      assertThat(run("shell", "--connect", address, "-e", reads)).isZero();
      List<String> found =
          out.toString(StandardCharsets.UTF_8)
              .lines()
              .filter(line -> line.contains("message"))
              .map(line -> line.replaceAll(".*message ([0-9]+).*", "$1"))
              .toList();
      List<String> up = IntStream.range(10, 60).mapToObj(Integer::toString).toList();
      List<String> both = new ArrayList<>(up);
      IntStream.range(10, 60).forEach(i -> both.add(Integer.toString(69 - i)));
      assertThat(found).isEqualTo(both);
    }
  }

  @Test
  void shouldDemonstrateThatNothingIsLost() {
    int code = run("demo", "--seconds", "2", "--output", "json");
    assertThat(code).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith("{\"held\":true");
  }

  @Test
  void shouldFailIfNobodyListens() {
    assertThat(run("cluster", "status", "--connect", "127.0.0.1:1", "--timeout", "300ms"))
        .isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8).lines())
        .singleElement()
        .asString()
        .startsWith("henge cluster status: UNAVAILABLE: ")
        .contains("127.0.0.1:1");
  }
}
