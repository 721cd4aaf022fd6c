package io.henge.server.node;

import io.henge.api.internal.v1.NodeReport;
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

  Reports(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  void take(NodeReport report) {
    heard.put(report.getStatus().getNode().getNodeId(), new Heard(report, nanoClock.getAsLong()));
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
    return last == null
        ? Long.MAX_VALUE
        : Math.max(0, (nanoClock.getAsLong() - last.nanos()) / 1_000_000);
  }
}
