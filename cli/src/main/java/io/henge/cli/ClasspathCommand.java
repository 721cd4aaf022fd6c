package io.henge.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
    name = "classpath",
    description = "Print the class path of this command, to run other programs of Henge with Java.")
final class ClasspathCommand implements Callable<Integer> {
  private final Console console;

  ClasspathCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.out().println(System.getProperty("java.class.path"));
    return ExitCode.OK.number();
  }
}
