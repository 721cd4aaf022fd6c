package io.henge.cli;

import io.henge.bench.reshape.SkewReport;
import io.henge.bench.reshape.SkewRun;
import io.henge.cli.output.BenchAnswers;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "skew",
    description = {
      "Let four fifths of a load fall on one shard, and wait until the cluster cuts it by itself.",
      "The cluster should have several shards; changes its settings for splits and merges."
    },
    footer = {
      "",
      "Examples:",
      "  henge bench skew --connect 127.0.0.1:7401 --operations-max 1000",
      "docs/benchmarks.md explains the figures."
    })
final class BenchSkewCommand implements Callable<Integer> {
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
      names = "--operations-max",
      paramLabel = "N",
      defaultValue = "1000",
      description = "A shard with more operations per second is to be cut (default: 1000).")
  private long operationsMax;

  BenchSkewCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    bounds.atLeast("--threads", threads, 1);
    bounds.atLeast("--operations-max", operationsMax, 1);
    Logging.configure(Logging.Level.ERROR, null);
    SkewReport report =
        SkewRun.run(
            String.join(",", connect.texts()), threads, operationsMax, console.err()::println);
    console.out().println(BenchAnswers.skew(report).show(output.format));
    return (report.errors() == 0 ? ExitCode.OK : ExitCode.FAILED).number();
  }
}
