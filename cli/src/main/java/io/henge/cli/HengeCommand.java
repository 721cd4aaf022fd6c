package io.henge.cli;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.error.Spelling;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

@Command(
    name = "henge",
    versionProvider = VersionCommand.Provider.class,
    description = "Henge: a sharded, replicated key-value and document database engine.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Exit codes: 0 it worked, 1 it failed, 2 it was not understood.",
      "henge COMMAND --help explains a command; henge demo shows what this is all about."
    })
final class HengeCommand {
  /** How picocli says it. */
  private static final Pattern NOT_A_NUMBER = Pattern.compile("'([^']*)' is not an? (?:int|long)");

  @CommandLine.Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = CommandLine.ScopeType.INHERIT,
      description = "Show this help.")
  boolean help;

  @CommandLine.Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Print the version of Henge and of Java.")
  boolean version;

  private HengeCommand() {}

  /** The whole command line. */
  static CommandLine commandLine(Console console, Backend backend, StopSignal stop) {
    CommandLine cluster =
        new CommandLine(new ClusterCommand())
            .addSubcommand(new ClusterStatusCommand(console, backend))
            .addSubcommand(new ClusterNodesCommand(console, backend))
            .addSubcommand(new ClusterShardsCommand(console, backend))
            .addSubcommand(new ClusterJoinCommand(console, backend))
            .addSubcommand(new ClusterDrainCommand(console, backend))
            .addSubcommand(new ClusterRemoveCommand(console, backend))
            .addSubcommand(new ClusterSplitCommand(console, backend))
            .addSubcommand(new ClusterMergeCommand(console, backend))
            .addSubcommand(new ClusterMoveCommand(console, backend))
            .addSubcommand(new ClusterTransferLeaderCommand(console, backend))
            .addSubcommand(
                new CommandLine(new ClusterOperationsCommand(console, backend))
                    .addSubcommand(new OperationPauseCommand(console, backend))
                    .addSubcommand(new OperationResumeCommand(console, backend))
                    .addSubcommand(new OperationCancelCommand(console, backend)))
            .addSubcommand(new ClusterPlanCommand(console, backend))
            .addSubcommand(new ClusterExplainCommand(console, backend))
            .addSubcommand(new ClusterUpgradeCommand(console, backend))
            .addSubcommand(
                new CommandLine(new ClusterSettingsCommand(console, backend))
                    .addSubcommand(new SettingsSetCommand(console, backend)));
    return new CommandLine(new HengeCommand())
        .addSubcommand(new DemoCommand(console, backend))
        .addSubcommand(new ServerCommand(console, backend, stop))
        .addSubcommand(new ShellCommand(console, backend))
        .addSubcommand(new ImportCommand(console, backend))
        .addSubcommand(new ExportCommand(console, backend))
        .addSubcommand(cluster)
        .addSubcommand(
            new CommandLine(new BenchCommand())
                .addSubcommand(new BenchYcsbCommand(console, backend))
                .addSubcommand(new BenchSplitCommand(console))
                .addSubcommand(new BenchSkewCommand(console))
                .addSubcommand(new BenchDocumentsCommand(console))
                .addSubcommand(new BenchCopiesCommand(console))
                .addSubcommand(new BenchRenameCommand(console)))
        .addSubcommand(new SimulateCommand(console))
        .addSubcommand(new ClasspathCommand(console))
        .addSubcommand(new VersionCommand(console))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOverwrittenOptionsAllowed(false)
        .setAbbreviatedOptionsAllowed(false)
        .setUsageHelpWidth(100)
        .setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8))
        .setParameterExceptionHandler((e, arguments) -> refuse(console, e))
        .setExecutionExceptionHandler((e, command, parsed) -> fail(console, command, e));
  }

  private static int refuse(Console console, ParameterException e) {
    CommandLine command = e.getCommandLine();
    String name = command.getCommandSpec().qualifiedName();
    String message = oneLine(e);
    if (e instanceof UnmatchedArgumentException unmatched && !command.getSubcommands().isEmpty()) {
      message = unknown(unmatched.getUnmatched().get(0), command.getSubcommands().keySet());
    }
    console.err().println(name + ": " + message + " (" + name + " --help explains)");
    return ExitCode.USAGE.number();
  }

  private static String unknown(String word, Set<String> commands) {
    String what = word.startsWith("-") ? "unknown option " : "unknown command ";
    return Spelling.nearest(word, commands)
        .map(near -> what + word + ": did you mean " + near + "?")
        .orElseGet(() -> what + word + ", expected one of " + String.join(", ", commands));
  }

  private static int fail(Console console, CommandLine command, Exception e) {
    String name = command.getCommandSpec().qualifiedName();
    if (e instanceof HengeException henge && henge.code() != ErrorCode.INTERNAL) {
      console.err().println(name + ": " + henge.code() + ": " + oneLine(e));
      // What a command was given is all that it can have found malformed.
      boolean usage = henge.code() == ErrorCode.INVALID_ARGUMENT;
      return (usage ? ExitCode.USAGE : ExitCode.FAILED).number();
    }
    console.err().println(name + ": " + e.getClass().getSimpleName() + ": " + oneLine(e));
    LoggerFactory.getLogger(HengeCommand.class).error("{} failed", name, e);
    return ExitCode.FAILED.number();
  }

  private static String oneLine(Throwable e) {
    @Nullable String message = e.getMessage();
    return message == null
        ? "no details"
        : NOT_A_NUMBER
            .matcher(message.strip().replaceAll("\\s*\\R\\s*", "; "))
            .replaceAll("found '$1', expected a whole number");
  }
}
