package io.henge.cli;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.cli.output.OutputFormat;
import io.henge.cli.output.ProgressLine;
import io.henge.cli.shell.InteractiveShell;
import io.henge.cli.shell.Interpreter;
import io.henge.cli.shell.Outcome;
import io.henge.cli.shell.Parser;
import io.henge.cli.shell.Statement;
import io.henge.cli.shell.StatementRunner;
import io.henge.cli.shell.SyntaxException;
import io.henge.client.Admin;
import io.henge.client.HengeClient;
import io.henge.server.Henge;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
    name = "shell",
    description = {
      "Talk to a cluster: at a prompt, or with -e, -f or a pipe as a script.",
      "A script is read whole before it runs and stops at the first failure (exit code 1);",
      "what is not understood is exit code 2."
    },
    footer = {
      "",
      "Examples:",
      "  henge shell --connect 127.0.0.1:7400",
      "  henge shell -e 'create collection carts' -e 'put carts ann pear 2' -e 'scan carts ann'",
      "  henge shell --output json -e 'get carts ann pear'",
      "  henge shell --embedded < statements.txt",
      "In the shell, help lists the statements. docs/shell.md explains them."
    })
final class ShellCommand implements Callable<Integer> {
  private final Console console;
  private final Backend backend;

  @Spec private @Nullable CommandSpec spec;
  @Mixin private final ConnectOptions connect = new ConnectOptions();
  @Mixin private final OutputOption output = new OutputOption();

  @Option(
      names = "--embedded",
      description = "Use a cluster of one node inside this process instead; its data is temporary.")
  private boolean embedded;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "With --embedded: keep the data there.")
  private @Nullable Path directory;

  @Option(
      names = {"-e", "--execute"},
      paramLabel = "STATEMENT",
      description = "Run this, then end; may be given several times.")
  private List<String> statements = new ArrayList<>();

  /**
   * Where the statements of the script stand, for messages; empty for those of the command line.
   */
  private final List<String> places = new ArrayList<>();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "Run the statements of this file, after those of -e, then end.")
  private @Nullable Path file;

  ShellCommand(Console console, Backend backend) {
    this.console = console;
    this.backend = backend;
  }

  @Override
  public Integer call() throws IOException {
    if (embedded && !connect.addresses.isEmpty()) {
      throw usage("--embedded and --connect exclude one another: found both, expected one");
    }
    if (directory != null && !embedded) {
      throw usage("--dir belongs to --embedded: found it alone");
    }
    // Understood before anything is done or even connected to.
    Optional<List<Statement>> script = script();
    Logging.configure(Logging.Level.ERROR, null);
    if (embedded) {
      Henge.Builder builder = backend.embedded();
      if (directory != null) {
        builder = builder.directory(directory);
      }
      try (Henge henge = builder.start()) {
        return run(henge.client(), "one embedded node", script).number();
      }
    }
    try (HengeClient client = backend.connect(connect.texts(), connect.client())) {
      return run(client, String.join(", ", connect.texts()), script).number();
    }
  }

  private Optional<List<Statement>> script() throws IOException {
    if (statements.isEmpty() && file == null) {
      return Optional.empty();
    }
    List<Statement> script = new ArrayList<>();
    for (String text : statements) {
      script.addAll(parse("-e", text, line -> places.add("")));
    }
    if (file != null) {
      if (!Files.isReadable(file) || Files.isDirectory(file)) {
        throw usage("-f: found no readable file " + file + ", expected one with statements");
      }
      String name = file.toString();
      script.addAll(
          parse(name, Files.readString(file), line -> places.add(name + ", line " + line)));
    }
    return Optional.of(script);
  }

  private List<Statement> parse(String source, String text, IntConsumer lines) {
    try {
      return Parser.parse(text, 1, lines);
    } catch (SyntaxException e) {
      throw usage(source + ": " + e.getMessage());
    }
  }

  private ExitCode run(HengeClient client, String where, Optional<List<Statement>> script)
      throws IOException {
    if (script.isPresent()) {
      return exitCode(runner(client, false).run(script.get(), places));
    }
    if (!console.interactive()) {
      return exitCode(
          runner(client, false)
              .run(
                  new BufferedReader(new InputStreamReader(console.in(), StandardCharsets.UTF_8))));
    }
    try (Terminal terminal = TerminalBuilder.builder().name("henge").system(true).build()) {
      new InteractiveShell(terminal, runner(client, true), history(), () -> collections(client))
          .run("Connected to " + where + ". Type help for the statements, exit to leave.");
    }
    return ExitCode.OK;
  }

  private StatementRunner runner(HengeClient client, boolean colour) {
    boolean pictures = colour && output.format == OutputFormat.TABLE;
    return new StatementRunner(
        new Interpreter(
            client,
            pictures,
            console.err()::println,
            what -> new ProgressLine(console.err(), colour, System::nanoTime, what)),
        output.format,
        console.out(),
        console.err(),
        !colour);
  }

  private static List<String> collections(HengeClient client) {
    return client.admin().collections().stream().map(Admin.CollectionInfo::name).toList();
  }

  private static Path history() {
    String chosen = System.getenv("HENGE_HISTORY");
    return chosen != null && !chosen.isBlank()
        ? Path.of(chosen)
        : Path.of(System.getProperty("user.home", "."), ".henge_history");
  }

  private static ExitCode exitCode(Outcome outcome) {
    return switch (outcome) {
      case DONE, EXIT -> ExitCode.OK;
      case FAILED -> ExitCode.FAILED;
      case MISUNDERSTOOD -> ExitCode.USAGE;
      case INTERRUPTED -> ExitCode.INTERRUPTED;
    };
  }

  private ParameterException usage(String message) {
    if (spec == null) {
      throw new HengeException(ErrorCode.INTERNAL, "the command has no specification");
    }
    return new ParameterException(spec.commandLine(), message);
  }
}
