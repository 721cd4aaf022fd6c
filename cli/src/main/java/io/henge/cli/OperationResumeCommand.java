package io.henge.cli;

import io.henge.cli.shell.Statement;
import io.henge.cli.shell.Verb;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(name = "resume", description = "Let a paused operation go on.")
final class OperationResumeCommand extends OperatorCommand {
  @Parameters(
      paramLabel = "OPERATION",
      description = "Its number (henge cluster operations lists them).")
  private long operation;

  OperationResumeCommand(Console console, Backend backend) {
    super(console, backend);
  }

  @Override
  Statement statement() {
    return new Statement.Control(Verb.RESUME, operation);
  }
}
