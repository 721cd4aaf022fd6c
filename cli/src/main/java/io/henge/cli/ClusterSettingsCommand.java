package io.henge.cli;

import io.henge.cli.shell.Statement;
import io.henge.cli.shell.Verb;
import picocli.CommandLine.Command;

@Command(
    name = "settings",
    description = "The settings of the cluster: what the planner may do, and from when on.",
    synopsisSubcommandLabel = "[set SETTING VALUE]")
final class ClusterSettingsCommand extends OperatorCommand {

  ClusterSettingsCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Plain(Verb.SETTINGS);
  }
}
