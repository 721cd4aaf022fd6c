package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import io.henge.engine.WriteRows;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Divides and joins the rows of copies that are a shard's own. What a shard is registered for never
 * goes beyond its range when it is joined with another one: of what it has lost, others may have
 * ended the registration. Of the applying thread.
 */
final class FollowMerge {
  /** First byte of a position in these rows: none of the expiry index begins so. */
  private static final byte MARK = (byte) 0xFF;

  private static final byte[] END = new byte[0];

  private FollowMerge() {}

  // ---- Joining ----

  /** Puts a row of the neighbour beside those of the shard. */
  static void put(EntryReads reads, WriteRows rows, RawRow row, ShardDescription neighbour) {
    byte[] here = reads.get(row.space(), row.key());
    switch (row.space()) {
      case HOLDERS -> {
        if (neighbour.contains(FollowRows.holderKey(row.key()))) {
          rows.put(row.space(), row.key(), row.value());
        }
      }
      case OUTBOX -> {
        // The older one: so long it has waited.
        boolean older = here == null || FollowRows.number(row.value()) < FollowRows.number(here);
        if (older) {
          rows.put(row.space(), row.key(), row.value());
        }
      }
      case KNOWN -> rows.put(row.space(), row.key(), joined(here, row.value(), neighbour));
      default -> throw new IllegalStateException("not of copies: " + row.space());
    }
  }

  private static byte[] joined(byte @Nullable [] here, byte[] there, ShardDescription neighbour) {
    FollowRows.Known theirs = FollowRows.Known.decode(there);
    RingRange clipped = clipped(theirs.range(), neighbour);
    if (here == null) {
      return theirs.withRange(clipped).encode();
    }
    FollowRows.Known ours = FollowRows.Known.decode(here);
    FollowRows.Known newer = ours.version() >= theirs.version() ? ours : theirs;
    RingRange range = ours.range();
    if (range == null) {
      range = clipped;
    } else if (clipped != null && range.touches(clipped)) {
      range = range.join(clipped);
    }
    return newer.withRange(range).encode();
  }

  private static @Nullable RingRange clipped(@Nullable RingRange range, ShardDescription shard) {
    return range == null ? null : range.common(RingRange.of(shard));
  }

  /** Fails with CORRUPTION if apply could not read a row. */
  static void read(RawRow row) {
    switch (row.space()) {
      case HOLDERS -> {
        FollowRows.holderKey(row.key());
        FollowRows.checkHolder(row.value());
      }
      case OUTBOX -> FollowRows.number(row.value());
      case KNOWN -> FollowRows.Known.decode(row.value());
      default -> {}
    }
  }

  // ---- Trimming ----

  /** Whether a trim has got to these rows. */
  static boolean isPosition(byte[] position) {
    return position.length > 0 && position[0] == MARK;
  }

  /**
   * Takes away what is out of range, behind a position.
   *
   * @param position {@link #isPosition}, or anything else for the beginning
   * @param seenMax rows that may be looked at
   * @return where to go on; null when nothing is left
   */
  static byte @Nullable [] trim(
      EntryReads reads, WriteRows rows, ShardDescription shard, byte[] position, int seenMax) {
    boolean begun = isPosition(position);
    int seen = 0;
    for (KeySpace space : new KeySpace[] {KeySpace.HOLDERS, KeySpace.KNOWN}) {
      boolean here = begun && position[1] == space.code();
      if (begun && !here && position[1] > space.code()) {
        continue;
      }
      byte[] from = here ? Arrays.copyOfRange(position, 2, position.length) : END;
      byte[] last = from;
      try (RowCursor cursor = reads.view().scan(space, from, END, false)) {
        while (cursor.next()) {
          if (seen++ == seenMax) {
            return at(space, last);
          }
          last = cursor.key();
          trim(rows, shard, space, last, cursor.value());
        }
      }
    }
    return null;
  }

  private static void trim(
      WriteRows rows, ShardDescription shard, KeySpace space, byte[] key, byte[] value) {
    if (space == KeySpace.HOLDERS) {
      if (!shard.contains(FollowRows.holderKey(key))) {
        rows.delete(space, key);
      }
      return;
    }
    FollowRows.Known known = FollowRows.Known.decode(value);
    RingRange clipped = clipped(known.range(), shard);
    if (known.range() != null && !known.range().equals(clipped)) {
      rows.put(space, key, known.withRange(clipped).encode());
    }
  }

  private static byte[] at(KeySpace space, byte[] key) {
    byte[] position = new byte[2 + key.length];
    position[0] = MARK;
    position[1] = space.code();
    System.arraycopy(key, 0, position, 2, key.length);
    return position;
  }
}
