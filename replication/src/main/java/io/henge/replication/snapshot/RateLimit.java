package io.henge.replication.snapshot;

import java.util.function.LongSupplier;

/**
 * A budget of bytes per second that all transfers of a node share. Thread-safe. Whoever takes bytes
 * is told how long to wait before sending them, so that a burst is never longer than one chunk.
 */
final class RateLimit {
  private static final double NANOS = 1e9;
  private static final int LEAST_BYTES = 4 << 10;
  private static final int PARTS = 16;

  private final LongSupplier nanoTime;
  private long bytesPerSecond;
  private long freeAt;

  /**
   * @param bytesPerSecond 0 = no limit
   */
  RateLimit(long bytesPerSecond, LongSupplier nanoTime) {
    this.bytesPerSecond = bytesPerSecond;
    this.nanoTime = nanoTime;
    this.freeAt = nanoTime.getAsLong();
  }

  /** From now on; what waits already waits as long as it was told. */
  synchronized void set(long newBytesPerSecond) {
    bytesPerSecond = newBytesPerSecond;
  }

  /**
   * As many bytes as to take at once: at least {@value #LEAST_BYTES}, at most so many that {@value
   * #PARTS} streams together do not wait much longer than a second for their turns, so that none
   * looks broken.
   */
  synchronized int portion(int most) {
    return bytesPerSecond <= 0
        ? most
        : (int) Math.max(Math.min(LEAST_BYTES, most), Math.min(most, bytesPerSecond / PARTS));
  }

  /** Takes bytes; nanoseconds to wait before they may be sent. */
  synchronized long take(int bytes) {
    if (bytesPerSecond <= 0) {
      return 0;
    }
    long now = nanoTime.getAsLong();
    if (freeAt - now < 0) {
      freeAt = now;
    }
    long wait = freeAt - now;
    freeAt += (long) (bytes * (NANOS / bytesPerSecond));
    return wait;
  }
}
