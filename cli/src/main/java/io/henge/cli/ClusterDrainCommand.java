package io.henge.cli;

import io.henge.cli.shell.Statement;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "drain",
    description = "Move everything away from a node, so that it can be stopped.",
    footer = {"", "Examples:", "  henge cluster drain n4 --wait"})
final class ClusterDrainCommand extends OperatorCommand {
  @Parameters(
      paramLabel = "NODE",
      description = "Name or id of the node (henge cluster nodes lists them).")
  private String node = "";

  @Option(names = "--wait", description = "Wait until it is done, and say how far it is meanwhile.")
  private boolean wait;

  ClusterDrainCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Drain(node, wait);
  }
}
