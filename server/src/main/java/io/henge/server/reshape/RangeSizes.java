package io.henge.server.reshape;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many bytes parts of a shard have. A small shard's rows are counted: a store estimates by
 * blocks and by samples of what is in memory, which says nothing of a few hundred rows. A large
 * shard's are estimated. Not thread-safe.
 */
final class RangeSizes {
  /** More than that is not counted, but estimated. */
  private static final long COUNTED_BYTES_MAX = 4 << 20;

  private static final int COUNTED_ROWS_MAX = 20_000;

  private final ShardStore store;
  private final @Nullable Counted counted;

  /**
   * Rows in order.
   *
   * @param before bytes of all rows before that of the same position, and at the end of all
   */
  private record Counted(List<byte[]> keys, List<Long> before) {
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
    List<byte[]> keys = new ArrayList<>();
    List<Long> before = new ArrayList<>();
    long bytes = 0;
    try (ReadView view = store.snapshot();
        RowCursor rows = view.scan(KeySpace.DATA, start, end, false)) {
      while (rows.next()) {
        if (bytes > COUNTED_BYTES_MAX || keys.size() == COUNTED_ROWS_MAX) {
          return null;
        }
        keys.add(rows.key().clone());
        before.add(bytes);
        bytes += rows.key().length + rows.value().length;
      }
    }
    before.add(bytes);
    return new Counted(keys, before);
  }

  /** Bytes of the rows from one key up to another, which is exclusive; empty = to the end. */
  long bytes(byte[] from, byte[] to) {
    if (counted == null) {
      return store.approximateBytes(KeySpace.DATA, from, to);
    }
    long upTo = to.length == 0 ? counted.all() : counted.bytesBefore(to);
    return Math.max(0, upTo - counted.bytesBefore(from));
  }
}
