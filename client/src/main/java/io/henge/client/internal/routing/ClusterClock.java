package io.henge.client.internal.routing;

import java.util.function.LongSupplier;

/**
 * What the cluster's clocks say, from the last map and the time that has passed since: writes count
 * their not-after time from it, so that a client's own clock may be as wrong as it likes.
 */
public final class ClusterClock {
  private static final long NANOS_PER_MILLI = 1_000_000;

  private record Reading(long millis, long nanos) {}

  private final LongSupplier nanoTime;
  private volatile Reading reading;

  public ClusterClock(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.reading = new Reading(System.currentTimeMillis(), nanoTime.getAsLong());
  }

  /** Milliseconds since 1970 in the cluster's time, as far as it is known. */
  public long millis() {
    Reading last = reading;
    return last.millis + (nanoTime.getAsLong() - last.nanos) / NANOS_PER_MILLI;
  }

  /** A node's clock. It replaces the estimate, so that no strange clock is believed for ever. */
  public void set(long clockMillis) {
    if (clockMillis > 0) {
      reading = new Reading(clockMillis, nanoTime.getAsLong());
    }
  }

  /** A shard's replicated time, which lags behind clocks: it can only raise the estimate. */
  public void raise(long shardTimeMillis) {
    if (shardTimeMillis > millis()) {
      set(shardTimeMillis);
    }
  }
}
