package io.henge.cli;

import io.henge.api.key.Key;
import io.henge.bench.copies.RenameOptions;
import io.henge.bench.copies.RenameReport;
import io.henge.bench.copies.RenameRun;
import io.henge.cli.output.BenchAnswers;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "rename",
    description = {
      "Change a document that many others follow, again and again, under load, and measure how long",
      "it takes until the last copy is right."
    },
    footer = {
      "",
      "Examples:",
      "  henge bench rename airlines 4296 routes --rounds 5 --split 3 --connect 127.0.0.1:7401",
      "docs/benchmarks.md explains the figures."
    })
final class BenchRenameCommand implements Callable<Integer> {
  private static final Duration CALM = Duration.ofSeconds(4);

  private final Console console;

  @Parameters(index = "0", paramLabel = "SOURCE", description = "Collection of the document.")
  private String source = "";

  @Parameters(
      index = "1",
      paramLabel = "KEY",
      description = "Its sharding key: a whole number, or a text.")
  private String key = "";

  @Parameters(
      index = "2",
      paramLabel = "HOLDERS",
      description = "Collection of the documents that follow it, sharded by one field.")
  private String holders = "";

  @Mixin private final ConnectOptions connect = new ConnectOptions();
  @Mixin private final OutputOption output = new OutputOption();
  @Mixin private final OptionBounds bounds = new OptionBounds();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "How often to change it; at the end it is as it was (default: 5).")
  private int rounds;

  @Option(
      names = "--split",
      paramLabel = "A,B",
      split = ",",
      description = "Rounds in which a shard with copies is split midway.")
  private Set<Integer> splits = Set.of();

  @Option(
      names = "--midway",
      paramLabel = "COMMAND",
      defaultValue = "",
      description = {
        "Shell command to run when the first copy is right, with HENGE_ROUND and HENGE_LEADER: the",
        "node that leads the shard of the document."
      })
  private String midway = "";

  @Option(
      names = "--after",
      paramLabel = "COMMAND",
      defaultValue = "",
      description = "The same when all copies are right.")
  private String after = "";

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "500",
      description = "Writes a second meanwhile (default: 500).")
  private int rate;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "4",
      description = "Writers, each with one write in flight (default: 4).")
  private int threads;

  @Option(
      names = "--missing",
      paramLabel = "N",
      defaultValue = "0",
      description = {
        "Nodes that may be away when a round begins: those that are not started again after a kill",
        "(default: 0)."
      })
  private int missing;

  BenchRenameCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    bounds.atLeast("--rounds", rounds, 1);
    bounds.atLeast("--rate", rate, 1);
    bounds.atLeast("--threads", threads, 1);
    Logging.configure(Logging.Level.ERROR, null);
    Key name = key.matches("-?\\d{1,18}") ? Key.of(Long.parseLong(key)) : Key.of(key);
    RenameReport report =
        RenameRun.run(
            new RenameOptions(
                connect.texts(),
                source,
                name,
                holders,
                rounds,
                splits,
                midway,
                after,
                rate,
                threads,
                missing,
                CALM),
            console.err()::println);
    console.out().println(BenchAnswers.rename(report).show(output.format));
    return (report.isGood() ? ExitCode.OK : ExitCode.FAILED).number();
  }
}
