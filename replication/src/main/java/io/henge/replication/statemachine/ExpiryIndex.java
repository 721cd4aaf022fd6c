package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.Arrays;

/**
 * The rows of {@link KeySpace#EXPIRY}: expiry (8 bytes, big endian), physical key; without a value.
 * There is exactly one for each item that has an expiry, and all of them lie after the shard's
 * time. Of the applying thread, but for {@link #next}.
 */
final class ExpiryIndex {
  /**
   * Most items that expire in one entry: what bounds the time that its apply takes. Those that
   * something is derived from count more ({@link Derivation#expire}).
   */
  static final int SWEEP_MAX = 1000;

  static final byte[] ROW = new byte[0];
  private static final byte[] END = new byte[0];

  /** No item expires before it; exact after a sweep. */
  private volatile long next = Long.MAX_VALUE;

  /** Whether rows may lie before the shard's time: see {@link #isOverdue}. */
  private boolean overdue;

  static byte[] key(long expiresAtMillis, byte[] key) {
    byte[] row = new byte[Long.BYTES + key.length];
    BigEndian.LONG.set(row, 0, expiresAtMillis);
    System.arraycopy(key, 0, row, Long.BYTES, key.length);
    return row;
  }

  long next() {
    return next;
  }

  /**
   * Whether documents of the neighbour that is being absorbed were due and have been left: what is
   * derived from them may not have come yet. As soon as their range is the shard's, a sweep begins
   * with them. They are the one exception to what the class says of rows and time.
   */
  boolean isOverdue() {
    return overdue;
  }

  /** Notes that there is such a document. */
  void leave() {
    overdue = true;
  }

  /** The neighbour's range is the shard's, or its rows are deleted. */
  void absorbed() {
    if (overdue) {
      next = 0;
    }
  }

  void load(ReadView view, long timeMillis, boolean absorbing) {
    next = Long.MAX_VALUE;
    overdue = SystemRows.isOverdue(view);
    if (overdue && !absorbing) {
      next = 0;
      return;
    }
    try (RowCursor cursor = view.scan(KeySpace.EXPIRY, from(timeMillis), END, false)) {
      if (cursor.next()) {
        next = (long) BigEndian.LONG.get(cursor.key(), 0);
      }
    }
  }

  void added(long expiresAtMillis) {
    if (expiresAtMillis < next) {
      next = expiresAtMillis;
    }
  }

  /**
   * Deletes what is due.
   *
   * @param fromMillis the shard's time
   * @param toMillis the time it is to reach
   * @return the time it may have: {@code toMillis}, or less if more was due than one entry sweeps
   */
  long sweep(EntryReads reads, Derivation derivation, long fromMillis, long toMillis) {
    if (toMillis < next) {
      return toMillis;
    }
    boolean all = overdue && !derivation.shard().reshaping().isAbsorbing();
    if (all) {
      overdue = false;
    }
    long reached = delete(reads, derivation, fromMillis, all ? 0 : fromMillis, toMillis);
    if (all && next <= fromMillis) {
      // More of them than one entry sweeps.
      overdue = true;
    }
    derivation.deriveSwept();
    return reached;
  }

  private long delete(
      EntryReads reads, Derivation derivation, long fromMillis, long firstMillis, long toMillis) {
    int swept = 0;
    // Rows before the shard's time are gone: starting there spares walking over their tombstones.
    try (RowCursor cursor = reads.view().scan(KeySpace.EXPIRY, from(firstMillis), END, false)) {
      while (cursor.next()) {
        byte[] row = cursor.key();
        long due = (long) BigEndian.LONG.get(row, 0);
        if (due > toMillis) {
          next = due;
          return toMillis;
        }
        if (swept >= SWEEP_MAX) {
          next = due;
          return Math.max(fromMillis, due - 1);
        }
        byte[] key = Arrays.copyOfRange(row, Long.BYTES, row.length);
        if (derivation.isLeft(key)) {
          leave();
          swept++;
        } else {
          swept += derivation.expire(key, due);
        }
      }
    }
    next = Long.MAX_VALUE;
    return toMillis;
  }

  private static byte[] from(long timeMillis) {
    return key(timeMillis, END);
  }
}
