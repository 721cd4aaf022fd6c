package io.henge.cli;

import io.henge.bench.documents.DocumentCostReport;
import io.henge.bench.documents.DocumentCostRun;
import io.henge.cli.output.BenchAnswers;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "documents",
    description =
        "What documents cost beside plain items of the same size: processor time of an operation, in turns.",
    footer = {
      "",
      "Examples:",
      "  henge bench documents --connect 127.0.0.1:7401 --rounds 4 --seconds 5",
      "docs/benchmarks.md explains the figures."
    })
final class BenchDocumentsCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final OptionBounds bounds = new OptionBounds();
  @Mixin private final ConnectOptions connect = new ConnectOptions();
  @Mixin private final OutputOption output = new OutputOption();

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "32",
      description = "Threads, each with one operation in flight (default: 32).")
  private int threads;

  @Option(
      names = "--records",
      paramLabel = "N",
      defaultValue = "20000",
      description = "Items, and as many documents (default: 20000).")
  private int records;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "4",
      description = "Turns of each kind of operation, after two to warm up (default: 4).")
  private int rounds;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Length of a turn (default: 5).")
  private int seconds;

  @Option(
      names = "--only",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Only the kinds of operations whose name contains this.")
  private String only = "";

  BenchDocumentsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws InterruptedException {
    bounds.atLeast("--threads", threads, 1);
    bounds.atLeast("--records", records, 1);
    bounds.atLeast("--rounds", rounds, 1);
    bounds.atLeast("--seconds", seconds, 1);
    Logging.configure(Logging.Level.ERROR, null);
    DocumentCostReport report =
        DocumentCostRun.run(
            connect.texts(),
            threads,
            records,
            rounds,
            Duration.ofSeconds(seconds),
            only,
            console.err()::println);
    console.out().println(BenchAnswers.documents(report).show(output.format));
    return (report.errors() == 0 ? ExitCode.OK : ExitCode.FAILED).number();
  }
}
