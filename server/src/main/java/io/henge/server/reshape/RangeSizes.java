package io.henge.server.reshape;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.replication.statemachine.Spaces;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes parts of a shard have, with what is derived from its documents. A small shard's
 * rows are counted: a store estimates by blocks and by samples of what is in memory, which says
 * nothing of a few hundred rows. A large shard's are estimated. Not thread-safe.
 */
final class RangeSizes {
  /** More than that is not counted, but estimated. */
  private static final long COUNTED_BYTES_MAX = 4 << 20;

  private static final int COUNTED_ROWS_MAX = 20_000;

  private final ShardStore store;
  private final @Nullable Counted counted;

  /** A row of any space. */
  private record Row(byte[] key, int bytes) {}

  /**
   * Rows in order.
   *
   * @param before bytes of all rows before that of the same position, and at the end of all
   */
  private record Counted(List<byte[]> keys, List<Long> before) {
    static Counted of(List<Row> rows) {
      List<byte[]> keys = new ArrayList<>(rows.size());
      List<Long> before = new ArrayList<>(rows.size() + 1);
      long bytes = 0;
      for (Row row : rows) {
        keys.add(row.key());
        before.add(bytes);
        bytes += row.bytes();
      }
      before.add(bytes);
      return new Counted(keys, before);
    }

    long bytesBefore(byte[] key) {
      int low = 0;
      int high = keys.size();
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (Arrays.compareUnsigned(keys.get(middle), key) < 0) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return before.get(low);
    }

    long all() {
      return before.get(keys.size());
    }
  }

  /**
   * Sizes of what is between two keys.
   *
   * @param end exclusive; empty = no end
   */
  RangeSizes(ShardStore store, byte[] start, byte[] end) {
    this.store = store;
    this.counted = count(store, start, end);
  }

  private static @Nullable Counted count(ShardStore store, byte[] start, byte[] end) {
    List<Row> rows = new ArrayList<>();
    long bytes = 0;
    try (ReadView view = store.snapshot()) {
      for (KeySpace space : Spaces.IN_RING_ORDER) {
        try (RowCursor cursor = view.scan(space, start, end, false)) {
          while (cursor.next()) {
            if (bytes > COUNTED_BYTES_MAX || rows.size() == COUNTED_ROWS_MAX) {
              return null;
            }
            byte[] key = cursor.key();
            int size = key.length + cursor.value().length;
            rows.add(new Row(key, size));
            bytes += size;
          }
        }
      }
    }
    rows.sort((a, b) -> Arrays.compareUnsigned(a.key(), b.key()));
    return Counted.of(rows);
  }

  /** Bytes of the rows from one key up to another, which is exclusive; empty = to the end. */
  long bytes(byte[] from, byte[] to) {
    if (counted == null) {
      return Spaces.approximateBytes(store, from, to);
    }
    long upTo = to.length == 0 ? counted.all() : counted.bytesBefore(to);
    return Math.max(0, upTo - counted.bytesBefore(from));
  }
}
