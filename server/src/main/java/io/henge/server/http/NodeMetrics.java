package io.henge.server.http;

import io.henge.api.error.ErrorCode;
import io.henge.replication.shard.EntryMeter;
import io.henge.replication.shard.ReplicaStatistics;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.snapshot.SnapshotSource;
import io.henge.server.copies.CopyMeter;
import io.henge.server.node.RequestObserver;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The figures of one node. Thread-safe. */
public final class NodeMetrics implements RequestObserver, AutoCloseable {
  private static final Duration[] BUCKETS = {
    Duration.ofNanos(100_000),
    Duration.ofNanos(250_000),
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5)
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final long startedNanos = System.nanoTime();
  private final Map<Kind, Map<Integer, Timer>> requests = new EnumMap<>(Kind.class);
  private final Map<Long, List<Meter>> shards = new ConcurrentHashMap<>();
  private final Counter snapshotsSent = counter(Metric.SNAPSHOTS_SENT);
  private final Counter snapshotsReceived = counter(Metric.SNAPSHOTS_RECEIVED);
  private final Counter snapshotBytes = counter(Metric.SNAPSHOT_BYTES);
  private final Timer snapshotFetch =
      Timer.builder(Metric.SNAPSHOT_FETCH.id())
          .description(Metric.SNAPSHOT_FETCH.description())
          .register(registry);
  private final Counter replicaFaults = counter(Metric.REPLICA_FAULTS);
  private final Counter findRowsLookedAt = counter(Metric.FIND_ROWS_LOOKED_AT);
  private final Counter findRows = counter(Metric.FIND_ROWS);

  private final Timer fences =
      Timer.builder(Metric.SPLIT_FENCE.id())
          .description(Metric.SPLIT_FENCE.description())
          .serviceLevelObjectives(BUCKETS)
          .register(registry);

  private final CopyMeters copies = new CopyMeters(registry);

