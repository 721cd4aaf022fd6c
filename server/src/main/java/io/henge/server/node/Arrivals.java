package io.henge.server.node;

import io.henge.api.internal.v1.ShardReport;
import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import io.henge.replication.snapshot.SnapshotSource;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** How far the snapshots are that this node is fetching. Thread-safe. */
public final class Arrivals {
  private static final class Arrival {
    final AtomicLong done = new AtomicLong();
    volatile long total;
  }

  private final Map<Long, Arrival> byShard = new ConcurrentHashMap<>();

  /** The same source, looked at from here. */
  public SnapshotSource watched(SnapshotSource source) {
    return (group, nodeId, directory, progress) ->
        fetch(source, group, nodeId, directory, progress);
  }

  private CompletableFuture<LogPosition> fetch(
      SnapshotSource source,
      GroupId group,
      String nodeId,
      Path directory,
      SnapshotSource.Progress progress) {
    Arrival arrival = new Arrival();
    byShard.put(group.shard(), arrival);
    return source
        .fetch(
            group,
            nodeId,
            directory,
            (done, total) -> {
              arrival.total = total;
              // Several streams report: the sum they name only rises, but may come in any order.
              arrival.done.accumulateAndGet(done, Math::max);
              progress.update(done, total);
            })
        .whenComplete((position, failure) -> byShard.remove(group.shard(), arrival));
  }

  /** Adds what is known of a shard's snapshot, if one is on its way. */
  void addTo(ShardReport.Builder report) {
    Arrival arrival = byShard.get(report.getShardId());
    if (arrival != null) {
      report.setReceivingBytes(arrival.done.get()).setReceivingBytesTotal(arrival.total);
    }
  }
}
