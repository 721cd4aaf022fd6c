package io.henge.bench.reshape;

import io.henge.api.key.PhysicalKey;
import io.henge.bench.measure.NodeMetrics;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import io.henge.client.Operations.Operation;
import io.henge.client.Operations.State;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.ToDoubleFunction;

/** Cuts shards under load and measures what clients notice of it. */
public final class SplitRun {
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long POLL_MILLIS = 10;
  private static final long OPERATION_NANOS = TimeUnit.MINUTES.toNanos(5);
  private static final String FENCE_SECONDS_MAX = "henge_split_fence_seconds_max";

  private final SplitOptions options;
  private final Consumer<String> progress;
  private final HengeClient client;
  private final NodeMetrics nodes;
  private final SteadyLoad load;

  private SplitRun(
      SplitOptions options, Consumer<String> progress, HengeClient client, SteadyLoad load) {
    this.options = options;
    this.progress = progress;
    this.client = client;
    this.load = load;
    this.nodes =
        new NodeMetrics(
            client.admin().status().nodes().stream().map(ClusterStatus.Node::httpAddress).toList());
  }

  /**
   * Runs it all; blocks until done.
   *
   * @param progress gets a line for people now and then
   */
  public static SplitReport run(SplitOptions options, Consumer<String> progress) {
    try (HengeClient client =
            HengeClient.connect(List.of(options.connect().split(",")), ClientOptions.DEFAULT);
        SteadyLoad load = new SteadyLoad(client, options.records(), options.valueBytes())) {
      return new SplitRun(options, progress, client, load).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private SplitReport run() throws InterruptedException {
    // What is to be measured must not happen by itself.
    client.operations().set("auto-split", "off");
    client.operations().set("auto-merge", "off");
    load.fill(progress);
    load.begin(options.threads());
    List<SplitReport.Round> rounds = new ArrayList<>();
    for (int i = 1; i <= options.rounds(); i++) {
      SplitReport.Round round = round();
      rounds.add(round);
      progress.accept("split " + i + " of " + options.rounds() + ": " + round);
    }
    load.close();
    load.firstErrors().forEach(progress);
    double fence =
        nodes.each(FENCE_SECONDS_MAX).stream().mapToDouble(Double::doubleValue).max().orElse(-1e-3);
    return new SplitReport(settings(), rounds, medians(rounds), fence * 1_000, load.errors());
  }

  private Map<String, Object> settings() {
    ClusterStatus status = client.admin().status();
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("megabytes", options.megabytes());
    settings.put("valueBytes", options.valueBytes());
    settings.put("threads", options.threads());
    settings.put("calmSeconds", options.calmSeconds());
    settings.put("processors", Runtime.getRuntime().availableProcessors());
    settings.put("java", Runtime.version().toString());
    settings.put("nodes", status.nodes().size());
    settings.put("replicationFactor", status.replicationFactor());
    return settings;
  }

  private SplitReport.Round round() throws InterruptedException {
    ClusterStatus.Shard shard =
        client.admin().status().shards().stream()
            .max(Comparator.comparingLong(SplitRun::items))
            .orElseThrow();
    long calmFrom = System.nanoTime();
    sleepUntil(calmFrom + TimeUnit.SECONDS.toNanos(options.calmSeconds()) - WINDOW_NANOS);
    double cpuBefore = cpuSeconds();
    long operationsBefore = load.operations();
    sleepUntil(calmFrom + TimeUnit.SECONDS.toNanos(options.calmSeconds()));
    double cpuAt = cpuSeconds();
    long operationsAt = load.operations();

    long command = System.nanoTime();
    Operation operation = client.operations().split(shard.id());
    await("the new shard to be led", () -> isLed(operation.otherShardId()));
    long serving = System.nanoTime();
    await("the split to end", () -> isDone(operation.id()));
    long done = System.nanoTime();
    sleepUntil(command + WINDOW_NANOS);
    double cpuDuring = cpuSeconds();
    long operationsDuring = load.operations();
    sleepUntil(command + 2 * WINDOW_NANOS);

    LongPredicate upper = upper(shard, operation.otherShardId());
    return new SplitReport.Round(
        items(shard),
        millis(serving - command),
        millis(done - command),
        load.longestMillis(calmFrom, command, token -> true),
        load.longestMillis(command, command + WINDOW_NANOS, upper.negate()),
        load.longestMillis(command, command + WINDOW_NANOS, upper),
        load.rate(command - WINDOW_NANOS, command),
        load.rate(command, command + WINDOW_NANOS),
        load.rate(command + WINDOW_NANOS, command + 2 * WINDOW_NANOS),
        List.of(
            micros(cpuAt - cpuBefore, operationsAt - operationsBefore),
            micros(cpuDuring - cpuAt, operationsDuring - operationsAt)));
  }

  private static long items(ClusterStatus.Shard shard) {
    return shard.replicas().stream().mapToLong(ClusterStatus.Replica::items).max().orElse(0);
  }

  /** Whether a token lies in the new shard; of those in the old one's range. */
  private LongPredicate upper(ClusterStatus.Shard before, long childId) {
    byte[] start =
        client.admin().status().shards().stream()
            .filter(shard -> shard.id() == childId)
            .findFirst()
            .orElse(before)
            .start();
    long cut = PhysicalKey.token(start);
    return token -> Long.compareUnsigned(token, cut) >= 0;
  }

  private boolean isLed(long shardId) {
    return client.admin().status().shards().stream()
        .anyMatch(shard -> shard.id() == shardId && !shard.leader().isEmpty());
  }

  private boolean isDone(long operationId) {
    Operation now = client.operations().get(operationId);
    if (now.state() == State.FAILED || now.state() == State.CANCELLED) {
      throw new IllegalStateException("the split has failed: " + now.message());
    }
    return now.state() == State.DONE;
  }

  private double cpuSeconds() {
    return nodes.sum(NodeMetrics.CPU_SECONDS);
  }

  private static double micros(double seconds, long operations) {
    return operations == 0 ? -1 : seconds * 1e6 / operations;
  }

  private static long millis(long nanos) {
    return nanos / 1_000_000;
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + OPERATION_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - end > 0) {
        throw new IllegalStateException("waited in vain for " + what);
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
  }

  private static void sleepUntil(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(nanos - System.nanoTime());
  }

  private static SplitReport.Medians medians(List<SplitReport.Round> rounds) {
    double[] ratios =
        rounds.stream().mapToDouble(round -> round.rateDuring() / round.rateBefore()).toArray();
    return new SplitReport.Medians(
        (long) median(rounds, SplitReport.Round::servingMillis),
        (long) median(rounds, SplitReport.Round::calmPauseMillis),
        (long)
            median(rounds, round -> Math.max(round.lowerPauseMillis(), round.upperPauseMillis())),
        median(rounds, SplitReport.Round::rateBefore),
        median(rounds, SplitReport.Round::rateDuring),
        median(rounds, SplitReport.Round::rateAfter),
        median(rounds, round -> round.rateDuring() / round.rateBefore()),
        Arrays.stream(ratios).min().orElse(0),
        Arrays.stream(ratios).max().orElse(0));
  }

  private static double median(
      List<SplitReport.Round> rounds, ToDoubleFunction<SplitReport.Round> value) {
    double[] sorted = rounds.stream().mapToDouble(value).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
