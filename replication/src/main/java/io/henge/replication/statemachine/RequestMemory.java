package io.henge.replication.statemachine;

import io.henge.api.item.RequestId;
import io.henge.document.codec.ByteReader;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.WriteRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of each write, until its not-after time is past: what makes a retry take effect once.
 *
 * <p>One row for each log entry, {@code shard id (8) | log index (8)} (unique for ever, so that a
 * merge is a union), and in memory an index of where to look. A request is remembered exactly as
 * long as its own not-after time is not before the shard's time, whatever else is in its row: so
 * forgetting does not depend on how writes were gathered in entries. Rows are deleted later, at
 * most {@link #ROWS_MAX} an entry. Of the applying thread, but for {@link #bytes} and {@link
 * #nextForgetting}.
 */
final class RequestMemory {
  /** Most rows deleted in one entry; every entry adds at most one. */
  static final int ROWS_MAX = 256;

  private static final byte[] ALL = new byte[0];
  private static final int INDEX_BITS = 48;
  private static final long INDEX_MASK = (1L << INDEX_BITS) - 1;

  private final EntryReads reads;
  private final RequestIndex index = new RequestIndex();
  private final RequestBlock.Builder block = new RequestBlock.Builder();
  private final LongQueue dead = new LongQueue();

  /** Shards that rows come from: this one, and those it was split from or merged with. */
  private final List<Long> origins = new ArrayList<>();

  /** Of the entry that is being applied. */
  private long entryRef;

  private long entryNotAfterMax;
  private final List<RequestBlock.Remembered> entryRequests = new ArrayList<>();
  private volatile boolean deadRows;

  /** Of the look-up under way. */
  private RequestBlock.@Nullable Remembered found;

  RequestMemory(EntryReads reads) {
    this.reads = reads;
  }

  /** Rebuilds the index from the rows. */
  void load(ReadView view, long timeMillis) {
    index.clear();
    dead.clear();
    origins.clear();
    try (RowCursor cursor = view.scan(KeySpace.REQUESTS, ALL, ALL, false)) {
      while (cursor.next()) {
        ByteReader key = new ByteReader("key of remembered requests", cursor.key());
        long ref = ref(key.fixed64(), key.fixed64());
        key.end();
        long[] notAfterMax = {Long.MIN_VALUE};
        RequestBlock.visit(
            cursor.value(),
            (id, notAfterMillis, token) -> {
              index.add(id, notAfterMillis, ref);
              notAfterMax[0] = Math.max(notAfterMax[0], notAfterMillis);
            });
        index.addRow(ref, notAfterMax[0]);
      }
    }
    index.forget(timeMillis, this::bury);
    deadRows = !dead.isEmpty();
  }

  /** Begins an entry, at the shard's time and after its last version before it. */
  void begin(long shardId, long logIndex, long timeMillis, long version) {
    entryRef = ref(shardId, logIndex);
    entryNotAfterMax = Long.MIN_VALUE;
    entryRequests.clear();
    block.begin(timeMillis, version);
  }

  /** What became of a request, or null if it is not remembered. */
  RequestBlock.@Nullable Remembered find(RequestId id, long timeMillis) {
    found = null;
    index.find(id, ref -> !lookUp(ref, id));
    RequestBlock.Remembered result = found;
    found = null;
    return result == null || result.notAfterMillis() < timeMillis ? null : result;
  }

  private boolean lookUp(long ref, RequestId id) {
    if (ref == entryRef) {
      for (int i = 0; i < entryRequests.size(); i++) {
        if (entryRequests.get(i).id().equals(id)) {
          found = entryRequests.get(i);
          return true;
        }
      }
      return false;
    }
    byte[] row = reads.get(KeySpace.REQUESTS, key(ref));
    if (row == null) {
      throw new IllegalStateException("a row of remembered requests is missing");
    }
    found = RequestBlock.find(row, id);
    return found != null;
  }

  void remember(RequestId id, long notAfterMillis, long token, WriteOutcome outcome) {
    index.add(id, notAfterMillis, entryRef);
    entryRequests.add(new RequestBlock.Remembered(id, notAfterMillis, token, outcome));
    entryNotAfterMax = Math.max(entryNotAfterMax, notAfterMillis);
    block.add(id, notAfterMillis, token, outcome);
  }

  /**
   * Remembers the requests of a row that another shard has written, unless the row is here already
   * (both had a common ancestor) or all in it is past.
   */
  void absorb(WriteRows rows, RawRow row, long timeMillis) {
    if (reads.get(KeySpace.REQUESTS, row.key()) != null) {
      return;
    }
    long[] notAfterMax = {Long.MIN_VALUE};
    RequestBlock.visit(
        row.value(),
        (id, notAfterMillis, token) -> notAfterMax[0] = Math.max(notAfterMax[0], notAfterMillis));
    if (notAfterMax[0] < timeMillis) {
      return;
    }
    rows.put(KeySpace.REQUESTS, row.key(), row.value());
    ByteReader key = new ByteReader("key of remembered requests", row.key());
    long ref = ref(key.fixed64(), key.fixed64());
    RequestBlock.visit(
        row.value(), (id, notAfterMillis, token) -> index.add(id, notAfterMillis, ref));
    index.addRow(ref, notAfterMax[0]);
  }

  /** Forgets what is past at a time. */
  void forget(long timeMillis) {
    index.forget(timeMillis, this::bury);
  }

  /**
   * In the order of their keys: rows of a neighbour have come late, but after a restart they would
   * be found in that order, and replicas must delete the same ones with each entry.
   */
  private void bury(long[] refs, int count) {
    boolean inOrder = true;
    for (int i = 1; i < count && inOrder; i++) {
      inOrder = compare(refs[i - 1], refs[i]) < 0;
    }
    if (inOrder) {
      for (int i = 0; i < count; i++) {
        dead.add(refs[i]);
      }
    } else {
      Arrays.stream(refs, 0, count).boxed().sorted(this::compare).forEach(dead::add);
    }
  }

  private int compare(long ref, long other) {
    int order = Long.compareUnsigned(origin(ref), origin(other));
    return order != 0 ? order : Long.compare(ref & INDEX_MASK, other & INDEX_MASK);
  }

  private long origin(long ref) {
    return origins.get((int) (ref >>> INDEX_BITS));
  }

  /**
   * Puts the entry's row, and the deletion of rows that are past, into a batch.
   *
   * @param deletePast false while nothing may change
   */
  void write(WriteRows rows, boolean deletePast) {
    if (!block.isEmpty()) {
      rows.put(KeySpace.REQUESTS, key(entryRef), block.row());
      index.addRow(entryRef, entryNotAfterMax);
    }
    for (int i = 0; deletePast && i < ROWS_MAX && !dead.isEmpty(); i++) {
      rows.delete(KeySpace.REQUESTS, key(dead.remove()));
    }
    deadRows = !dead.isEmpty();
    entryRequests.clear();
  }

  long bytes() {
    return index.bytes();
  }

  /** Shard time at which an entry would find something to forget; 0 = now. */
  long nextForgetting() {
    return deadRows ? 0 : index.nextForgetting();
  }

  private long ref(long shardId, long logIndex) {
    int origin = origins.indexOf(shardId);
    if (origin < 0) {
      origin = origins.size();
      origins.add(shardId);
    }
    if ((logIndex & ~INDEX_MASK) != 0 || origin >>> (Long.SIZE - INDEX_BITS) != 0) {
      throw new IllegalStateException("log index " + logIndex + " of origin " + origin);
    }
    return (long) origin << INDEX_BITS | logIndex;
  }

  private byte[] key(long ref) {
    byte[] key = new byte[2 * Long.BYTES];
    BigEndian.LONG.set(key, 0, origin(ref));
    BigEndian.LONG.set(key, Long.BYTES, ref & INDEX_MASK);
    return key;
  }
}
