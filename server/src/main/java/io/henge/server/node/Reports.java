package io.henge.server.node;

import io.henge.api.internal.v1.NodeReport;
import io.henge.api.internal.v1.ShardReport;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What nodes last reported, on the meta leader. Thread-safe. */
final class Reports {
  /** A report and when it came. */
  record Heard(NodeReport report, long nanos) {}

  private final LongSupplier nanoClock;
  private final Map<String, Heard> heard = new ConcurrentHashMap<>();

  /** By shard: when a leader of it last told of it. */
  private final Map<Long, Long> ledNanos = new ConcurrentHashMap<>();

  Reports(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  void take(NodeReport report) {
    long now = nanoClock.getAsLong();
    heard.put(report.getStatus().getNode().getNodeId(), new Heard(report, now));
    for (ShardReport shard : report.getShardsList()) {
      if (shard.getReplica().getRole().equals(NodeReporter.LEADER)) {
        ledNanos.put(shard.getShardId(), now);
      }
    }
  }

  @Nullable Heard of(String nodeId) {
    return heard.get(nodeId);
  }

  Map<String, Heard> all() {
    return Map.copyOf(heard);
  }

  /** Milliseconds since the last report; Long.MAX_VALUE = never heard of. */
  long ageMillis(String nodeId) {
    Heard last = heard.get(nodeId);
    return last == null ? Long.MAX_VALUE : millisSince(last.nanos());
  }

  /** Milliseconds since a leader last told of a shard; Long.MAX_VALUE = none ever has. */
  long leaderAgeMillis(long shardId) {
    Long last = ledNanos.get(shardId);
    return last == null ? Long.MAX_VALUE : millisSince(last);
  }

  private long millisSince(long nanos) {
    return Math.max(0, (nanoClock.getAsLong() - nanos) / 1_000_000);
  }
}
