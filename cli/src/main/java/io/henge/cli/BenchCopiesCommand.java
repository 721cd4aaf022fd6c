package io.henge.cli;

import io.henge.api.key.Key;
import io.henge.bench.copies.CopiesReport;
import io.henge.bench.copies.CopiesRun;
import io.henge.cli.output.BenchAnswers;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "copies",
    description = {
      "Read documents with the copies that they hold, and without them from the copies' sources,",
      "by turns; show what either costs."
    },
    footer = {
      "",
      "Examples:",
      "  henge bench copies routes 3682 --fields line --connect 127.0.0.1:7401",
      "docs/benchmarks.md explains the figures."
    })
final class BenchCopiesCommand implements Callable<Integer> {
  private final Console console;

  @Parameters(
      index = "0",
      paramLabel = "COLLECTION",
      description = "Whose documents hold snapshot or followed copies.")
  private String collection = "";

  @Parameters(
      index = "1",
      paramLabel = "KEY",
      description = "The sharding key to read: a whole number, or a text.")
  private String key = "";

  @Mixin private final ConnectOptions connect = new ConnectOptions();
  @Mixin private final OutputOption output = new OutputOption();

  @Option(
      names = "--fields",
      paramLabel = "A,B",
      split = ",",
      description =
          "What the reader wants beside the copies and the fields that name their sources.")
  private List<String> fields = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "300",
      description = "How often to read in each way (default: 300).")
  private int rounds;

  BenchCopiesCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Logging.configure(Logging.Level.ERROR, null);
    Key shardingKey = key.matches("-?\\d{1,18}") ? Key.of(Long.parseLong(key)) : Key.of(key);
    CopiesReport report =
        CopiesRun.run(connect.texts(), collection, shardingKey, fields, Math.max(1, rounds));
    console.out().println(BenchAnswers.copies(report).show(output.format));
    return (report.differing() == 0 ? ExitCode.OK : ExitCode.FAILED).number();
  }
}
