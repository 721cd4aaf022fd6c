package io.henge.replication.statemachine;

import io.henge.api.changes.ChangePart;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a page of changes from a consistent view. Everything comes from the view, the shard's range
 * and version too: so a page is of one state, which has all changes up to its version, and it does
 * not matter whether the shard has been divided, or its store replaced, since.
 *
 * <p>Damaged rows are a {@link HengeException} CORRUPTION.
 */
public final class ChangeReader {
  /** Most bytes of rows that a page looks at. */
  private static final long LOOKED_BYTES_MAX = 8 << 20;

  private static final byte[] OWN_ROWS = {(byte) 0xFF};

  private final ReadView view;
  private final ChangeQuery query;
  private final ShardDescription shard;
  private final SystemRows.Clock clock;
  private final ChangeSieve sieve;

  private ChangeReader(ReadView view, ChangeQuery query, ShardDescription shard) {
    this.view = view;
    this.query = query;
    this.shard = shard;
    this.clock = SystemRows.clock(view);
    this.sieve = query.sieves().get();
  }

  /**
   * Reads a page.
   *
   * @param view a snapshot
   * @throws HengeException WRONG_SHARD if the first part does not begin in the shard's range,
   *     NOT_FOUND if what comes next has been deleted already, UNAVAILABLE if there is no shard yet
   */
  public static ChangePage read(ReadView view, ChangeQuery query) {
    ShardDescription shard = SystemRows.shard(view);
    if (shard == null) {
      throw new HengeException(ErrorCode.UNAVAILABLE, "the replica has no state yet");
    }
    if (!shard.contains(query.parts().get(0).start())) {
      throw new HengeException(
          ErrorCode.WRONG_SHARD,
          "the part begins beyond shard " + shard.shardId() + " at epoch " + shard.epoch());
    }
    return new ChangeReader(view, query, shard).read();
  }

  /** Version of the oldest change that is there; 0 = there is none. */
  public static long oldest(ReadView view) {
    try (RowCursor cursor = view.scan(KeySpace.CHANGES, new byte[0], OWN_ROWS, false)) {
      return cursor.next() ? ByteBuffer.wrap(cursor.key()).getLong() : 0;
    }
  }

  /**
   * Version up to which a leader may have changes deleted; 0 = nothing.
   *
   * @param retainFrom smallest version that is not too old
   * @param bytesMax bytes that may be kept
   */
  public static long trimmable(ReadView view, long retainFrom, long bytesMax) {
    return ChangeHistory.trimmable(view, retainFrom, bytesMax);
  }

  private ChangePage read() {
    List<ChangePart> parts = clipped();
    ChangePart last = query.parts().get(query.parts().size() - 1);
    boolean whole = Arrays.equals(parts.get(parts.size() - 1).end(), last.end());
    if (query.now()) {
      return page(List.of(), List.of(), advanced(parts, reached()), true, whole);
    }
    return parts.get(0).isScan() ? scanned(parts.get(0), whole) : changed(parts, whole);
  }

  /** Cut to the shard's range. */
  private List<ChangePart> clipped() {
    List<ChangePart> parts = new ArrayList<>(query.parts().size());
    for (ChangePart part : query.parts()) {
      ChangePart cut = new ChangePart(part.start(), shard.earlierEnd(part.end()), part.from());
      if (cut.isEmpty()) {
        break;
      }
      parts.add(cut);
    }
    return parts;
  }

  /**
   * Behind everything that is there: the next change has a higher version, and none below the
   * shard's time.
   */
  private byte[] reached() {
    return ChangePart.behind(Math.max(clock.version(), (clock.timeMillis() << 16) - 1));
  }

  private static List<ChangePart> advanced(List<ChangePart> parts, byte[] position) {
    List<ChangePart> further = new ArrayList<>(parts.size());
    for (ChangePart part : parts) {
      ChangePart next =
          part.isScan()
              ? new ChangePart(part.start(), part.end(), position)
              : part.advancedTo(position);
      ChangePart before = further.isEmpty() ? null : further.get(further.size() - 1);
      if (before != null && Arrays.equals(before.from(), next.from())) {
        further.set(further.size() - 1, new ChangePart(before.start(), next.end(), next.from()));
      } else {
        further.add(next);
      }
    }
    return further;
  }

