package io.henge.cli;

import io.henge.cli.shell.Statement;
import io.henge.cli.shell.Verb;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "cancel",
    description = "Take an operation back; if it is too late for that, it is finished.")
final class OperationCancelCommand extends OperatorCommand {
  @Parameters(
      paramLabel = "OPERATION",
      description = "Its number (henge cluster operations lists them).")
  private long operation;

  OperationCancelCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Control(Verb.CANCEL, operation);
  }
}
