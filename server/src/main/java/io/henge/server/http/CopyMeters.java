package io.henge.server.http;

import io.henge.server.copies.CopyMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
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

  private final MeterRegistry registry;
  private final Counter missing;
  private final Counter foreseen;
  private final Map<Integer, Timer> lags = new ConcurrentHashMap<>();
  private final Map<Integer, Counter> exceeded = new ConcurrentHashMap<>();
  private final Map<Integer, Counter> holders = new ConcurrentHashMap<>();

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
