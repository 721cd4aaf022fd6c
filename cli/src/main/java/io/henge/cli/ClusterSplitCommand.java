package io.henge.cli;

import io.henge.cli.shell.Parser;
import io.henge.cli.shell.Statement;
import io.henge.cli.shell.SyntaxException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "split",
    description = "Cut a shard in two while clients go on.",
    footer = {
      "",
      "Examples:",
      "  henge cluster split 1",
      "  henge cluster split 1 --at ann --wait"
    })
final class ClusterSplitCommand extends OperatorCommand {
  @Parameters(
      paramLabel = "SHARD",
      description = "Number of the shard (henge cluster shards lists them).")
  private long shard;

  @Option(
      names = "--at",
      paramLabel = "KEY",
      description =
          "Cut at the ring position of this sharding key, written as in the shell (default: the middle of the data).")
  private @Nullable String at;

  @Option(names = "--middle", description = "Cut in the middle of the data; the default.")
  private boolean middle;

  @Option(names = "--wait", description = "Wait until it is done, and say how far it is meanwhile.")
  private boolean wait;

  @Spec private @Nullable CommandSpec spec;

  ClusterSplitCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    if (at != null && middle) {
      throw usage("--at and --middle exclude one another: found both, expected one");
    }
    if (at == null) {
      return new Statement.Split(shard, null, wait);
    }
    try {
      return Parser.parse("split " + shard + " at " + at + (wait ? " wait" : "")).get(0);
    } catch (SyntaxException e) {
      throw usage(
          "--at: found '"
              + at
              + "', expected a sharding key as in the shell; examples: ann, 42, (\"eu\", 42)");
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
  }
}
