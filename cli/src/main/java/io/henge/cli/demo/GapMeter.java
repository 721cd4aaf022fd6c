package io.henge.cli.demo;

import java.util.concurrent.TimeUnit;

/** The longest time without a success, as seen by several threads. Thread-safe. */
final class GapMeter {
  private long last;
  private long longest;
  private long count;

  GapMeter(long nowNanos) {
    last = nowNanos;
  }

  /** Notes a success. */
  synchronized void success(long nowNanos) {
    longest = Math.max(longest, nowNanos - last);
    last = Math.max(last, nowNanos);
    count++;
  }

  /** Forgets what has been measured and starts anew at the last success. */
  synchronized void restart() {
    longest = 0;
    count = 0;
  }

  synchronized long count() {
    return count;
  }

  /** The longest gap so far, the one that still goes on included. */
  synchronized long longestMillis(long nowNanos) {
    return TimeUnit.NANOSECONDS.toMillis(Math.max(longest, nowNanos - last));
  }
}
