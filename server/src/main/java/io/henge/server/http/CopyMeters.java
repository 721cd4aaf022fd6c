package io.henge.server.http;

import io.henge.server.copies.CopyMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Figures of declared copies, by rule. Thread-safe. */
final class CopyMeters implements CopyMeter {
  private static final Duration[] BUCKETS = {
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofMinutes(5)
  };

  private static final Rows NO_ROWS = new Rows(0, 0);

  private final MeterRegistry registry;
  private final Counter missing;
  private final Counter foreseen;
  private final MultiGauge waiting;
  private final MultiGauge bound;
  private final Counter verified;
  private final Map<Integer, Timer> lags = new ConcurrentHashMap<>();
  private final Map<Integer, Counter> exceeded = new ConcurrentHashMap<>();
  private final Map<Integer, Counter> holders = new ConcurrentHashMap<>();

  private volatile Map<Long, Rows> rowsOfShards = Map.of();

  CopyMeters(MeterRegistry registry) {
    this.registry = registry;
    this.missing =
        Counter.builder(Metric.MISSING_SOURCES.id())
            .description(Metric.MISSING_SOURCES.description())
            .register(registry);
    this.foreseen =
        Counter.builder(Metric.FORESEEN_SOURCES.id())
            .description(Metric.FORESEEN_SOURCES.description())
            .register(registry);
    this.waiting = gauges(Metric.COPY_WAITING);
    this.bound = gauges(Metric.COPY_BOUND);
    this.verified =
        Counter.builder(Metric.COPIES_VERIFIED.id())
            .description(Metric.COPIES_VERIFIED.description())
            .register(registry);
  }

  @Override
  public void sent(int ruleId, long lagMillis, long boundMillis) {
    lags.computeIfAbsent(
            ruleId,
            id ->
                Timer.builder(Metric.COPY_LAG.id())
                    .description(Metric.COPY_LAG.description())
                    .tag("rule", Integer.toUnsignedString(id))
                    .serviceLevelObjectives(BUCKETS)
                    .register(registry))
        .record(lagMillis, TimeUnit.MILLISECONDS);
    if (lagMillis > boundMillis) {
      counter(exceeded, Metric.COPY_BOUND_EXCEEDED, ruleId).increment();
    }
  }

  @Override
  public void changed(int ruleId, int count) {
    counter(holders, Metric.COPY_HOLDERS, ruleId).increment(count);
  }

  @Override
  public void verified(long count) {
    verified.increment((double) count);
  }

  @Override
  public void different(int ruleId, String kind) {
    Counter.builder(Metric.COPY_WRONG.id())
        .description(Metric.COPY_WRONG.description())
        .tag("rule", Integer.toUnsignedString(ruleId))
        .tag("kind", kind)
        .register(registry)
        .increment();
  }

  @Override
  public void waiting(Map<Long, Rows> shards, Map<Integer, Wait> rules) {
    rowsOfShards = Map.copyOf(shards);
    List<MultiGauge.Row<?>> waits = new ArrayList<>();
    List<MultiGauge.Row<?>> bounds = new ArrayList<>();
    rules.forEach(
        (id, wait) -> {
          Tags tags = Tags.of("rule", Integer.toUnsignedString(id));
          waits.add(MultiGauge.Row.of(tags, wait.millis() / 1e3));
          bounds.add(MultiGauge.Row.of(tags, wait.boundMillis() / 1e3));
        });
    waiting.register(waits, true);
    bound.register(bounds, true);
  }

  /** Of a shard that this node leads, as they were a second ago at most; of others none. */
  Rows rows(long shardId) {
    return rowsOfShards.getOrDefault(shardId, NO_ROWS);
  }

  private MultiGauge gauges(Metric metric) {
    return MultiGauge.builder(metric.id()).description(metric.description()).register(registry);
  }

  @Override
  public void missing() {
    missing.increment();
  }

  @Override
  public void foreseen() {
    foreseen.increment();
  }

  private Counter counter(Map<Integer, Counter> known, Metric metric, int ruleId) {
    return known.computeIfAbsent(
        ruleId,
        id ->
            Counter.builder(metric.id())
                .description(metric.description())
                .tag("rule", Integer.toUnsignedString(id))
                .register(registry));
  }
}
