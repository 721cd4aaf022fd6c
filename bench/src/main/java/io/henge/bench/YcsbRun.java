package io.henge.bench;

import io.henge.bench.measure.MeasuringDb;
import io.henge.bench.measure.MeasuringDb.Measurement;
import io.henge.bench.measure.MemorySampler;
import io.henge.bench.measure.NodeMetrics;
import io.henge.bench.workload.StandardWorkload;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;
import site.ycsb.DBException;
import site.ycsb.WorkloadException;
import site.ycsb.measurements.Measurements;
import site.ycsb.workloads.CoreWorkload;

/**
 * Runs YCSB's core workloads through the binding, by time instead of by count, and measures after a
 * warm-up: latencies with HdrHistogram, processor time of the client and of the nodes.
 */
public final class YcsbRun {
  private static final String TABLE = "usertable";

  private final YcsbOptions options;
  private final Consumer<String> progress;

  private YcsbRun(YcsbOptions options, Consumer<String> progress) {
    this.options = options;
    this.progress = progress;
  }

  /**
   * Runs it all; blocks until done.
   *
   * @param progress gets a line for people now and then
   */
  public static YcsbReport run(YcsbOptions options, Consumer<String> progress) {
    try {
      return new YcsbRun(options, progress).run();
    } catch (WorkloadException | DBException e) {
      throw new IllegalStateException("ycsb: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("ycsb: interrupted", e);
    }
  }

  private YcsbReport run() throws WorkloadException, DBException, InterruptedException {
    List<String> addresses = new ArrayList<>();
    Map<String, Object> settings = settings(addresses);
    NodeMetrics nodes = new NodeMetrics(addresses);
    List<YcsbReport.Phase> phases = new ArrayList<>();
    if (options.load()) {
      phases.add(load(nodes));
    }
    long inserted = options.records();
    for (StandardWorkload workload : options.workloads()) {
      Phase phase = new Phase(workload.name(), workload.properties(inserted, options.valueBytes()));
      phases.add(phase.transactions(nodes));
      inserted += phase.inserts.get();
    }
    return new YcsbReport(settings, phases);
  }

  private Map<String, Object> settings(List<String> nodes) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("records", options.records());
    settings.put("valueBytes", options.valueBytes());
    settings.put("threads", options.threads());
    settings.put("warmupSeconds", options.warmupSeconds());
    settings.put("seconds", options.seconds());
    settings.put("consistency", options.consistency());
    settings.put("layout", "sharding key = 'user' + 3 digits, sort key = the rest");
    settings.put("processors", Runtime.getRuntime().availableProcessors());
    settings.put("java", Runtime.version().toString());
    try (HengeClient client =
        HengeClient.connect(List.of(options.connect().split(",")), ClientOptions.DEFAULT)) {
      ClusterStatus status = client.admin().status();
      settings.put("nodes", status.nodes().size());
      settings.put("shards", status.shards().size());
      settings.put("replicationFactor", status.replicationFactor());
      status.nodes().forEach(node -> nodes.add(node.httpAddress()));
    }
    return settings;
  }

  private YcsbReport.Phase load(NodeMetrics nodes)
      throws WorkloadException, DBException, InterruptedException {
    Phase phase =
        new Phase("LOAD", StandardWorkload.C.properties(options.records(), options.valueBytes()));
    return phase.load(nodes);
  }

  /** One phase: its own workload object, threads and histograms. */
  private final class Phase {
    private final String name;
    private final CoreWorkload workload;
    private final Properties properties;
    private final Measurement measurement = new Measurement();
    private final AtomicLong operations = new AtomicLong();
    private final AtomicLong inserts = new AtomicLong();
    private final AtomicLong tickets = new AtomicLong();
    private volatile boolean stop;

    Phase(String name, Properties properties) throws WorkloadException {
      this.name = name;
      this.properties = properties;
      properties.setProperty("table", TABLE);
      properties.setProperty("henge.connect", options.connect());
      properties.setProperty("henge.consistency", options.consistency());
      // The workload's constructor reaches for these.
      Measurements.setProperties(properties);
      workload = new CoreWorkload();
      workload.init(properties);
    }

    YcsbReport.Phase load(NodeMetrics nodes) throws DBException, InterruptedException {
      long records = options.records();
      return execute(
          nodes,
          0,
          () -> tickets.get() >= records,
          (db, state) -> {
            if (tickets.getAndIncrement() < records) {
              workload.doInsert(db, state);
            }
          });
    }

    YcsbReport.Phase transactions(NodeMetrics nodes) throws DBException, InterruptedException {
      long end =
          System.nanoTime()
              + TimeUnit.SECONDS.toNanos(options.warmupSeconds() + (long) options.seconds());
      return execute(
          nodes,
          options.warmupSeconds(),
          () -> System.nanoTime() - end >= 0,
          workload::doTransaction);
    }

