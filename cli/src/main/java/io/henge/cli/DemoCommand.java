package io.henge.cli;

import io.henge.cli.demo.Demo;
import io.henge.cli.output.Answer;
import io.henge.cli.output.OutputFormat;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

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

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "4",
      converter = SecondsConverter.class,
      description = "How long customers go on buying after the leader's death (default: 4).")
  private Duration afterTheKill = Duration.ofSeconds(4);

  DemoCommand(Console console, Backend backend) {
    this.console = console;
    this.backend = backend;
  }

  @Override
  public Integer call() {
    PrintStream progress = output.format == OutputFormat.JSON ? console.err() : console.out();
    // Nodes that lose a leader on purpose have much to warn of; the story tells it better.
    Logging.configure(Logging.Level.ERROR, null);
    Demo demo = new Demo(backend.embedded(), progress, afterTheKill);
    Answer verdict = demo.run();
    console.out().println(verdict.show(output.format));
    return (demo.held() ? ExitCode.OK : ExitCode.FAILED).number();
  }

  /** For picocli. */
  static final class SecondsConverter implements ITypeConverter<Duration> {
    private static final int MAX = 30;

    @Override
    public Duration convert(String text) {
      if (!text.matches("[0-9]{1,2}")
          || Integer.parseInt(text) < 1
          || Integer.parseInt(text) > MAX) {
        throw new TypeConversionException("found '" + text + "', expected 1 to " + MAX);
      }
      return Duration.ofSeconds(Integer.parseInt(text));
    }
  }
}
