package io.henge.cli;

import io.henge.cli.shell.Statement;
import io.henge.cli.shell.Verb;
import picocli.CommandLine.Command;

@Command(
    name = "plan",
    description = {"What the cluster would do now by itself, and why.", "Changes nothing."})
final class ClusterPlanCommand extends OperatorCommand {

  ClusterPlanCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Plain(Verb.PLAN);
  }
}
