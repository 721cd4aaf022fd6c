package io.henge.cli;

import io.henge.cli.shell.Statement;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "transfer-leader",
    description = "Hand the leadership of a shard to another node that has a replica.",
    footer = {"", "Examples:", "  henge cluster transfer-leader 1 --to n2"})
final class ClusterTransferLeaderCommand extends OperatorCommand {
  @Parameters(
      paramLabel = "SHARD",
      description = "Number of the shard (henge cluster shards lists them).")
  private long shard;

  @Option(
      names = "--to",
      paramLabel = "NODE",
      required = true,
      description = "Node that is to lead it.")
  private String to = "";

  ClusterTransferLeaderCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Transfer(shard, to);
  }
}
