package io.henge.cli;

import io.henge.cli.shell.Statement;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "merge",
    description = "Join a shard and its right neighbour on the ring.",
    footer = {"", "Examples:", "  henge cluster merge 3 --wait"})
final class ClusterMergeCommand extends OperatorCommand {
  @Parameters(
      paramLabel = "SHARD",
      description = "Number of the shard (henge cluster shards lists them).")
  private long shard;

  @Option(names = "--wait", description = "Wait until it is done, and say how far it is meanwhile.")
  private boolean wait;

  ClusterMergeCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Merge(shard, wait);
  }
}
