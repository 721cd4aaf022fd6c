package io.henge.server.http;

import io.henge.replication.shard.EntryMeter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What the log entries of one shard cost on this node, in few buckets: there may be many shards.
 */
final class ShardEntryMeters implements EntryMeter {
  private static final Duration[] APPLY = {
    Duration.ofNanos(50_000),
    Duration.ofNanos(100_000),
    Duration.ofNanos(250_000),
    Duration.ofMillis(1),
    Duration.ofMillis(5),
    Duration.ofMillis(25),
    Duration.ofMillis(100),
    Duration.ofSeconds(1)
  };

  private static final Duration[] PROPOSAL = {
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(2)
  };

  private static final double[] WRITES = {1, 4, 16, 64, 256, 1_024};
  private static final double[] BYTES = {
    256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20
  };

  private final Timer apply;
  private final Timer proposal;
  private final Timer install;
  private final DistributionSummary writes;
  private final DistributionSummary bytes;

  ShardEntryMeters(String shard, MeterRegistry registry) {
    apply = timer(Metric.SHARD_APPLY, shard, registry, APPLY);
    proposal = timer(Metric.SHARD_PROPOSAL, shard, registry, PROPOSAL);
    install = timer(Metric.SHARD_INSTALL, shard, registry);
    writes = summary(Metric.SHARD_ENTRY_WRITES, shard, registry, WRITES);
    bytes = summary(Metric.SHARD_ENTRY_BYTES, shard, registry, BYTES);
  }

  private static Timer timer(
      Metric metric, String shard, MeterRegistry registry, Duration... buckets) {
    return Timer.builder(metric.id())
        .description(metric.description())
        .tag("shard", shard)
        .serviceLevelObjectives(buckets)
        .register(registry);
  }

  private static DistributionSummary summary(
      Metric metric, String shard, MeterRegistry registry, double... buckets) {
    return DistributionSummary.builder(metric.id())
        .description(metric.description())
        .tag("shard", shard)
        .serviceLevelObjectives(buckets)
        .register(registry);
  }

  List<Meter> all() {
    return List.of(apply, proposal, install, writes, bytes);
  }

  @Override
  public void applied(int writesCarried, int entryBytes, long nanos) {
    apply.record(nanos, TimeUnit.NANOSECONDS);
    bytes.record(entryBytes);
    if (writesCarried > 0) {
      writes.record(writesCarried);
    }
  }

  @Override
  public void landed(long nanos) {
    proposal.record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void installed(long nanos) {
    install.record(nanos, TimeUnit.NANOSECONDS);
  }
}
