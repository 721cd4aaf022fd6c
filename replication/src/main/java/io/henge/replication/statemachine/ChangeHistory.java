package io.henge.replication.statemachine;

import io.henge.document.codec.ByteReader;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.WriteRows;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a shard knows of its rows of CHANGES: from where on they are there, and how many bytes they
 * have. Kept in rows of the same key space, behind all changes, so that they go wherever those go:
 *
 * <pre>
 *   FF 'f'                  format (1 byte: 1), floor (8): changes up to this version are gone
 *   FF 'm', version (8)     format, bytes (8) of the rows from this version up to the next mark
 *   FF 's', collection (4)  format, version (8): changes of the collection are kept from behind it
 * </pre>
 *
 * Of the applying thread, but for {@link #bytes} and {@link #lastChange}.
 */
final class ChangeHistory {
  /** A mark stands for about so many bytes: so precisely they can be counted down. */
  static final long MARK_BYTES = 4 << 20;

  private static final byte FORMAT = 1;
  private static final byte OWN = (byte) 0xFF;
  private static final byte[] END = {};
  private static final byte[] FLOOR = {OWN, 'f'};
  private static final byte MARK = 'm';
  private static final byte SINCE = 's';

  private final NavigableMap<Long, Long> marks = new TreeMap<>();
  private final TreeSet<Long> changedMarks = new TreeSet<>();
  private long floor;
  private volatile long bytes;
  private volatile long lastChange;

  /** Whether a row of CHANGES is one of these rows instead of a change. */
  static boolean isOwn(byte[] rowKey) {
    return rowKey.length > 0 && rowKey[0] == OWN;
  }

  /** Bytes of all changes, about. From any thread. */
  long bytes() {
    return bytes;
  }

  /** No change has a higher version. From any thread. */
  long lastChange() {
    return lastChange;
  }

  /** Replaces everything by what the rows say. */
  void load(ReadView view, long version) {
    marks.clear();
    changedMarks.clear();
    floor = floor(view);
    long sum = 0;
    try (RowCursor cursor =
        view.scan(KeySpace.CHANGES, new byte[] {OWN, MARK}, new byte[] {OWN, MARK + 1}, false)) {
      while (cursor.next()) {
        long count = number(cursor.value());
        marks.put((long) BigEndian.LONG.get(cursor.key(), 2), count);
        sum += count;
      }
    }
    bytes = sum;
    // There may be some up to here.
    lastChange = version;
  }

  /** Version up to which changes are gone. */
  static long floor(ReadView view) {
    return number(view.get(KeySpace.CHANGES, FLOOR));
  }

  /** Version from behind which the changes of a collection are kept. */
  static long since(ReadView view, int collectionId) {
    return number(view.get(KeySpace.CHANGES, sinceKey(collectionId)));
  }

  private static long number(byte @Nullable [] row) {
    if (row == null) {
      return 0;
    }
    ByteReader in = new ByteReader("row about changes", row);
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged("format " + format + ", known is " + FORMAT);
    }
    long number = in.fixed64();
    in.end();
    return number;
  }

  private static byte[] row(long number) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(FORMAT).putLong(number).array();
  }

  private static byte[] sinceKey(int collectionId) {
    return ByteBuffer.allocate(2 + Integer.BYTES).put(OWN).put(SINCE).putInt(collectionId).array();
  }

  private static byte[] markKey(long version) {
    return ByteBuffer.allocate(2 + Long.BYTES).put(OWN).put(MARK).putLong(version).array();
  }

  /**
   * Notes from when on changes are kept: of a collection that has been written to without, from now
   * on. One that the shard has not known before had no writes here.
   */
  void follow(WriteRows rows, ShardState before, ShardState after) {
    if (before.catalogue() == after.catalogue()) {
      return;
    }
    for (CollectionInfo info : after.catalogue().infos()) {
      CollectionInfo known = before.collection(info.id());
      if (isKept(info) && known != null && !isKept(known)) {
        rows.put(KeySpace.CHANGES, sinceKey(info.id()), row(after.version()));
      }
    }
  }

  private static boolean isKept(CollectionInfo info) {
    CollectionInfo.Documents documents = info.documents();
    return documents != null && documents.changes() != null;
  }

  /** Counts a row that the entry writes. */
  void add(byte[] rowKey, byte[] row) {
    long version = ChangeRow.version(rowKey);
    long size = (long) rowKey.length + row.length;
    Map.Entry<Long, Long> last = marks.lastEntry();
    Map.Entry<Long, Long> mark = marks.floorEntry(version);
    if (mark == null || (mark.getKey().equals(last.getKey()) && isFull(mark, version))) {
      marks.put(version, size);
      changedMarks.add(version);
    } else {
      marks.put(mark.getKey(), mark.getValue() + size);
      changedMarks.add(mark.getKey());
    }
    long counted = bytes;
    bytes = counted + size;
    lastChange = Math.max(lastChange, version);
  }

  private static boolean isFull(Map.Entry<Long, Long> mark, long version) {
    return mark.getValue() >= MARK_BYTES && version > mark.getKey();
  }

  /** Puts the marks that have changed. */
  void write(WriteRows rows) {
    if (changedMarks.isEmpty()) {
      return;
    }
    for (long version : changedMarks) {
      Long count = marks.get(version);
      if (count != null) {
        rows.put(KeySpace.CHANGES, markKey(version), row(count));
      }
    }
    changedMarks.clear();
  }

  /**
   * Deletes the changes up to a version.
   *
   * @return whether there was anything to do
   */
  boolean trim(WriteRows rows, long version) {
    if (version <= floor) {
      return false;
    }
    byte[] from = ByteBuffer.allocate(Long.BYTES).putLong(floor).array();
    byte[] to = ByteBuffer.allocate(Long.BYTES).putLong(version + 1).array();
    rows.deleteRange(KeySpace.CHANGES, floor == 0 ? END : from, to);
    raiseFloor(rows, version);
    // The mark that the cut lies in goes on standing for all of its bytes.
    while (marks.size() > 1 && marks.higherKey(marks.firstKey()) - 1 <= version) {
      drop(rows, marks.firstEntry());
    }
    if (marks.size() == 1 && version >= lastChange) {
      drop(rows, marks.firstEntry());
    }
    return true;
  }

  private void drop(WriteRows rows, Map.Entry<Long, Long> mark) {
    marks.remove(mark.getKey());
    changedMarks.remove(mark.getKey());
    rows.delete(KeySpace.CHANGES, markKey(mark.getKey()));
    long counted = bytes;
    bytes = counted - mark.getValue();
  }

  private void raiseFloor(WriteRows rows, long version) {
    floor = version;
    rows.put(KeySpace.CHANGES, FLOOR, row(version));
  }

  /**
   * Takes a row of a neighbour: a change beside the others; of what is known about them the larger.
   * Marks are made anew.
   */
  void absorb(WriteRows rows, EntryReads reads, RawRow row) {
    byte[] key = row.key();
    if (!isOwn(key)) {
      if (ChangeRow.version(key) > floor && reads.get(KeySpace.CHANGES, key) == null) {
        rows.put(KeySpace.CHANGES, key, row.value());
        add(key, row.value());
      }
    } else if (Arrays.equals(key, FLOOR)) {
      if (number(row.value()) > floor) {
        trim(rows, number(row.value()));
      }
    } else if (key.length > 1 && key[1] == SINCE) {
      if (number(row.value()) > number(reads.get(KeySpace.CHANGES, key))) {
        rows.put(KeySpace.CHANGES, key, row.value());
      }
    }
  }

  /** Whether a merge copies a row: those out of range are left over, marks are made anew. */
  static boolean isCopied(ShardDescription shard, byte[] rowKey) {
    return isOwn(rowKey)
        ? rowKey.length > 1 && rowKey[1] != MARK
        : shard.contains(ChangeRow.physicalKey(rowKey));
  }

  /** Whether a row is one that a neighbour can have. */
  static boolean isReadable(RawRow row) {
    byte[] key = row.key();
    if (!isOwn(key)) {
      if (key.length <= Long.BYTES) {
        return false;
      }
      ChangeRow.decode(key, row.value());
      return true;
    }
    boolean known =
        Arrays.equals(key, FLOOR)
            || (key.length == 2 + Long.BYTES && key[1] == MARK)
            || (key.length == 2 + Integer.BYTES && key[1] == SINCE);
    if (known) {
      number(row.value());
    }
    return known;
  }

  /**
   * Version up to which a leader may have changes deleted: those that are older than the retention,
   * and of the rest what is over the bytes; 0 = nothing.
   *
   * @param retainFrom smallest version that is not too old
   * @param bytesMax bytes that may be kept
   */
  static long trimmable(ReadView view, long retainFrom, long bytesMax) {
    long kept = floor(view);
    long result = 0;
    // Not up to a version that nothing has: a watcher of a quiet shard may be there.
    try (RowCursor last =
        view.scan(
            KeySpace.CHANGES, firstAfter(kept), firstAfter(Math.max(retainFrom - 1, kept)), true)) {
      if (last.next()) {
        result = ChangeRow.version(last.key());
      }
    }
    NavigableMap<Long, Long> counts = new TreeMap<>();
    long sum = 0;
    try (RowCursor cursor =
        view.scan(KeySpace.CHANGES, new byte[] {OWN, MARK}, new byte[] {OWN, MARK + 1}, false)) {
      while (cursor.next()) {
        long count = number(cursor.value());
        counts.put((long) BigEndian.LONG.get(cursor.key(), 2), count);
        sum += count;
      }
    }
    while (sum > bytesMax && counts.size() > 1) {
      Map.Entry<Long, Long> oldest = counts.pollFirstEntry();
      sum -= oldest == null ? 0 : oldest.getValue();
      result = Math.max(result, counts.firstKey() - 1);
    }
    return result;
  }

  private static byte[] firstAfter(long version) {
    return ByteBuffer.allocate(Long.BYTES).putLong(version + 1).array();
  }
}
