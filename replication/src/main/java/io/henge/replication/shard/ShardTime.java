package io.henge.replication.shard;

import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time that a leader writes into entries. It never falls, and jumps ahead by more than {@link
 * #JUMP_MILLIS_MAX} only to where the clocks of a majority of nodes are: items expire by it, and
 * what one wrong clock has deleted would be gone. Else it runs on from where it is, at the speed of
 * the monotonic clock. Not thread-safe.
 */
final class ShardTime {
  static final long JUMP_MILLIS_MAX = 5_000;
  private static final Logger LOG = LoggerFactory.getLogger(ShardTime.class);

  private final ClusterClock clock;
  private final LongSupplier nanoTime;
  private long lastMillis;
  private long lastNanos;
  private boolean refusing;

  ShardTime(ClusterClock clock, LongSupplier nanoTime) {
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.lastNanos = nanoTime.getAsLong();
  }

  /** Whether the last answer stayed behind this node's clock, for want of a majority. */
  boolean isRefusing() {
    return refusing;
  }

  /**
   * The time for an entry that is proposed now.
   *
   * @param shardMillis the shard's time: what has been replicated
   */
  long millis(long shardMillis) {
    long now = nanoTime.getAsLong();
    if (shardMillis > lastMillis) {
      lastMillis = shardMillis;
      lastNanos = now;
    }
    long expected = lastMillis + (now - lastNanos) / 1_000_000;
    long candidate = clock.millis();
    // A shard without a time has nothing yet that a wrong one could expire; but what is written
    // with a time to live before it has one would expire as soon as it gets one.
    if (shardMillis > 0
        && candidate > expected + JUMP_MILLIS_MAX
        && !clock.majorityReached(candidate)) {
      if (!refusing) {
        refusing = true;
        LOG.warn(
            "the clock is {} ms ahead of the shard's time and most nodes do not agree: not followed",
            candidate - expected);
      }
      return expected;
    }
    refusing = false;
    if (candidate > lastMillis) {
      lastMillis = candidate;
      lastNanos = now;
    }
    return lastMillis;
  }
}
