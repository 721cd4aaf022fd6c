package io.henge.replication.snapshot;

import java.util.function.LongSupplier;

/**
 * A budget of bytes per second that all transfers of a node share. Thread-safe. Whoever takes bytes
 * is told how long to wait before sending them, so that a burst is never longer than one chunk.
 */
final class RateLimit {
  private static final double NANOS = 1e9;

  private final double nanosPerByte;
  private final LongSupplier nanoTime;
  private long freeAt;

  /**
   * @param bytesPerSecond 0 = no limit
   */
  RateLimit(long bytesPerSecond, LongSupplier nanoTime) {
    this.nanosPerByte = bytesPerSecond <= 0 ? 0 : NANOS / bytesPerSecond;
    this.nanoTime = nanoTime;
    this.freeAt = nanoTime.getAsLong();
  }

  /** Takes bytes; nanoseconds to wait before they may be sent. */
  synchronized long take(int bytes) {
    if (nanosPerByte == 0) {
      return 0;
    }
    long now = nanoTime.getAsLong();
    if (freeAt - now < 0) {
      freeAt = now;
    }
    long wait = freeAt - now;
    freeAt += (long) (bytes * nanosPerByte);
    return wait;
  }
}
