package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import io.henge.engine.WriteRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Rows of the derived key spaces (all but SYSTEM, DATA, EXPIRY and REQUESTS) as they are after what
 * an entry has changed so far: the {@link Overlay} of rows, beside that of items. Ordered, so that
 * a scan sees the rows of earlier commands between those of the store. As in the overlay, what a
 * command changes is kept or taken back as a whole. An entry that changes no derived row costs
 * nothing. Of the applying thread.
 */
final class DerivedRows {
  /** Stands for a deleted row, by identity. */
  private static final byte[] DELETED = new byte[0];

  private final EntryReads reads;
  private final Map<KeySpace, NavigableMap<byte[], byte[]>> changed = new EnumMap<>(KeySpace.class);

  /**
   * Bytes of all rows that were put or deleted since {@link #clear}, also by what was taken back.
   */
  private long putBytes;

  /** What the current command has changed, in order. */
  private final List<Undo> undo = new ArrayList<>();

  /**
   * A row as it was laid over the store.
   *
   * @param before null if it was not
   */
  private record Undo(NavigableMap<byte[], byte[]> rows, byte[] key, byte @Nullable [] before) {}

  DerivedRows(EntryReads reads) {
    this.reads = reads;
  }

  /** The row's value; null if there is none. */
  @SuppressWarnings("ReferenceEquality") // DELETED is known by identity
  byte @Nullable [] get(KeySpace space, byte[] key) {
    NavigableMap<byte[], byte[]> rows = changed.get(space);
    byte[] row = rows == null ? null : rows.get(key);
    if (row == null) {
      return reads.get(space, key);
    }
    return row == DELETED ? null : row;
  }

  /** Sets a row. Arrays are not copied. */
  void put(KeySpace space, byte[] key, byte[] value) {
    set(space, key, value);
  }

  void delete(KeySpace space, byte[] key) {
    set(space, key, DELETED);
  }

  private void set(KeySpace space, byte[] key, byte[] row) {
    NavigableMap<byte[], byte[]> rows =
        changed.computeIfAbsent(space, any -> new TreeMap<>(Arrays::compareUnsigned));
    undo.add(new Undo(rows, key, rows.put(key, row)));
    putBytes += key.length + row.length;
  }

  /** Bytes of all rows that were put or deleted since {@link #clear}. */
  long putBytes() {
    return putBytes;
  }

  /**
   * A cursor over {@code from} (inclusive) to {@code to} (exclusive; empty = end of the key space),
   * before its first row; backward ones begin at the end. Rows may be changed while it is open: it
   * sees those changes that are still ahead of it. To be closed before the entry is over.
   */
  RowCursor scan(KeySpace space, byte[] from, byte[] to, boolean reverse) {
    RowCursor stored = reads.view().scan(space, from, to, reverse);
    NavigableMap<byte[], byte[]> rows = changed.get(space);
    return rows == null ? stored : new Merged(stored, rows, from, to, reverse);
  }

  /**
   * The first row of a range; the last one if {@code reverse}. Null if there is none.
   *
   * @param to exclusive; empty = end of the key space
   */
  @Nullable RawRow seek(KeySpace space, byte[] from, byte[] to, boolean reverse) {
    try (RowCursor cursor = scan(space, from, to, reverse)) {
      return cursor.next() ? new RawRow(space, cursor.key(), cursor.value()) : null;
    }
  }

  /** Keeps what the command has changed. */
  void commit() {
    undo.clear();
  }

  /** Takes back what the command has changed. */
  void rollBack() {
    for (int i = undo.size() - 1; i >= 0; i--) {
      Undo change = undo.get(i);
      byte[] before = change.before();
      if (before == null) {
        change.rows().remove(change.key());
      } else {
        change.rows().put(change.key(), before);
      }
    }
    undo.clear();
  }

