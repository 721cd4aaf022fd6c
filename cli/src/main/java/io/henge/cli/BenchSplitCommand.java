package io.henge.cli;

import io.henge.bench.reshape.SplitOptions;
import io.henge.bench.reshape.SplitReport;
import io.henge.bench.reshape.SplitRun;
import io.henge.cli.output.BenchAnswers;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "split",
    description = {
      "Load records, then cut shards while clients read and write, and measure what they notice.",
      "Turns the cluster's own splits and merges off."
    },
    footer = {
      "",
      "Examples:",
      "  henge bench split --megabytes 100 --rounds 3 --connect 127.0.0.1:7401",
      "docs/benchmarks.md explains the figures."
    })
final class BenchSplitCommand implements Callable<Integer> {
  private final Console console;

  @Mixin private final OptionBounds bounds = new OptionBounds();
  @Mixin private final ConnectOptions connect = new ConnectOptions();
  @Mixin private final OutputOption output = new OutputOption();

  @Option(
      names = "--megabytes",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Data to load first (default: 1000).")
  private long megabytes;

  @Option(
      names = "--value-bytes",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Size of each record's value (default: 1000).")
  private int valueBytes;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "32",
      description = "Threads, each with one operation in flight (default: 32).")
  private int threads;

  @Option(
      names = "--calm",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "Time before each split, to compare with; at least 10 (default: 60).")
  private int calm;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "7",
      description = "Splits, each of the shard that has most (default: 7).")
  private int rounds;

  BenchSplitCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    bounds.atLeast("--megabytes", megabytes, 1);
    bounds.atLeast("--value-bytes", valueBytes, 1);
    bounds.atLeast("--threads", threads, 1);
    bounds.atLeast("--calm", calm, 10);
    bounds.atLeast("--rounds", rounds, 1);
    Logging.configure(Logging.Level.ERROR, null);
    SplitReport report =
        SplitRun.run(
            new SplitOptions(
                String.join(",", connect.texts()), megabytes, valueBytes, threads, calm, rounds),
            console.err()::println);
    console.out().println(BenchAnswers.split(report).show(output.format));
    return (report.errors() == 0 ? ExitCode.OK : ExitCode.FAILED).number();
  }
}
