package io.henge.cli;

import io.henge.cli.demo.Demo;
import io.henge.cli.output.Answer;
import io.henge.cli.output.OutputFormat;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "demo",
    description = {
      "Three nodes in one process, a small shop, and the death of a leader.",
      "Loads, reads, kills, checks that nothing was lost; exit code 0 only if all of it held."
    })
final class DemoCommand implements Callable<Integer> {
  private final Console console;
  private final Backend backend;
  @Mixin private final OutputOption output = new OutputOption();

  DemoCommand(Console console, Backend backend) {
    this.console = console;
    this.backend = backend;
  }

  @Override
  public Integer call() {
    PrintStream progress = output.format == OutputFormat.JSON ? console.err() : console.out();
    // Nodes that lose a leader on purpose have much to warn of; the story tells it better.
    Logging.configure(Logging.Level.ERROR, null);
    Demo demo = new Demo(backend.embedded(), progress);
    Answer verdict = demo.run();
    console.out().println(verdict.show(output.format));
    return (demo.held() ? ExitCode.OK : ExitCode.FAILED).number();
  }
}
