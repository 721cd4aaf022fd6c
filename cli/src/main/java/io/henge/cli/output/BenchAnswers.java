package io.henge.cli.output;

import io.henge.bench.YcsbReport;
import java.util.Locale;
import java.util.Map;

/** What was measured, as answers. */
public final class BenchAnswers {
  private BenchAnswers() {}

  /** A row for each kind of operation; latencies in microseconds. */
  public static Answer ycsb(YcsbReport report) {
    Table rates =
        Table.of(
            "phase",
            "operations",
            "operations/s",
            "errors",
            "client CPU us/op",
            "server CPU us/op");
    Table latencies =
        Table.of("phase", "kind", "count", "mean us", "p50 us", "p99 us", "p99.9 us", "max us");
    for (YcsbReport.Phase phase : report.phases()) {
      rates.row(
          phase.name(),
          phase.operations(),
          Math.round(phase.operationsPerSecond()),
          phase.errors(),
          cpu(phase.clientCpuMicrosPerOperation()),
          cpu(phase.serverCpuMicrosPerOperation()));
      for (Map.Entry<String, YcsbReport.Latency> kind : phase.kinds().entrySet()) {
        YcsbReport.Latency latency = kind.getValue();
        latencies.row(
            phase.name(),
            kind.getKey().toLowerCase(Locale.ROOT),
            latency.count(),
            Math.round(latency.meanMicros()),
            latency.p50Micros(),
            latency.p99Micros(),
            latency.p999Micros(),
            latency.maxMicros());
      }
    }
    return new Answer(rates + "\n\n" + latencies, report);
  }

  private static String cpu(double micros) {
    return micros < 0 ? "unknown" : String.format(Locale.ROOT, "%.0f", micros);
  }
}
