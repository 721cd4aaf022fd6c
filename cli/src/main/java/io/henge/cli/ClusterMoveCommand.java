package io.henge.cli;

import io.henge.cli.shell.Statement;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "move",
    description = "Move one replica of a shard to another node.",
    footer = {"", "Examples:", "  henge cluster move 1 --from n1 --to n4 --wait"})
final class ClusterMoveCommand extends OperatorCommand {
  @Parameters(
      paramLabel = "SHARD",
      description = "Number of the shard (henge cluster shards lists them).")
  private long shard;

  @Option(
      names = "--from",
      paramLabel = "NODE",
      required = true,
      description = "Node that has it now.")
  private String from = "";

  @Option(
      names = "--to",
      paramLabel = "NODE",
      required = true,
      description = "Node that is to have it.")
  private String to = "";

  @Option(names = "--wait", description = "Wait until it is done, and say how far it is meanwhile.")
  private boolean wait;

  ClusterMoveCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Move(shard, from, to, wait);
  }
}
