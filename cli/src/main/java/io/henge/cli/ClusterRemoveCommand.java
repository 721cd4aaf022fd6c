package io.henge.cli;

import io.henge.cli.shell.Statement;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "remove",
    description = "Take a node out of the cluster for good.",
    footer = {
      "",
      "Examples:",
      "  henge cluster remove n4 --wait   (drains it first)",
      "  henge cluster remove n4 --dead"
    })
final class ClusterRemoveCommand extends OperatorCommand {
  @Parameters(
      paramLabel = "NODE",
      description = "Name or id of the node (henge cluster nodes lists them).")
  private String node = "";

  @Option(
      names = "--dead",
      description =
          "It is gone and its disk with it: its replicas are made anew from the others. Refused while it answers.")
  private boolean dead;

  @Option(names = "--wait", description = "Wait until it is done, and say how far it is meanwhile.")
  private boolean wait;

  ClusterRemoveCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Remove(node, dead, wait);
  }
}
