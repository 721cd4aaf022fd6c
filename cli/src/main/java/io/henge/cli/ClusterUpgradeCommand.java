package io.henge.cli;

import io.henge.cli.shell.Statement;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "upgrade",
    description = {
      "Let the cluster write what every node reads, for ever.",
      "After a new version has been installed on every node, and when there is no way back to the old one."
    },
    footer = {
      "",
      "Examples:",
      "  henge cluster upgrade --dry-run   (levels, what every node reads, what would be)",
      "  henge cluster upgrade"
    })
final class ClusterUpgradeCommand extends OperatorCommand {
  @Option(
      names = "--to",
      paramLabel = "LEVEL",
      defaultValue = "0",
      description = "The feature level to reach. Default: the highest that every node reads.")
  private int level;

  @Option(names = "--dry-run", description = "Change nothing, and say what would be.")
  private boolean dryRun;

  ClusterUpgradeCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Upgrade(level, dryRun);
  }
}
