package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.cli.output.OutputFormat;
import io.henge.cli.shell.InteractiveShell;
import io.henge.cli.shell.Interpreter;
import io.henge.cli.shell.StatementRunner;
import io.henge.client.HengeClient;
import io.henge.server.Henge;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
final class InteractiveShellTest {
  @TempDir private Path directory;
  private final InMemoryHengeClient client = new InMemoryHengeClient();

  @Test
  void shouldGoOnAfterErrorsUntilToldToLeave() throws IOException {
    String shown =
        type("create collection c\nput c\nput c a {\"x\":\n1}\nget c a\nexit\nget c a\n");
    assertThat(shown)
        .contains("hello")
        .contains("created collection c")
        .contains("put: found the end of the statement, expected a sharding key")
        .containsOnlyOnce("(version 1001)\nERR");
  }

  @Test
  void shouldLeaveAtTheEndOfTheInput() throws IOException {
    assertThat(type("create collection c\n")).contains("created collection c");
  }

  @Test
  void shouldKeepTheHistoryForItsOwner() throws IOException {
    type("create collection c\nput c a secret\n");
    Path history = directory.resolve("history");
    assertThat(Files.readString(history)).contains("put c a secret");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(history)))
        .isEqualTo("rw-------");
  }

  @Test
  void shouldCompleteVerbsAndCollections() throws IOException {
    assertThat(type("creat\tcollec\tcustomers\nput customers a 1\nget cust\ta\nexit\n"))
        .contains("created collection customers")
        .contains("1  (version 1001)");
  }

  @Test
  void shouldTakeDocumentsOverSeveralLinesAndShowTables() throws IOException {
    try (Henge henge = Henge.embedded().start()) {
      String shown =
          type(
              henge.client(),
              "create collection orders documents shard by user id order\n"
                  + "insert orders {\n\"user\": 42,\n\"order\": \"o-1\",\n\"lines\": [\n"
                  + "{\"sku\": \"pear\"}\n]\n}\n"
                  // A line too many, and one that is no JSON, are errors and nothing else.
                  + "insert orders {\"user\": 42,\n\"order\": o-2}\n"
                  + "insert orders {\"user\": 42, \"order\": \"o-2\", \"total\": 7.50}\n"
                  + "patch orders 42 o-1 {\"foo\": {\"a\": 1}}\n"
                  + "find orders 42 as table\n"
                  + "explain find orders 42 as table\n"
                  // Names of collections and of fields that were seen.
                  + "find custo\t42\n"
                  + "find orders 42 fields tot\t\n"
                  + "exit\n");
      assertThat(shown)
          .contains("created collection orders")
          .containsPattern(
              "line 1, column 15: found a fault .* at line 2, column 1\\d, expected a JSON")
          .contains("INVALID_ARGUMENT: patch: operation \"foo\" is not known; there are set, unset")
          .contains("user  order  lines             total")
          .contains("42  o-1    [{\"sku\":\"pear\"}]")
          .contains("7.50")
          .contains("scan of the sharding key; no index is ready")
          .contains("NOT_FOUND: find: collection \"customers\": there is none")
          .contains("{\"total\":7.50}");
    }
  }

  private String type(String keys) throws IOException {
    return type(client, keys);
  }

  private String type(HengeClient on, String keys) throws IOException {
    ByteArrayOutputStream screen = new ByteArrayOutputStream();
    ByteArrayOutputStream answers = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(answers, true, StandardCharsets.UTF_8);
    try (Terminal terminal =
        TerminalBuilder.builder()
            .system(false)
            .type("xterm")
            .streams(new ByteArrayInputStream(keys.getBytes(StandardCharsets.UTF_8)), screen)
            .encoding(StandardCharsets.UTF_8)
            .build()) {
      StatementRunner runner =
          new StatementRunner(new Interpreter(on, false, line -> {}), OutputFormat.TABLE, out, out);
      new InteractiveShell(
              terminal, runner, directory.resolve("history"), () -> List.of("customers"))
          .run("hello");
    }
    return answers.toString(StandardCharsets.UTF_8)
        + "ERR"
        + screen.toString(StandardCharsets.UTF_8);
  }
}
