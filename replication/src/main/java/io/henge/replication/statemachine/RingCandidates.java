package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.document.codec.ByteReader;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What an index leaves of a part of the ring, family by family: rows of an index lie within their
 * families, so each family is looked for, and its part of the index in it. Families without any row
 * of INDEX have no documents in an index and are not met. Of one reader thread.
 */
final class RingCandidates implements AutoCloseable {
  private final IndexRange range;
  private final int collectionId;
  private final byte[] first;
  private final byte[] end;
  private final RowCursor cursor;
  private boolean begun;
  private boolean valid;
  private int moves;

  /**
   * A family that was met.
   *
   * @param prefix token, sharding key and its end
   * @param keys of candidates within the part of the ring, in order; null if there are too many
   */
  record Family(byte[] prefix, @Nullable List<byte[]> keys) {
    /** What all of its keys lie before, and all of the next family behind. */
    byte[] end() {
      return PhysicalKey.endOfPrefix(prefix);
    }
  }

  /**
   * At the beginning.
   *
   * @param range of no family: its spans are what rows have behind a family
   * @param first inclusive; may lie within a family
   * @param end exclusive; empty = the end of the ring
   */
  RingCandidates(ReadView view, IndexRange range, int collectionId, byte[] first, byte[] end) {
    this.range = range;
    this.collectionId = collectionId;
    this.first = first;
    this.end = end;
    byte[] of = family(first);
    byte[] last = family(end);
    this.cursor =
        view.scan(
            KeySpace.INDEX,
            of == null ? first : of,
            last == null ? end : PhysicalKey.endOfPrefix(last),
            false);
  }

  /** How often the cursor has been moved, to another row or place. */
  int moves() {
    return moves;
  }

  /** The next family that has rows of INDEX, whether or not it has candidates; null at the end. */
  @Nullable Family next() {
    if (!begun) {
      begun = true;
      moves++;
      valid = cursor.next();
    }
    if (!valid) {
      return null;
    }
    byte[] prefix = family(cursor.key());
    if (prefix == null) {
      throw new ByteReader("index row", cursor.key()).damaged("its sharding key does not end");
    }
    TreeSet<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
    boolean crowded = !collect(prefix, keys);
    if (isWithin(prefix)) {
      seek(PhysicalKey.endOfPrefix(prefix));
    }
    return new Family(prefix, crowded ? null : new ArrayList<>(keys));
  }

  /** False if the family has too many rows. */
  private boolean collect(byte[] prefix, Set<byte[]> keys) {
    List<IndexRange.Span> spans = range.spans();
    int valuesAt = prefix.length + Integer.BYTES;
    int rows = 0;
    int at = 0;
    // Each round moves the cursor: so many values, of which few are there, cost nothing.
    while (isWithin(prefix)) {
      byte[] row = cursor.key();
      byte[] behind = Arrays.copyOfRange(row, prefix.length, row.length);
      at = firstNotBefore(spans, at, behind);
      if (at == spans.size()) {
        return true;
      }
      if (Arrays.compareUnsigned(behind, spans.get(at).from()) < 0) {
        seek(IndexRange.join(prefix, spans.get(at).from()));
        continue;
      }
      rows++;
      if (rows > FindPlanner.CANDIDATES_MAX) {
        return false;
      }
      byte[] key = range.index().documentKey(row, valuesAt, collectionId);
      if (Arrays.compareUnsigned(key, first) >= 0
          && (end.length == 0 || Arrays.compareUnsigned(key, end) < 0)) {
        keys.add(key);
      }
      moves++;
      valid = cursor.next();
    }
    return true;
  }

  /** The first span that does not end before a place, from one on. */
  private static int firstNotBefore(List<IndexRange.Span> spans, int from, byte[] place) {
    int low = from;
    int high = spans.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(spans.get(middle).to(), place) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private void seek(byte[] key) {
    moves++;
    valid = cursor.seek(key);
  }

  private boolean isWithin(byte[] prefix) {
    if (!valid) {
      return false;
    }
    byte[] row = cursor.key();
    return row.length >= prefix.length
        && Arrays.equals(row, 0, prefix.length, prefix, 0, prefix.length);
  }

  /** What the keys of a key's family begin with; null if a key is a place between families. */
  private static byte @Nullable [] family(byte[] key) {
    if (key.length <= PhysicalKey.TOKEN_BYTES) {
      return null;
    }
    int at = PhysicalKey.endOfShardingKey(key);
    return at < 0 ? null : Arrays.copyOf(key, at + 1);
  }

  @Override
  public void close() {
    cursor.close();
  }
}
