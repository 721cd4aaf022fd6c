package io.henge.cli;

import io.henge.cli.shell.Statement;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "explain",
    description = "What happens to a shard, or why nothing does.",
    footer = {"", "Examples:", "  henge cluster explain shard 1"})
final class ClusterExplainCommand extends OperatorCommand {
  @Parameters(index = "0", paramLabel = "shard", description = "The word shard.")
  private String what = "";

  @Parameters(
      index = "1",
      paramLabel = "SHARD",
      description = "Number of the shard (henge cluster shards lists them).")
  private long shard;

  @Spec private @Nullable CommandSpec spec;

  ClusterExplainCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    if (!what.equals("shard")) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          "found '" + what + "', expected the word shard; example: henge cluster explain shard 1");
    }
    return new Statement.ExplainShard(shard);
  }
}
