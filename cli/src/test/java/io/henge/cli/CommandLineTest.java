package io.henge.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.cli.CommandLineHarness.NamedNode;
import io.henge.cli.CommandLineHarness.Result;
import io.henge.server.NodeConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CommandLineTest {
  private final CommandLineHarness henge = new CommandLineHarness();

  @Test
  void shouldPrintItsVersion() {
    Result result = henge.run("version");
    assertThat(result.code()).isZero();
    assertThat(result.out()).matches("henge [0-9][^ ]* \\(Java .*\\)\n");
    assertThat(henge.run("version", "--output", "json").out()).startsWith("{\"henge\":\"");
    assertThat(henge.run("--version").out()).isEqualTo(result.out());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          frobnicate                              | unknown command frobnicate, expected one of demo, server, shell
          servr                                   | unknown command servr: did you mean server?
          server                                  | Missing required options
          server --id n1 --dir d --listen 7400    | expected HOST:PORT; example: 127.0.0.1:7400
          server --id n1 --dir d --listen a:99999 | found port 99999
          server --id n1 --dir d --listen a:1 --shards 0        | --shards: found 0, expected 1 to 1024
          server --id n1 --dir d --listen a:1 --shards many     | --shards
          server --id n1 --dir d --listen a:1 --replication 2   | --replication: found 2, expected 1, 3 or 5
          server --id n1 --dir d --listen a:1 --memory 1k       | --memory: found 1024 bytes, expected at least 16m
          server --id n1 --dir d --listen a:1 --memory lots     | expected a size in bytes; examples: 256m, 1g
          server --id n/1 --dir d --listen a:1                  | --id: found 'n/1'
          server --id n1 --dir d --listen a:1 --join b:1 --shards 2 | --shards belongs to a new cluster
          server --id n1 --id n2 --dir d --listen a:1           | --id
          cluster status --output xml             | --output
          cluster status --timeout 0s             | expected a duration above zero
          cluster frobnicate                      | unknown command frobnicate, expected one of status, nodes, shards
          shell extra                             | extra
          version --loud                          | --loud
          """)
  void shouldRefuseBadUsageInOneLine(String arguments, String message) {
    Result result = henge.run(arguments.split(" +"));
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err().lines())
        .singleElement()
        .asString()
        .startsWith("henge")
        .contains(message);
    assertThat(result.out()).isEmpty();
    assertThat(henge.nodes).isEmpty();
  }

  @Test
  void shouldShowHelpWhenGivenNothingToDo() {
    Result result = henge.run();
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err()).contains("Missing required subcommand");
    assertThat(henge.run("cluster").code()).isEqualTo(2);
  }

  @Test
  void shouldStartANodeAndCloseItWhenTold() {
    AtomicBoolean closed = new AtomicBoolean();
    henge.starter = config -> new NamedNode(config.name(), () -> closed.set(true));
    Result result =
        henge.run(
            "server",
            "--id",
            "n1",
            "--dir",
            "data",
            "--listen",
            "127.0.0.1:0",
            "--join",
            "127.0.0.1:1,127.0.0.1:2",
            "--raft-listen",
            "127.0.0.1:7501",
            "--zone",
            "z1",
            "--memory",
            "128m",
            "--replication",
            "5");
    assertThat(result.code()).isZero();
    assertThat(result.out())
        .isEqualTo(
            "ready name=n1 id=00000000000000aa cluster=c1 client=127.0.0.1:7401"
                + " raft=127.0.0.1:7501 http=127.0.0.1:7601\n");
    assertThat(closed).isTrue();
    assertThat(henge.nodes)
        .containsExactly(
            new NodeConfig(
                "n1",
                Path.of("data"),
                "127.0.0.1:0",
                "127.0.0.1:7501",
                "",
                List.of("127.0.0.1:1", "127.0.0.1:2"),
                1,
                5,
                "z1",
                128L << 20));
  }

  @Test
  void shouldEndWhenTheNodeTakesItselfOut() {
    AtomicBoolean closed = new AtomicBoolean();
    henge.starter = config -> new NamedNode(config.name(), () -> closed.set(true));
    henge.stop = action -> {};
    henge.failure = Optional.of("the log cannot be written");
    Result result = henge.run("server", "--id", "n1", "--dir", "d", "--listen", "127.0.0.1:0");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err())
        .isEqualTo(
            "henge server: UNAVAILABLE: the node took itself out: the log cannot be written\n");
    assertThat(closed).isTrue();
  }

  @Test
  void shouldSayInOneLineWhyANodeDoesNotStart() {
    henge.starter =
        config -> {
          throw new HengeException(ErrorCode.UNAVAILABLE, "port 7400 is\n in use");
        };
    Result result = henge.run("server", "--id", "n1", "--dir", "d", "--listen", "127.0.0.1:7400");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).isEqualTo("henge server: UNAVAILABLE: port 7400 is; in use\n");
    henge.starter =
        config -> {
          throw HengeException.invalid("listen: no such host");
        };
    assertThat(henge.run("server", "--id", "n1", "--dir", "d", "--listen", "nowhere:1").code())
        .isEqualTo(2);
  }

  @Test
  void shouldTellTheStateOfTheCluster() {
    assertThat(henge.run("cluster", "status").out())
        .isEqualTo(
            """
            cluster        c1
            nodes          1, of them reachable 1
            shards         2, of them without a leader 0
            copies         1 of 3 wanted
            meta leader    n1
            map version    7
            feature level  1
            ! 1 node: every shard has 1 copy; 3 nodes are needed for 3 copies
            """);
    assertThat(henge.run("cluster", "nodes").out())
        .contains("n1")
        .contains("1h 2m")
        .contains("3.0 MiB");
    assertThat(henge.run("cluster", "shards").out())
        .contains("8000000000000000  50.0 %  n1    leader");
    assertThat(henge.run("cluster", "shards", "--output", "json").out())
        .contains("\"start\":\"8000000000000000\"", "\"share\":0.5", "\"applied_index\":120");
    assertThat(henge.connections).allMatch(List.of("127.0.0.1:7400")::equals);
  }

  @Test
  void shouldFailIfNoClusterAnswers() {
    henge.client.failure = new HengeException(ErrorCode.UNAVAILABLE, "no node answers");
    Result result = henge.run("cluster", "nodes");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).isEqualTo("henge cluster nodes: UNAVAILABLE: no node answers\n");
  }

  @Test
  void shouldExplainItself() {
    assertThat(henge.run("--help").out())
        .isEqualTo(
            """
            Usage: henge [-hV] COMMAND
            Henge: a sharded, replicated key-value and document database engine.
              -h, --help      Show this help.
              -V, --version   Print the version of Henge and of Java.
            Commands:
              demo       Three nodes in one process, a small shop, and the death of a leader.
              server     Run a node until SIGTERM.
              shell      Talk to a cluster: at a prompt, or with -e, -f or a pipe as a script.
              import     Write a file of documents into a collection: JSON Lines (an object a line) or CSV.
              export     Write a collection of documents to a file: JSON Lines (an object a line) or CSV.
              cluster    Ask a cluster how it is, and change its shape while it serves.
              bench      Measure a cluster: its speed, splits, a skewed load, copies.
              simulate   See what the planner would do to a large cluster: nothing is started, nothing is sent.
              classpath  Print the class path of this command, to run other programs of Henge with Java.
              version    Print the version of Henge and of Java.

            Exit codes: 0 it worked, 1 it failed, 2 it was not understood.
            henge COMMAND --help explains a command; henge demo shows what this is all about.
            """);
    for (List<String> command :
        List.of(
            List.of("demo"), List.of("server"), List.of("shell"), List.of("cluster", "shards"))) {
      Result help = henge.run(join(command, "--help"));
      assertThat(help.code()).isZero();
      assertThat(help.out()).startsWith("Usage: henge " + String.join(" ", command));
    }
  }

  private static String[] join(List<String> words, String last) {
    return java.util.stream.Stream.concat(words.stream(), java.util.stream.Stream.of(last))
        .toArray(String[]::new);
  }
}
