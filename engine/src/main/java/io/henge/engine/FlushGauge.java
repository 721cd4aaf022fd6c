package io.henge.engine;

import java.util.OptionalLong;
import java.util.function.LongSupplier;

/**
 * What a replica has written since the position that it recorded as durable: the figures of {@link
 * Flushable}. The applying thread counts its writes; whoever flushes takes a {@link #mark} before
 * and says {@link #flushed} after. Thread-safe.
 */
public final class FlushGauge {
  /**
   * A point between two writes.
   *
   * @param written bytes written before it, since the gauge was made
   * @param atNanos when it was taken
   */
  public record Mark(long written, long atNanos) {}

  private final LongSupplier nanoClock;
  private long written;
  private long durable;
  private long dirtySinceNanos;

  /**
   * A gauge at zero.
   *
   * @param nanoClock the flush scheduler's clock
   */
  public FlushGauge(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /** Counts a write; one without bytes counts as one byte, since it has to be flushed too. */
  public synchronized void wrote(long bytes) {
    if (written == durable) {
      dirtySinceNanos = nanoClock.getAsLong();
    }
    written += Math.max(1, bytes);
  }

  public synchronized Mark mark() {
    return new Mark(written, nanoClock.getAsLong());
  }

  /** Everything written before the mark is durable. */
  public synchronized void flushed(Mark mark) {
    if (mark.written > durable) {
      durable = mark.written;
      // The first write after the mark is not known exactly; it was not earlier.
      dirtySinceNanos = mark.atNanos;
    }
  }

  /** Everything was replaced by content that is durable. */
  public synchronized void reset() {
    durable = written;
  }

  public synchronized long unflushedBytes() {
    return written - durable;
  }

  public synchronized OptionalLong dirtySinceNanos() {
    return written == durable ? OptionalLong.empty() : OptionalLong.of(dirtySinceNanos);
  }
}
