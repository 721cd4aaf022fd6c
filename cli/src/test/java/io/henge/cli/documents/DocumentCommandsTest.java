package io.henge.cli.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.henge.testkit.process.QuickJava;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every command line of every document, run by bash in an empty directory that holds {@code henge}:
 * the same Java program as the launcher starts, from the classes under test. Ports are replaced by
 * free ones, throughout a document by the same. All processes are gone afterwards.
 */
@Tag("documents")
class DocumentCommandsTest {
  private static final Path ROOT = Path.of("..");
  private static final long MINUTES_MAX = 4;
  private static final String DEFAULT_PORT = "7400";
  private static final Pattern PORT = Pattern.compile("(?<=127\\.0\\.0\\.1:)(\\d+)");

  /** Not run, and why. */
  private static final Map<String, String> SKIPPED =
      Map.of("mvn verify", "it is what runs this test");

  /** Run in part, and why. */
  private static final Map<String, String> SHORTENED =
      Map.of(
          // Minutes of measuring: that the benchmark is found is what a document can get wrong.
          "ApplyBenchmark -f 1 -wi 3 -i 5", "-l ApplyBenchmark | grep ApplyBenchmark");

  /** What documents take as given: a node where they connect to, and a file. */
  private static final List<String> GIVEN =
      List.of(
          "echo collections > statements.txt",
          "./henge server --id given --dir given --listen 127.0.0.1:7401 &");

  @TempDir private Path directory;

  static Stream<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    try (Stream<Path> top = Files.list(ROOT);
        Stream<Path> below = Files.walk(ROOT.resolve("docs"))) {
      for (Path file : Stream.concat(top, below).sorted().toList()) {
        if (file.toString().endsWith(".md") && !ShellBlocks.read(file).lines().isEmpty()) {
          documents.add(file);
        }
      }
    }
    return documents.stream();
  }

  @Test
  void shouldFindTheDocuments() throws IOException {
    assertThat(documents().map(path -> path.getFileName().toString()))
        .contains("README.md", "benchmarks.md", "shell.md");
  }

  /** A runner that cannot fail would prove nothing. */
  @Test
  void shouldNoticeAWrongCommand() throws Exception {
    Path page = Files.writeString(directory.resolve("page.md"), "```sh\n./henge frobnicate\n```\n");
    Run run = run(ShellBlocks.read(page).lines());
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.output()).contains("unknown command frobnicate");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("documents")
  void shouldDoWhatTheDocumentSays(Path document) throws Exception {
    List<String> lines = new ArrayList<>();
    List<String> said = ShellBlocks.read(document).lines();
    if (said.stream().noneMatch(line -> line.contains(" server "))) {
      lines.addAll(GIVEN);
    }
    said.stream().filter(line -> !SKIPPED.containsKey(line)).forEach(lines::add);
    assumeThat(lines).isNotEmpty();
    Run run = run(lines);
    assertThat(run.code()).as("%s:%n%s", document, run.output()).isZero();
  }

  private record Run(int code, String output) {}

  private Run run(List<String> lines) throws IOException, InterruptedException {
    installHenge();
    Map<String, Integer> ports = new TreeMap<>();
    // Unset variables of the documents' own would be mistakes too.
    StringBuilder script =
        new StringBuilder("set -euo pipefail\ntrap 'kill -9 $(jobs -p) 2>/dev/null || :' EXIT\n");
    int servers = 0;
    for (String line : lines) {
      String command = line;
      for (Map.Entry<String, String> shorter : SHORTENED.entrySet()) {
        command = command.replace(shorter.getKey(), shorter.getValue());
      }
      command = withPorts(withAddress(command), ports);
      script.append("echo '> '").append(quoted(command)).append('\n');
      if (command.endsWith("&")) {
        script.append(background(command, "server" + servers++ + ".log"));
      } else {
        script.append(command).append('\n');
      }
    }
    return bash(script.toString());
  }

  /** Nothing may listen on the default port, or anything. */
  private static String withAddress(String command) {
    boolean inDefault =
        command.matches("(.* )?(\\./)?henge (shell|cluster|import|export)( .*)?")
            && !command.contains("--connect")
            && !command.contains("--embedded");
    return inDefault ? command + " --connect 127.0.0.1:" + DEFAULT_PORT : command;
  }

  private static String withPorts(String command, Map<String, Integer> ports) throws IOException {
    Matcher matcher = PORT.matcher(command);
    StringBuilder replaced = new StringBuilder();
    while (matcher.find()) {
      // The node that is given stands for the one at the default address.
      String port = matcher.group().equals(DEFAULT_PORT) ? "7401" : matcher.group();
      if (!ports.containsKey(port)) {
        ports.put(port, freePort());
      }
      matcher.appendReplacement(replaced, String.valueOf(ports.get(port)));
    }
    return matcher.appendTail(replaced).toString();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** As a person does: goes on when the server says that it is ready. */
  private static String background(String command, String log) {
    return command.substring(0, command.length() - 1)
        + "> "
        + log
        + " 2>&1 &\n"
        + "until grep -q '^ready ' "
        + log
        + "; do kill -0 $! || { cat "
        + log
        + "; exit 1; };"
        + " sleep 0.1; done\n";
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  private void installHenge() throws IOException {
    Path henge =
        Files.writeString(
            directory.resolve("henge"),
            "#!/usr/bin/env bash\nexec java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "
                + String.join(
                    " ", QuickJava.options().stream().map(DocumentCommandsTest::quoted).toList())
                + " io.henge.cli.Main \"$@\"\n");
    assertThat(henge.toFile().setExecutable(true)).isTrue();
  }

  private Run bash(String script) throws IOException, InterruptedException {
    Path output = directory.resolve("output.log");
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", script)
            .directory(directory.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    Map<String, String> environment = new LinkedHashMap<>(builder.environment());
    String java = Path.of(System.getProperty("java.home"), "bin").toString();
    builder
        .environment()
        .put("PATH", directory.toAbsolutePath() + ":" + java + ":" + environment.get("PATH"));
    Process process = builder.start();
    try {
      boolean ended = process.waitFor(MINUTES_MAX, TimeUnit.MINUTES);
      return new Run(ended ? process.exitValue() : -1, Files.readString(output));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