    private YcsbReport.Phase execute(
        NodeMetrics nodes, int warmupSeconds, BooleanSupplier done, Step step)
        throws DBException, InterruptedException {
      List<Thread> threads = new ArrayList<>();
      List<HengeYcsbClient> bindings = new ArrayList<>();
      for (int i = 0; i < options.threads(); i++) {
        HengeYcsbClient binding = new HengeYcsbClient();
        binding.setProperties(properties);
        binding.init();
        bindings.add(binding);
        MeasuringDb db = new MeasuringDb(binding, measurement);
        db.setProperties(properties);
        Thread thread = new Thread(() -> loop(db, step, done), "ycsb-" + i);
        threads.add(thread);
      }
      long start = System.nanoTime();
      threads.forEach(Thread::start);
      if (warmupSeconds > 0) {
        progress.accept(name + ": warming up for " + warmupSeconds + " s");
        waitUntil(
            () -> System.nanoTime() - start >= TimeUnit.SECONDS.toNanos(warmupSeconds), () -> {});
        inserts.addAndGet(measured(Measurement.Kind.INSERT).getTotalCount());
        measurement.reset();
      }
      long operationsBefore = operations.get();
      long measuredFrom = System.nanoTime();
      long ownBefore = ownCpuNanos();
      double nodesBefore = nodes.sum(NodeMetrics.CPU_SECONDS);
      MemorySampler memory = new MemorySampler(nodes);
      waitUntil(done, memory::tick);
      stop = true;
      double seconds = (System.nanoTime() - measuredFrom) / 1e9;
      long count = operations.get() - operationsBefore;
      long own = ownCpuNanos() - ownBefore;
      double nodesAfter = nodes.sum(NodeMetrics.CPU_SECONDS);
      for (Thread thread : threads) {
        thread.join();
      }
      bindings.forEach(HengeYcsbClient::cleanup);
      double nodesNanos = nodesBefore < 0 || nodesAfter < 0 ? -1 : (nodesAfter - nodesBefore) * 1e9;
      return report(seconds, count, own, nodesNanos, memory.memory());
    }

    private void loop(MeasuringDb db, Step step, BooleanSupplier exhausted) {
      Object state = new Object();
      while (!stop && !exhausted.getAsBoolean()) {
        // A step says whether it succeeded; failures are counted by the measurement.
        step.run(db, state);
        operations.incrementAndGet();
      }
    }

    private void waitUntil(BooleanSupplier done, Runnable tick) {
      long nextReport = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
      long lastCount = operations.get();
      while (!done.getAsBoolean()) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        tick.run();
        if (System.nanoTime() - nextReport >= 0) {
          long count = operations.get();
          progress.accept(
              String.format(
                  "%s: %,d operations, %,d/s, %,d errors",
                  name, count, (count - lastCount) / 5, measurement.errors()));
          lastCount = count;
          nextReport += TimeUnit.SECONDS.toNanos(5);
        }
      }
    }

    private Histogram measured(Measurement.Kind kind) {
      return measurement.recorder(kind).getIntervalHistogram();
    }

    private YcsbReport.Phase report(
        double seconds, long count, long ownNanos, double nodesNanos, MemorySampler.Memory memory) {
      Map<String, YcsbReport.Latency> kinds = new LinkedHashMap<>();
      for (Measurement.Kind kind : Measurement.Kind.values()) {
        Histogram histogram = measured(kind);
        if (histogram.getTotalCount() > 0) {
          kinds.put(
              kind.name(),
              new YcsbReport.Latency(
                  histogram.getTotalCount(),
                  Math.round(histogram.getMean()),
                  histogram.getValueAtPercentile(50),
                  histogram.getValueAtPercentile(99),
                  histogram.getValueAtPercentile(99.9),
                  histogram.getMaxValue()));
          if (kind == Measurement.Kind.INSERT) {
            inserts.addAndGet(histogram.getTotalCount());
          }
        }
      }
      String error = measurement.firstError();
      if (error != null) {
        progress.accept(name + ": first error: " + error);
      }
      double per = Math.max(count, 1) * 1_000.0;
      progress.accept(String.format("%s: %,.0f operations/s", name, count / seconds));
      return new YcsbReport.Phase(
          name,
          seconds,
          count,
          count / seconds,
          measurement.errors(),
          ownNanos / per,
          nodesNanos < 0 ? -1 : nodesNanos / per,
          kinds,
          memory);
    }
  }

  /** One operation. */
  private interface Step {
    void run(MeasuringDb db, Object state);
  }

  private static long ownCpuNanos() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean os
        ? os.getProcessCpuTime()
        : 0;
  }

  /** How long a run will take at least, for people. */
  public static Duration estimate(YcsbOptions options) {
    return Duration.ofSeconds(
        (long) options.workloads().size() * (options.warmupSeconds() + options.seconds()));
  }
}
