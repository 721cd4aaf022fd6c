package io.henge.server.copies;

import io.henge.replication.statemachine.SourceKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Which sources are being dealt with, and which have to wait after a failure: each longer than
 * before, up to a second. What waits is in the rows; this only says when to look at them again.
 * Guarded by its owner.
 */
final class Attempts {
  private static final long FIRST_MILLIS = 20;
  private static final long LAST_MILLIS = 1_000;

  /** Failures that are kept; of more than that some are tried again too soon. */
  private static final int FAILED_MAX = 4_096;

  private record Pause(long untilNanos, long millis) {}

  private final Set<SourceKey> underWay = new HashSet<>();
  private final Map<SourceKey, Pause> paused = new HashMap<>();

  int count() {
    return underWay.size();
  }

  /** Begins with a source, unless it is under way or has to wait. */
  boolean begin(SourceKey source, long nowNanos) {
    Pause pause = paused.get(source);
    return (pause == null || pause.untilNanos() - nowNanos <= 0) && underWay.add(source);
  }

  void succeeded(SourceKey source) {
    underWay.remove(source);
    paused.remove(source);
  }

  void failed(SourceKey source, long nowNanos) {
    underWay.remove(source);
    Pause before = paused.get(source);
    long millis = before == null ? FIRST_MILLIS : Math.min(LAST_MILLIS, 2 * before.millis());
    if (paused.size() >= FAILED_MAX) {
      paused.clear();
    }
    paused.put(source, new Pause(nowNanos + millis * 1_000_000, millis));
  }
}
