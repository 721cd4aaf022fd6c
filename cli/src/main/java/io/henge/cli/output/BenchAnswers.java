package io.henge.cli.output;

import io.henge.bench.YcsbReport;
import io.henge.bench.copies.CopiesReport;
import io.henge.bench.copies.RenameReport;
import io.henge.bench.documents.DocumentCostReport;
import io.henge.bench.reshape.SkewReport;
import io.henge.bench.reshape.SplitReport;
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

  /** A row for each split, and what is usual. */
  public static Answer split(SplitReport report) {
    Table table =
        Table.of(
            "items",
            "both serve after ms",
            "done after ms",
            "longest in calm ms",
            "longest below ms",
            "longest above ms",
            "ops/s before",
            "during",
            "after",
            "server CPU us/op before",
            "during");
    for (SplitReport.Round round : report.rounds()) {
      table.row(
          round.items(),
          round.servingMillis(),
          round.doneMillis(),
          round.calmPauseMillis(),
          round.lowerPauseMillis(),
          round.upperPauseMillis(),
          Math.round(round.rateBefore()),
          Math.round(round.rateDuring()),
          Math.round(round.rateAfter()),
          cpu(round.serverCpuMicros().get(0)),
          cpu(round.serverCpuMicros().get(1)));
    }
    SplitReport.Medians medians = report.medians();
    String usual =
        String.format(
            Locale.ROOT,
            "medians: both serve after %d ms; longest pause %d ms, in calm %d ms; rate during/before"
                + " %.2f (%.2f to %.2f); longest fence %.1f ms; %d errors",
            medians.servingMillis(),
            medians.pauseMillis(),
            medians.calmPauseMillis(),
            medians.duringToBefore(),
            medians.duringToBeforeLeast(),
            medians.duringToBeforeMost(),
            report.fenceMillisMax(),
            report.errors());
    return new Answer(table + "\n\n" + usual, report);
  }

  /** How a skewed load was noticed and cut. */
  public static Answer skew(SkewReport report) {
    Table table =
        Table.of("what", "figure")
            .row("noticed after ms", report.noticedMillis())
            .row("cut after ms", report.cutMillis())
            .row("operations/s, even load", Math.round(report.evenRate()))
            .row("operations/s, skewed", Math.round(report.skewedRate()))
            .row("operations/s, after the cut", Math.round(report.afterRate()))
            .row("shards before", report.shardsBefore())
            .row("shards after", report.shardsAfter())
            .row("% of the load on one shard, before", Math.round(100 * report.hottestPartBefore()))
            .row("% of the load on one shard, after", Math.round(100 * report.hottestPartAfter()))
            .row("errors", report.errors());
    return new Answer(table.toString(), report);
  }

  /** What documents cost: a row for each kind of operation. */
  public static Answer documents(DocumentCostReport report) {
    Table table =
        Table.of(
            "operation",
            "operations/s",
            "p50 us",
            "p99 us",
            "server CPU us/op",
            "lowest",
            "highest",
            "client CPU us/op",
            "errors");
    for (DocumentCostReport.Line line : report.lines()) {
      table.row(
          line.name(),
          Math.round(line.rate()),
          line.p50Micros(),
          line.p99Micros(),
          cpu(line.serverCpuMicros()),
          cpu(line.lowestServerCpuMicros()),
          cpu(line.highestServerCpuMicros()),
          cpu(line.clientCpuMicros()),
          line.errors());
    }
    return new Answer(table.toString(), report);
  }

  /** What copies save: a row for each way to read. */
  public static Answer copies(CopiesReport report) {
    Table table = Table.of("way to read", "p50 us", "p99 us", "requests", "bytes");
    cost(table, "with copies", report.withCopies());
    cost(table, "with look-ups", report.withLookUps());
    String what =
        String.format(
            Locale.ROOT,
            "%d documents, %d sources, %d shards; %s",
            report.documents(),
            report.sources(),
            report.shards(),
            report.differing() == 0
                ? "both ways give the same"
                : report.differing() + " documents differ");
    return new Answer(table + "\n\n" + what, report);
  }

  private static void cost(Table table, String way, CopiesReport.Cost cost) {
    table.row(
        way,
        cost.p50Micros(),
        cost.p99Micros(),
        String.format(Locale.ROOT, "%.1f", cost.requests()),
        Math.round(cost.bytes()));
  }

  /** How long changes of a followed document took to reach all copies: a row for each. */
  public static Answer rename(RenameReport report) {
    Table table =
        Table.of(
            "round",
            "copies",
            "shards",
            "leader",
            "next leader",
            "split",
            "acknowledged ms",
            "right midway",
            "lag ms",
            "at most too long by ms",
            "wrong");
    for (RenameReport.Round round : report.rounds()) {
      table.row(
          round.round(),
          round.copies(),
          round.shards(),
          round.leader(),
          round.nextLeader(),
          round.splitShard() == 0 ? "" : round.splitShard(),
          round.acknowledgedMillis(),
          round.rightAtMidway(),
          round.lagMillis(),
          round.resolutionMillis(),
          round.wrong());
    }
    String what =
        String.format(
            Locale.ROOT,
            "worst lag %d ms, declared %d ms, exceeded in %d of %d; load: %d writes (%.0f/s, p99 %d"
                + " us, longest %d us, %d errors); verified %d documents: %d differences",
            report.worstLagMillis(),
            report.boundMillis(),
            report.exceeded(),
            report.rounds().size(),
            report.load().writes(),
            report.load().writesPerSecond(),
            report.load().p99Micros(),
            report.load().maxMicros(),
            report.load().errors(),
            report.verified().documents(),
            report.verified().differences());
    return new Answer(table + "\n\n" + what, report);
  }

  private static String cpu(double micros) {
    return micros < 0 ? "unknown" : String.format(Locale.ROOT, "%.0f", micros);
  }
}
