package io.henge.replication.shard;

/** A monotonic and a wall clock that stand still until they are moved. */
final class ManualClock {
  private long nanos = 1_000_000_000L;
  private long wallMillis = 1_700_000_000_000L;

  long nanoTime() {
    return nanos;
  }

  long wallMillis() {
    return wallMillis;
  }

  void advance(long millis) {
    nanos += millis * 1_000_000;
    wallMillis += millis;
  }

  /** The machine is suspended and its monotonic clock with it. */
  void suspend(long millis) {
    wallMillis += millis;
  }

  void advanceWall(long millis) {
    wallMillis += millis;
  }

  void setNanos(long nanos) {
    this.nanos = nanos;
  }
}