  // ---- Documents that are there ----

  private ChangePage scanned(ChangePart part, boolean whole) {
    ItemPage items =
        ItemReader.range(
            view,
            shard,
            part.start(),
            part.end(),
            false,
            query.rowsMax(),
            query.bytesMax(),
            new RowSieve() {
              @Override
              public boolean keeps(StoredItem item) {
                return sieve.keeps(item);
              }

              @Override
              public boolean isTired() {
                return sieve.isTired();
              }
            });
    byte[] last = items.last();
    if (!items.more() || last == null) {
      return page(List.of(), items.items(), advanced(List.of(part), reached()), true, whole);
    }
    byte[] next = Arrays.copyOf(last, last.length + 1);
    List<ChangePart> parts =
        List.of(new ChangePart(part.start(), next, reached()), ChangePart.scan(next, part.end()));
    return page(List.of(), items.items(), parts, false, whole);
  }

  // ---- Changes ----

  private ChangePage changed(List<ChangePart> parts, boolean whole) {
    requireHistory(parts);
    byte[] from = parts.get(0).from();
    for (ChangePart part : parts) {
      from = Arrays.compareUnsigned(part.from(), from) < 0 ? part.from() : from;
    }
    List<ChangeRow> changes = new ArrayList<>();
    long bytes = 0;
    long looked = 0;
    byte[] last = null;
    try (RowCursor cursor = view.scan(KeySpace.CHANGES, from, OWN_ROWS, false)) {
      while (cursor.next()) {
        if (changes.size() >= query.rowsMax() || sieve.isTired() || looked > LOOKED_BYTES_MAX) {
          return page(changes, List.of(), advanced(parts, behind(last)), false, whole);
        }
        byte[] rowKey = cursor.key();
        byte[] row = cursor.value();
        looked += row.length + rowKey.length;
        if (isWanted(parts, rowKey)) {
          ChangeRow change = ChangeRow.decode(rowKey, row);
          if (sieve.keeps(change)) {
            bytes += row.length + rowKey.length;
            if (bytes > query.bytesMax() && !changes.isEmpty()) {
              return page(changes, List.of(), advanced(parts, behind(last)), false, whole);
            }
            changes.add(change);
          }
        }
        last = rowKey;
      }
    }
    return page(changes, List.of(), advanced(parts, reached()), true, whole);
  }

  private static byte[] behind(byte @Nullable [] rowKey) {
    return rowKey == null ? new byte[Long.BYTES] : Arrays.copyOf(rowKey, rowKey.length + 1);
  }

  private boolean isWanted(List<ChangePart> parts, byte[] rowKey) {
    byte[] key = ChangeRow.physicalKey(rowKey);
    for (ChangePart part : parts) {
      if (part.contains(key)) {
        return Arrays.compareUnsigned(rowKey, part.from()) >= 0;
      }
    }
    return false;
  }

  private void requireHistory(List<ChangePart> parts) {
    long floor =
        Math.max(ChangeHistory.floor(view), ChangeHistory.since(view, query.collectionId()));
    for (ChangePart part : parts) {
      if (part.nextVersion() <= floor) {
        throw new HengeException(
            ErrorCode.NOT_FOUND,
            "the history is gone: shard "
                + shard.shardId()
                + " keeps changes from "
                + Instant.ofEpochMilli(floor >>> 16)
                + " on, asked for are those from "
                + Instant.ofEpochMilli(part.nextVersion() >>> 16)
                + " on; watch from the start, which shows all documents again, or from now");
      }
    }
  }

  private ChangePage page(
      List<ChangeRow> changes,
      List<StoredItem> present,
      List<ChangePart> parts,
      boolean atEnd,
      boolean whole) {
    return new ChangePage(
        changes, present, parts, atEnd, whole, shard.epoch(), clock.version(), clock.timeMillis());
  }
}
