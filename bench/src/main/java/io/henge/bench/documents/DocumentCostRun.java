package io.henge.bench.documents;

import com.sun.management.OperatingSystemMXBean;
import io.henge.api.error.HengeException;
import io.henge.bench.measure.NodeMetrics;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * Does one kind of operation after the other for some seconds, in turns, so that all of them find
 * the same machine; the first two rounds warm up and do not count. Each thread has one operation in
 * flight.
 */
public final class DocumentCostRun {
  private static final int WARM_UP_ROUNDS = 2;

  private final NodeMetrics metrics;
  private final int threads;
  private final long turnNanos;
  private final AtomicLong failed = new AtomicLong();
  private volatile @Nullable String firstError;

  private DocumentCostRun(NodeMetrics metrics, int threads, long turnNanos) {
    this.metrics = metrics;
    this.threads = threads;
    this.turnNanos = turnNanos;
  }

  /** What the turns of one kind add up to. */
  private static final class Sum {
    final Histogram nanos = new Histogram(3);
    long errors;
    final List<Double> rates = new ArrayList<>();
    final List<Double> serverMicros = new ArrayList<>();
    final List<Double> clientMicros = new ArrayList<>();

    DocumentCostReport.Line line(String name) {
      return new DocumentCostReport.Line(
          name,
          nanos.getTotalCount(),
          errors,
          median(rates),
          nanos.getValueAtPercentile(50) / 1_000,
          nanos.getValueAtPercentile(99) / 1_000,
          median(serverMicros),
          Collections.min(serverMicros),
          Collections.max(serverMicros),
          median(clientMicros));
    }

    private static double median(List<Double> turns) {
      List<Double> sorted = turns.stream().sorted().toList();
      return sorted.get(sorted.size() / 2);
    }
  }

  /**
   * Runs it all; blocks until done.
   *
   * @param connect addresses of a cluster
   * @param records of each collection; loaded first
   * @param rounds that count, each with a turn of every kind
   * @param turn length of a turn
   * @param only kinds whose name contains it; empty = all
   * @param progress gets lines for people
   */
  public static DocumentCostReport run(
      List<String> connect,
      int threads,
      int records,
      int rounds,
      Duration turn,
      String only,
      Consumer<String> progress)
      throws InterruptedException {
    try (HengeClient client = HengeClient.connect(connect, ClientOptions.DEFAULT)) {
      ClusterStatus status = client.admin().status();
      NodeMetrics metrics =
          new NodeMetrics(status.nodes().stream().map(ClusterStatus.Node::httpAddress).toList());
      List<Workload.Kind> kinds =
          Workload.prepare(client, records, progress).stream()
              .filter(kind -> kind.name().contains(only))
              .toList();
      if (kinds.isEmpty()) {
        throw HengeException.invalid("only: found no kind of operation named like " + only);
      }
      DocumentCostRun run = new DocumentCostRun(metrics, threads, turn.toNanos());
      Map<String, Sum> sums = new LinkedHashMap<>();
      for (int round = 1 - WARM_UP_ROUNDS; round <= rounds; round++) {
        for (Workload.Kind kind : kinds) {
          Sum sum = sums.computeIfAbsent(kind.name(), name -> new Sum());
          run.turn(kind, round, round > 0 ? sum : new Sum());
        }
        progress.accept(round <= 0 ? "warming up" : "round " + round + " of " + rounds);
      }
      if (run.firstError != null) {
        progress.accept("first error: " + run.firstError);
      }
      List<DocumentCostReport.Line> lines = new ArrayList<>();
      sums.forEach((name, sum) -> lines.add(sum.line(name)));
      Map<String, Object> settings = new LinkedHashMap<>();
      settings.put("nodes", status.nodes().size());
      settings.put("shards", status.shards().size());
      settings.put("threads", threads);
      settings.put("records", records);
      settings.put("rounds", rounds);
      settings.put("seconds_a_turn", turn.toMillis() / 1e3);
      settings.put("plain_value_bytes", Workload.PLAIN_BYTES);
      settings.put("document_bytes", Workload.documentBytes());
      settings.put("processors", Runtime.getRuntime().availableProcessors());
      settings.put("java", System.getProperty("java.version"));
      return new DocumentCostReport(settings, List.copyOf(lines));
    }
  }

  private void turn(Workload.Kind kind, int round, Sum sum) throws InterruptedException {
    Recorder recorder = new Recorder(3);
    failed.set(0);
    double server = metrics.sum(NodeMetrics.CPU_SECONDS);
    long client = cpuNanos();
    long begun = System.nanoTime();
    List<Thread> all = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      SplittableRandom random = new SplittableRandom(1_000L * (round + WARM_UP_ROUNDS) + i);
      Thread thread =
          new Thread(() -> loop(kind, random, begun + turnNanos, recorder), "load-" + i);
      all.add(thread);
      thread.start();
    }
    for (Thread thread : all) {
      thread.join();
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    Histogram nanos = recorder.getIntervalHistogram();
    double operations = Math.max(1, nanos.getTotalCount());
    sum.nanos.add(nanos);
    sum.errors += failed.get();
    sum.rates.add(operations / seconds);
    sum.clientMicros.add((cpuNanos() - client) / 1e3 / operations);
    sum.serverMicros.add((metrics.sum(NodeMetrics.CPU_SECONDS) - server) * 1e6 / operations);
  }

  private void loop(Workload.Kind kind, SplittableRandom random, long endNanos, Recorder recorder) {
    long now = System.nanoTime();
    while (now - endNanos < 0) {
      try {
        kind.operation().run(random);
        long then = System.nanoTime();
        recorder.recordValue(then - now);
        now = then;
      } catch (HengeException e) {
        failed.incrementAndGet();
        firstError = e.toString();
        now = System.nanoTime();
      }
    }
  }

  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
