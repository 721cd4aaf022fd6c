package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.document.value.Json;
import io.henge.server.Henge;
import io.henge.testkit.process.QuickJava;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Watching in scripts and pipes, in processes of their own that get signals. */
@Tag("cluster")
@Timeout(120)
final class WatchScriptTest {
  private static final int INT = 2;

  private static Henge henge;

  @TempDir private Path directory;

  @BeforeAll
  static void start() {
    henge = Henge.embedded().start();
    HengeClient client = henge.client();
    client
        .admin()
        .createCollection("orders", CollectionOptions.documentsShardedBy("user").withId("order"));
    client.admin().keepChanges("orders", Duration.ofHours(1));
    client.documents("orders").insert(Json.parseObject("{\"user\": 42, \"order\": \"o-1\"}"));
  }

  @AfterAll
  static void stop() {
    henge.close();
  }

  @Test
  void shouldEndInOrderAtCtrlC() throws Exception {
    assumeFalse(isIgnored(INT), "whoever runs this has the signal ignored");
    endsInOrderAt("INT");
  }

  @Test
  void shouldEndInOrderWhenToldToEnd() throws Exception {
    endsInOrderAt("TERM");
  }

  private void endsInOrderAt(String signal) throws Exception {
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    Process shell =
        shell("-e", "watch orders from start", "-e", "collections")
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !shell.isAlive() || Files.readString(out).contains("present 42"));
      send(signal, shell);
      assertThat(shell.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      shell.destroyForcibly();
    }
    assertThat(Files.readAllLines(out))
        .hasSize(2)
        .last()
        .asString()
        .startsWith("1 change; to go on: watch orders from ");
    assertThat(Files.readString(err)).isEmpty();
    assertThat(shell.exitValue()).isEqualTo(130);
  }

  @Test
  void shouldEndWhenNobodyReads() throws Exception {
    ProcessBuilder builder = shell("-e", "watch orders from start");
    Process shell = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try {
      try (BufferedReader answers =
          new BufferedReader(
              new InputStreamReader(shell.getInputStream(), StandardCharsets.UTF_8))) {
        assertThat(answers.readLine()).contains("present 42");
      }
      // The next change finds that the pipe is closed.
      for (int i = 2; shell.isAlive() && i < 1_000; i++) {
        henge
            .client()
            .documents("orders")
            .upsert(Json.parseObject("{\"user\": 7, \"order\": \"o-1\", \"n\": " + i + "}"));
        shell.waitFor(50, TimeUnit.MILLISECONDS);
      }
      assertThat(shell.isAlive()).isFalse();
    } finally {
      shell.destroyForcibly();
      henge.client().documents("orders").delete(Key.of(7), Key.of("o-1"));
    }
  }

  private static ProcessBuilder shell(String... arguments) {
    List<String> command = QuickJava.command(Main.class);
    command.addAll(List.of("shell", "--connect", henge.nodes().get(0).clientAddress()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }

  private static void send(String signal, Process process) throws Exception {
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
        .inheritIO()
        .start()
        .waitFor();
  }

  /** Processes inherit what is ignored. */
  private static boolean isIgnored(int signal) throws IOException {
    String line =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(status -> status.startsWith("SigIgn:"))
            .findFirst()
            .orElseThrow();
    long mask = Long.parseUnsignedLong(line.substring("SigIgn:".length()).strip(), 16);
    return (mask >> (signal - 1) & 1) == 1;
  }

  /** What a reader is told who was away for too long. */
  @Test
  void shouldSayWhatToDoWithATokenThatIsTooOld() {
    HengeClient client = henge.client();
    client
        .admin()
        .createCollection("old", CollectionOptions.documentsShardedBy("user").withId("order"));
    client.admin().keepChanges("old", Duration.ofHours(1));
    client.documents("old").insert(Json.parseObject("{\"user\": 1, \"order\": \"a\"}"));
    String address = henge.nodes().get(0).clientAddress();
    LiveCommandLine.Result first =
        LiveCommandLine.run("shell", "--connect", address, "-e", "watch old from start limit 1");
    assertThat(first.code()).as(first.err()).isZero();
    String line = first.out().strip();
    String token = line.substring(line.lastIndexOf(' ') + 1);
    // A shard keeps so much of all its collections together.
    setting("64k");
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              client
                  .documents("old")
                  .upsert(Json.parseObject("{\"user\": 1, \"order\": \"a\"," + pad() + "}"));
              LiveCommandLine.Result late =
                  LiveCommandLine.run(
                      "shell",
                      "--connect",
                      address,
                      "-e",
                      "watch old from " + token + " limit 1 for 1s");
              assertThat(late.code()).as(late.out()).isEqualTo(1);
              assertThat(late.err().lines()).hasSize(1);
              assertThat(late.err())
                  .startsWith("NOT_FOUND: watch: ")
                  .contains("the history is gone: shard ")
                  .contains("watch from the start, which shows all documents again, or from now");
            });
    setting("default");
    LiveCommandLine.Result again =
        LiveCommandLine.run("shell", "--connect", address, "-e", "watch old from start limit 1");
    assertThat(again.out()).contains("present 1 \"a\"");
  }

  private static void setting(String value) {
    LiveCommandLine.Result set =
        LiveCommandLine.run(
            "shell",
            "--connect",
            henge.nodes().get(0).clientAddress(),
            "-e",
            "set changes-bytes-max " + value);
    assertThat(set.code()).as(set.err()).isZero();
  }

  private static String pad() {
    return "\"n\": \"" + System.nanoTime() + "x".repeat(500_000) + "\"";
  }

  @Test
  void shouldShowTheDocumentBefore() {
    HengeClient client = henge.client();
    client
        .admin()
        .createCollection("both", CollectionOptions.documentsShardedBy("user").withId("order"));
    String address = henge.nodes().get(0).clientAddress();
    LiveCommandLine.Result shown =
        LiveCommandLine.run(
            "shell",
            "--connect",
            address,
            "-e",
            "changes on both for 1h before",
            "-e",
            "insert both {\"user\": 1, \"order\": \"a\", \"n\": 1}",
            "-e",
            "watch both from start limit 1");
    assertThat(shown.out()).as(shown.err()).contains("each with the document before it");
    String line = shown.out().strip();
    String token = line.substring(line.lastIndexOf(' ') + 1);
    LiveCommandLine.Result changed =
        LiveCommandLine.run(
            "shell",
            "--connect",
            address,
            "-e",
            "patch both 1 a {\"inc\": {\"n\": 1}}",
            "-e",
            "watch both from " + token + " limit 1");
    assertThat(changed.out())
        .as(changed.err())
        .contains(
            "put 1 \"a\" {\"user\":1,\"order\":\"a\",\"n\":2}"
                + " before: {\"user\":1,\"order\":\"a\",\"n\":1}");
  }
}
