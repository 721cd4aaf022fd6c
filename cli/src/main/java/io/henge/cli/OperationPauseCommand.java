package io.henge.cli;

import io.henge.cli.shell.Statement;
import io.henge.cli.shell.Verb;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "pause", description = "Stop an operation where it stands, until it is resumed.")
final class OperationPauseCommand extends OperatorCommand {
  @Parameters(
      paramLabel = "OPERATION",
      description = "Its number (henge cluster operations lists them).")
  private long operation;

  OperationPauseCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Control(Verb.PAUSE, operation);
  }
}
