package io.henge.cli;

import io.henge.cli.shell.Operator;
import io.henge.cli.shell.Statement;
import io.henge.client.HengeClient;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command that does what a statement of the shell does. */
abstract class OperatorCommand implements Callable<Integer> {
  final Console console;
  private final Backend backend;
  @Mixin private final ConnectOptions connect = new ConnectOptions();
  @Mixin private final OutputOption output = new OutputOption();

  OperatorCommand(Console console, Backend backend) {
    this.console = console;
    this.backend = backend;
  }

  /** What to do, from the options. */
  abstract Statement statement();

  @Override
  public Integer call() {
    Statement statement = statement();
    try (HengeClient client = backend.connect(connect.texts(), connect.client())) {
      run(client, statement);
    }
    return ExitCode.OK.number();
  }

  void run(HengeClient client, Statement statement) {
    new Operator(client, console.err()::println)
        .execute(statement)
        .ifPresent(answer -> console.out().println(answer.show(output.format)));
  }
}
