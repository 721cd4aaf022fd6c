package io.henge.server.copies;

import io.henge.replication.statemachine.CopyWork;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Goes round the rows of sources that wait for a worker, a page at a time, and begins with those
 * that are neither under way nor put off after a failure. Thread-safe; one call of {@link #begin}
 * at a time.
 */
final class Rounds<R extends CopyWork.Pending> {
  private static final byte[] START = new byte[0];

  private final int underWayMax;
  private final int page;
  private final CopyClock clock;

  // Guarded by this.
  private final Attempts attempts = new Attempts();
  private byte[] after = START;
  private boolean closed;

  /**
   * Begins at the first row.
   *
   * @param underWayMax sources that are under way at the same time
   * @param page rows that are read at once
   */
  Rounds(int underWayMax, int page, CopyClock clock) {
    this.underWayMax = underWayMax;
    this.page = page;
    this.clock = clock;
  }

  /**
   * What one call has come to.
   *
   * @param begun rows that are under way now, in order
   * @param any whether any row waits, be it under way
   */
  record Round<R>(List<R> begun, boolean any) {}

  /**
   * Reads the next page, unless enough is under way, and begins with what is in it.
   *
   * @param reader gives the rows behind a position, at most a page of them
   */
  Round<R> begin(Function<byte[], List<R>> reader) {
    byte[] from;
    synchronized (this) {
      if (closed || attempts.count() >= underWayMax) {
        return new Round<>(List.of(), true);
      }
      from = after;
    }
    List<R> found = reader.apply(from);
    List<R> begun = new ArrayList<>();
    synchronized (this) {
      after = START;
      for (R row : found) {
        if (closed || attempts.count() >= underWayMax) {
          break;
        }
        if (attempts.begin(row.source(), clock.nanoTime())) {
          begun.add(row);
        }
        if (found.size() == page) {
          after = row.row();
        }
      }
    }
    return new Round<>(begun, !found.isEmpty() || from.length > 0);
  }

  /** Nothing is to be done about it any more. */
  synchronized void succeeded(R row) {
    attempts.succeeded(row.source());
  }

  /** It is not begun with again for a while. */
  synchronized void failed(R row) {
    attempts.failed(row.source(), clock.nanoTime());
  }

  /** Begins with nothing any more. */
  synchronized void close() {
    closed = true;
  }

  synchronized boolean isClosed() {
    return closed;
  }
}
