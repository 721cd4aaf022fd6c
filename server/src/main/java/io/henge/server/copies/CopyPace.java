package io.henge.server.copies;

import java.util.function.LongSupplier;

/**
 * How fast a node changes holders on other shards. What has been changed is paid for afterwards:
 * how much a message changes is known only then. Thread-safe.
 */
public final class CopyPace {
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final LongSupplier nanoTime;
  private long perSecond;

  /** When what was changed so far is paid for. */
  private long paidAt;

  /**
   * @param perSecond holders
   */
  public CopyPace(LongSupplier nanoTime, long perSecond) {
    this.nanoTime = nanoTime;
    this.perSecond = perSecond;
    this.paidAt = nanoTime.getAsLong();
  }

  /** From now on. */
  public synchronized void limitTo(long newPerSecond) {
    perSecond = Math.max(1, newPerSecond);
  }

  synchronized void spent(int holders) {
    long now = nanoTime.getAsLong();
    if (paidAt - now < 0) {
      paidAt = now;
    }
    paidAt += holders * (SECOND_NANOS / perSecond);
  }

  /** Milliseconds to wait before the next message; 0 = none. */
  synchronized long waitMillis() {
    long nanos = paidAt - nanoTime.getAsLong();
    return nanos <= 0 ? 0 : (nanos + 999_999) / 1_000_000;
  }
}