  /** Shows all rows of a space that were put, in order. */
  @SuppressWarnings("ReferenceEquality") // DELETED is known by identity
  void forEachPut(KeySpace space, BiConsumer<byte[], byte[]> visitor) {
    NavigableMap<byte[], byte[]> rows = changed.get(space);
    if (rows != null) {
      rows.forEach(
          (key, row) -> {
            if (row != DELETED) {
              visitor.accept(key, row);
            }
          });
    }
  }

  /** Puts all changed rows into a batch. */
  @SuppressWarnings("ReferenceEquality") // DELETED is known by identity
  void write(WriteRows batch) {
    if (changed.isEmpty()) {
      return;
    }
    changed.forEach(
        (space, rows) ->
            rows.forEach(
                (key, row) -> {
                  if (row == DELETED) {
                    batch.delete(space, key);
                  } else {
                    batch.put(space, key, row);
                  }
                }));
  }

  /** Forgets everything, for the next entry. */
  void clear() {
    putBytes = 0;
    if (!changed.isEmpty()) {
      changed.clear();
      undo.clear();
    }
  }

  /** Walks over the store and what is laid over it, side by side. */
  private static final class Merged implements RowCursor {
    private final RowCursor stored;
    private final NavigableMap<byte[], byte[]> rows;
    private final byte[] from;
    private final byte[] to;
    private final boolean reverse;

    /** Whether {@link #stored} stands on a row that has not been given out. */
    private boolean storedReady;

    private boolean storedOver;
    private byte @Nullable [] key;
    private byte @Nullable [] value;

    Merged(
        RowCursor stored,
        NavigableMap<byte[], byte[]> rows,
        byte[] from,
        byte[] to,
        boolean reverse) {
      this.stored = stored;
      this.rows = rows;
      this.from = from;
      this.to = to;
      this.reverse = reverse;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // DELETED is known by identity
    public boolean next() {
      while (true) {
        if (!storedReady && !storedOver) {
          storedReady = stored.next();
          storedOver = !storedReady;
        }
        Map.Entry<byte[], byte[]> over = overlaid();
        if (over == null && !storedReady) {
          return false;
        }
        int order =
            over == null
                ? 1
                : !storedReady ? -1 : Arrays.compareUnsigned(over.getKey(), stored.key());
        if (reverse && over != null && storedReady) {
          order = -order;
        }
        if (order > 0 || over == null) {
          key = stored.key();
          value = stored.value();
          storedReady = false;
          return true;
        }
        if (order == 0) {
          storedReady = false;
        }
        key = over.getKey();
        value = over.getValue();
        if (value != DELETED) {
          return true;
        }
      }
    }

    /** Row by row: apply looks for first rows with scans of their own. */
    @Override
    public boolean seek(byte[] wanted) {
      if (reverse) {
        throw new IllegalStateException("only a cursor that goes forwards can seek");
      }
      while (next()) {
        if (Arrays.compareUnsigned(key(), wanted) >= 0) {
          return true;
        }
      }
      return false;
    }

    /** The next one laid over the store, behind the current row. */
    private Map.@Nullable Entry<byte[], byte[]> overlaid() {
      byte[] last = key;
      Map.Entry<byte[], byte[]> found;
      if (reverse) {
        found =
            last != null
                ? rows.lowerEntry(last)
                : to.length == 0 ? rows.lastEntry() : rows.lowerEntry(to);
        return found != null && Arrays.compareUnsigned(found.getKey(), from) >= 0 ? found : null;
      }
      found = last != null ? rows.higherEntry(last) : rows.ceilingEntry(from);
      return found != null && (to.length == 0 || Arrays.compareUnsigned(found.getKey(), to) < 0)
          ? found
          : null;
    }

    @Override
    public byte[] key() {
      byte[] current = key;
      if (current == null) {
        throw new IllegalStateException("before the first row");
      }
      return current;
    }

    @Override
    public byte[] value() {
      byte[] current = value;
      if (current == null) {
        throw new IllegalStateException("before the first row");
      }
      return current;
    }

    @Override
    public void close() {
      stored.close();
    }
  }
}
