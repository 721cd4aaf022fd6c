package io.henge.server.node;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Reads and writes per second of each replica, over the last half minute. Thread-safe. */
final class LoadRates {
  private static final long WINDOW_NANOS = 30_000_000_000L;
  private static final long STEP_NANOS = 1_000_000_000L;

  /** Shorter than this, a rate says nothing. */
  private static final long LEAST_NANOS = 500_000_000L;

  /**
   * Rates of a replica.
   *
   * @param reads per second
   * @param writes per second
   */
  record Rates(double reads, double writes) {
    static final Rates NONE = new Rates(0, 0);
  }

  private record Sample(long nanos, long reads, long writes) {}

  private final Map<Long, Deque<Sample>> samples = new HashMap<>();

  /** Takes the counters of a replica, and tells the rates. */
  synchronized Rates take(long shardId, long nanos, long reads, long writes) {
    Deque<Sample> known = samples.computeIfAbsent(shardId, id -> new ArrayDeque<>());
    Sample last = known.peekLast();
    if (last != null && (reads < last.reads() || writes < last.writes())) {
      // Another replica of the same shard.
      known.clear();
      last = null;
    }
    if (last == null || nanos - last.nanos() >= STEP_NANOS) {
      known.addLast(new Sample(nanos, reads, writes));
    }
    while (known.size() > 1 && nanos - known.getFirst().nanos() > WINDOW_NANOS) {
      known.removeFirst();
    }
    Sample first = known.getFirst();
    long span = nanos - first.nanos();
    if (span < LEAST_NANOS) {
      return Rates.NONE;
    }
    double seconds = span / 1e9;
    return new Rates((reads - first.reads()) / seconds, (writes - first.writes()) / seconds);
  }

  /** Forgets all others. */
  synchronized void keep(Set<Long> shardIds) {
    samples.keySet().retainAll(shardIds);
  }
}
