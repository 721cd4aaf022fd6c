package io.henge.replication.shard;

import io.henge.replication.statemachine.DerivedState;
import io.henge.replication.statemachine.ShardState;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * When a leader goes on with building or dropping indexes and rules: an entry an interval while
 * nothing else waits, and one in five intervals else. Of whoever pumps.
 */
final class FillPace {
  /** So many intervals pass while there are writes. */
  private static final int BUSY = 5;

  private final LongSupplier nanoTime;

  /**
   * An entry of a fill takes some milliseconds of apply: the interval leaves most of the time to
   * others.
   */
  private final ReplicaPace pace;

  private boolean begun;
  private long lastNanos;

  FillPace(LongSupplier nanoTime, ReplicaPace pace) {
    this.nanoTime = nanoTime;
    this.pace = pace;
  }

  /** What to go on with now or later; null if there is nothing to do. */
  static @Nullable DerivedState work(ShardState state) {
    return state.reshaping().isFrozen() || state.reshaping().isAbsorbing()
        ? null
        : state.derived().filling();
  }

  /**
   * How long to wait with the next entry; 0 = none.
   *
   * @param busy whether writes wait
   */
  long waitNanos(boolean busy) {
    if (!begun) {
      return 0;
    }
    long interval = TimeUnit.MILLISECONDS.toNanos(pace.fillIntervalMillis()) * (busy ? BUSY : 1);
    return Math.max(0, interval - (nanoTime.getAsLong() - lastNanos));
  }

  /** An entry is proposed. */
  void goesOn() {
    begun = true;
    lastNanos = nanoTime.getAsLong();
  }
}
