package io.henge.cli;

import io.henge.bench.YcsbOptions;
import io.henge.bench.YcsbReport;
import io.henge.bench.YcsbRun;
import io.henge.bench.workload.StandardWorkload;
import io.henge.cli.output.BenchAnswers;
import io.henge.server.Henge;
import io.henge.server.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "ycsb",
    description = {
      "Load records, then run YCSB's workloads on them by time and measure.",
      "Progress goes to standard error, figures to standard output."
    },
    footer = {
      "",
      "Workloads: a half updates, half reads; b 95 %% reads; c reads only; d reads of the latest,",
      "5 %% inserts; e scans, 5 %% inserts; f reads and read-modify-writes; u updates only.",
      "",
      "Examples:",
      "  henge bench ycsb --workload a --embedded 1",
      "  henge bench ycsb --workload a,b,c --connect 127.0.0.1:7401 --output json",
      "docs/benchmarks.md explains the figures."
    })
final class BenchYcsbCommand implements Callable<Integer> {
  private static final int NODES_MAX = 9;
  private static final int SHARDS_MAX = 1_024;

  private final Console console;
  private final Backend backend;

  @Mixin private final OptionBounds bounds = new OptionBounds();
  @Mixin private final OutputOption output = new OutputOption();

  @Option(
      names = "--workload",
      paramLabel = "LETTER",
      split = ",",
      required = true,
      converter = WorkloadConverter.class,
      description = "a, b, c, d, e, f or u; several, with commas, run in order.")
  private List<StandardWorkload> workloads = new ArrayList<>();

  @Option(
      names = "--records",
      paramLabel = "N",
      defaultValue = "100000",
      description = "Records to load first (default: 100000).")
  private long records;

  @Option(
      names = "--no-load",
      description = "The records are there: an earlier run with the same --records loaded them.")
  private boolean loaded;

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
      names = "--warmup",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "The same load before each measurement (default: 30).")
  private int warmup;

  @Option(
      names = "--seconds",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "How long to measure each workload (default: 60).")
  private int seconds;

  @Option(
      names = "--connect",
      paramLabel = "HOST:PORT",
      split = ",",
      converter = HostPort.Converter.class,
      description =
          "Addresses of some nodes of the cluster (default: "
              + ConnectOptions.DEFAULT_ADDRESS
              + ").")
  private List<HostPort> addresses = new ArrayList<>();

  @Option(
      names = "--embedded",
      paramLabel = "N",
      description =
          "Measure a cluster of N nodes inside this process instead; its data is temporary.")
  private @Nullable Integer embedded;

  @Option(
      names = "--shards",
      paramLabel = "N",
      description = "With --embedded: shards of the cluster (default: 1).")
  private @Nullable Integer shards;

  @Option(
      names = "--consistency",
      paramLabel = "LEVEL",
      defaultValue = "linearizable",
      converter = ConsistencyConverter.class,
      description = "Of reads: linearizable, bounded or eventual (default: linearizable).")
  private String consistency = "linearizable";

  BenchYcsbCommand(Console console, Backend backend) {
    this.console = console;
    this.backend = backend;
  }

  @Override
  public Integer call() {
    if (embedded == null) {
      bounds.require(shards == null, "--shards belongs to --embedded: found it alone");
      List<String> texts =
          addresses.isEmpty()
              ? List.of(ConnectOptions.DEFAULT_ADDRESS)
              : addresses.stream().map(HostPort::text).toList();
      return run(options(String.join(",", texts)));
    }
    bounds.require(!loaded, "--no-load makes no sense with --embedded: found both, expected one");
    bounds.require(
        addresses.isEmpty(),
        "--embedded and --connect exclude one another: found both, expected one");
    bounds.require(
        embedded >= 1 && embedded <= NODES_MAX,
        "--embedded: found " + embedded + ", expected 1 to " + NODES_MAX + " nodes");
    int wanted = shards == null ? 1 : shards;
    bounds.require(
        wanted >= 1 && wanted <= SHARDS_MAX,
        "--shards: found " + wanted + ", expected 1 to " + SHARDS_MAX);
    // Before a cluster is started for nothing.
    YcsbOptions checked = options("");
    Logging.configure(Logging.Level.ERROR, null);
    console.err().println("starting " + embedded + " node(s) in this process");
    try (Henge henge = backend.embedded().nodes(embedded).shards(wanted).start()) {
      return run(
          checked.on(
              henge.nodes().stream().map(Node::clientAddress).collect(Collectors.joining(","))));
    }
  }

  private int run(YcsbOptions options) {
    Logging.configure(Logging.Level.ERROR, null);
    YcsbReport report = YcsbRun.run(options, console.err()::println);
    console.out().println(BenchAnswers.ycsb(report).show(output.format));
    long errors = report.phases().stream().mapToLong(YcsbReport.Phase::errors).sum();
    if (errors > 0) {
      console.err().println("henge bench ycsb: " + errors + " operations failed; see above");
    }
    return (errors == 0 ? ExitCode.OK : ExitCode.FAILED).number();
  }

  private YcsbOptions options(String connect) {
    bounds.atLeast("--records", records, 1);
    bounds.atLeast("--value-bytes", valueBytes, 1);
    bounds.atLeast("--warmup", warmup, 0);
    bounds.atLeast("--seconds", seconds, 1);
    bounds.require(
        threads >= 1 && threads <= 4_096, "--threads: found " + threads + ", expected 1 to 4096");
    return new YcsbOptions(
        workloads, records, !loaded, valueBytes, threads, warmup, seconds, connect, consistency);
  }

  /** For picocli. */
  static final class WorkloadConverter implements ITypeConverter<StandardWorkload> {
    @Override
    public StandardWorkload convert(String letter) {
      try {
        return StandardWorkload.of(letter);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(
            "found '" + letter + "', expected one of a, b, c, d, e, f, u");
      }
    }
  }

  /** For picocli. YCSB has no sessions, so that level makes no sense here. */
  static final class ConsistencyConverter implements ITypeConverter<String> {
    private static final List<String> LEVELS = List.of("linearizable", "bounded", "eventual");

    @Override
    public String convert(String text) {
      String level = text.toLowerCase(Locale.ROOT);
      if (!LEVELS.contains(level)) {
        throw new TypeConversionException(
            "found '" + text + "', expected linearizable, bounded or eventual");
      }
      return level;
    }
  }
}