  public NodeMetrics() {
    for (Kind kind : Kind.values()) {
      requests.put(kind, new ConcurrentHashMap<>());
    }
    gauge(Metric.UPTIME, () -> (System.nanoTime() - startedNanos) / 1e9);
    gauge(Metric.REPLICAS, shards::size);
    gauge(
        Metric.MEMORY_HEAP,
        () -> ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    gauge(
        Metric.MEMORY_DIRECT,
        () ->
            ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum());
    gauge(Metric.PROCESS_RESIDENT, ProcessFigures::residentBytes);
    gauge(Metric.PROCESS_CPU, ProcessFigures::cpuSeconds);
  }

  /** Everything in the text format of Prometheus. */
  public String scrape() {
    return registry.scrape();
  }

  /** Adds a figure of the node. */
  public void gauge(Metric metric, DoubleSupplier value) {
    Gauge.builder(metric.id(), value, DoubleSupplier::getAsDouble)
        .description(metric.description())
        .strongReference(true)
        .register(registry);
  }

  /** Of declared copies. */
  public CopyMeter copies() {
    return copies;
  }

  private Counter counter(Metric metric) {
    return Counter.builder(metric.id()).description(metric.description()).register(registry);
  }

  public void snapshotSent() {
    snapshotsSent.increment();
  }

  /** The same source; what is fetched from it counts. */
  public SnapshotSource metered(SnapshotSource source) {
    return new MeteredSnapshots(source, snapshotsReceived, snapshotBytes, snapshotFetch);
  }

  /** A split's child serves: so long nobody served its range. */
  public void fenced(long nanos) {
    fences.record(nanos, TimeUnit.NANOSECONDS);
  }

  public void replicaFailed() {
    replicaFaults.increment();
  }

  @Override
  public void answered(Kind kind, @Nullable ErrorCode error, boolean forwarded, long nanos) {
    Map<Integer, Timer> ofKind = requests.get(kind);
    if (ofKind == null) {
      return;
    }
    int index = (error == null ? 0 : error.number()) * 2 + (forwarded ? 1 : 0);
    Timer timer = ofKind.get(index);
    if (timer == null) {
      timer = ofKind.computeIfAbsent(index, i -> timer(kind, error, forwarded));
    }
    timer.record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void found(long lookedAt, long rows) {
    findRowsLookedAt.increment((double) lookedAt);
    findRows.increment((double) rows);
  }

  private Timer timer(Kind kind, @Nullable ErrorCode error, boolean forwarded) {
    return Timer.builder(Metric.REQUESTS.id())
        .description(Metric.REQUESTS.description())
        .tag("kind", kind.name().toLowerCase(Locale.ROOT))
        .tag("outcome", error == null ? "OK" : error.name())
        .tag("via", forwarded ? "forwarded" : "local")
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  /** Figures of a replica, until {@link #removeShard}. */
  public EntryMeter addShard(long shardId, ShardReplica replica) {
    removeShard(shardId);
    Figures figures = new Figures(replica);
    List<Meter> meters = new ArrayList<>();
    ShardMeters add = new ShardMeters(shardId, figures, meters);
    add.counter(Metric.SHARD_WRITES, f -> f.statistics().writes());
    add.counter(Metric.SHARD_READS, f -> f.statistics().reads());
    add.counter(Metric.SHARD_ENTRIES, f -> f.statistics().entries());
    add.counter(Metric.DOCUMENT_WRITES, "put", f -> f.statistics().documents().puts());
    add.counter(Metric.DOCUMENT_WRITES, "patch", f -> f.statistics().documents().patches());
    add.counter(
        Metric.DOCUMENT_WRITES, "patch_unchanged", f -> f.statistics().documents().unchanged());
    add.counter(Metric.DOCUMENT_WRITES, "delete", f -> f.statistics().documents().deletions());
    add.counter(Metric.PATCH_STEPS, f -> f.statistics().documents().patchSteps());
    add.counter(Metric.PATCHED_BYTES, f -> f.statistics().documents().patchedBytes());
    add.gauge(Metric.OUTBOX_ROWS, f -> copies.rows(shardId).outbox());
    add.gauge(Metric.FANOUT_ROWS, f -> copies.rows(shardId).fanout());
    add.gauge(Metric.CHANGES_BYTES, f -> f.replica.documents().changeBytes());
    add.gauge(Metric.CHANGES_OLDEST, f -> f.replica.documents().oldestChangeMillis() / 1e3);
    add.gauge(Metric.FILLS, f -> f.replica.documents().filling());
    add.counter(Metric.FILL_DOCUMENTS, f -> f.statistics().documents().filledDocuments());
    add.counter(Metric.VERIFIED_DOCUMENTS, f -> f.replica.documents().verified());
    add.counter(Metric.COPY_DIFFERENCES, f -> f.replica.documents().differences());
    add.counter(Metric.STORE_FLUSHES, f -> f.statistics().store().flushes());
    add.gauge(
        Metric.SHARD_WRITES_PER_ENTRY,
        f -> f.statistics().writes() / (double) Math.max(1, f.statistics().entries()));
    add.gauge(Metric.SHARD_QUEUE, f -> f.statistics().queuedWrites());
    add.gauge(Metric.SHARD_LEADER, f -> f.replica.group().isLeader() ? 1 : 0);
    add.gauge(Metric.SHARD_LEASE, f -> f.statistics().leaseValid() ? 1 : 0);
    add.counter(Metric.SHARD_LEADERSHIPS, f -> f.statistics().leaderships());
    add.gauge(Metric.SHARD_TAKEOVER, f -> f.statistics().takeoverMillis() / 1e3);
    add.gauge(Metric.SHARD_TERM, f -> f.replica.group().term());
    add.gauge(Metric.SHARD_APPLIED, f -> f.statistics().applied().index());
    add.gauge(Metric.SHARD_DURABLE, f -> f.statistics().durable().index());
    add.gauge(
        Metric.SHARD_LAG,
        f -> Math.max(0, f.replica.group().committedIndex() - f.statistics().applied().index()));
    add.gauge(Metric.STORE_BYTES, f -> f.statistics().store().diskBytes());
    add.gauge(Metric.STORE_MEMTABLE_BYTES, f -> f.statistics().store().memtableBytes());
    add.gauge(Metric.STORE_ROWS, f -> f.statistics().store().rowsEstimated());
    add.gauge(
        Metric.STORE_COMPACTION_PENDING, f -> f.statistics().store().pendingCompactionBytes());
    ShardEntryMeters entries = new ShardEntryMeters(Long.toString(shardId), registry);
    meters.addAll(entries.all());
    shards.put(shardId, meters);
    return entries;
  }

  public void removeShard(long shardId) {
    List<Meter> meters = shards.remove(shardId);
    if (meters != null) {
      meters.forEach(registry::remove);
    }
  }

  @Override
  public void close() {
    registry.close();
  }

  /** A replica's statistics, asked for once in a scrape, not once for each metric. */
  private static final class Figures {
    private static final long FRESH_NANOS = 200_000_000;

    private final ShardReplica replica;
    private @Nullable ReplicaStatistics known;
    private long knownNanos;

    Figures(ShardReplica replica) {
      this.replica = replica;
    }

    synchronized ReplicaStatistics statistics() {
      ReplicaStatistics statistics = known;
      if (statistics == null || System.nanoTime() - knownNanos > FRESH_NANOS) {
        statistics = replica.statistics();
        known = statistics;
        knownNanos = System.nanoTime();
      }
      return statistics;
    }
  }

  private final class ShardMeters {
    private final String shard;
    private final Figures figures;
    private final List<Meter> meters;

    ShardMeters(long shardId, Figures figures, List<Meter> meters) {
      this.shard = Long.toString(shardId);
      this.figures = figures;
      this.meters = meters;
    }

    void counter(Metric metric, String kind, ToDoubleFunction<Figures> value) {
      meters.add(
          FunctionCounter.builder(metric.id(), figures, value)
              .description(metric.description())
              .tag("shard", shard)
              .tag("kind", kind)
              .register(registry));
    }

    void counter(Metric metric, ToDoubleFunction<Figures> value) {
      meters.add(
          FunctionCounter.builder(metric.id(), figures, value)
              .description(metric.description())
              .tag("shard", shard)
              .register(registry));
    }

    void gauge(Metric metric, ToDoubleFunction<Figures> value) {
      meters.add(
          Gauge.builder(metric.id(), figures, value)
              .description(metric.description())
              .tag("shard", shard)
              .strongReference(true)
              .register(registry));
    }
  }
}
