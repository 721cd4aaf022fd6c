package io.henge.server.reshape;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.ShardDescription;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Where to cut a shard: the middle of its bytes, at a token. If one sharding key has most of them,
 * inside its item collection, provided that all collections with rows there are divisible. Reads
 * {@linkplain RangeSizes sizes}, and a few rows. Blocks; not thread-safe.
 */
final class SplitPoint {
  /** Of all bytes that the smaller half should have at least, for a cut to be worth it. */
  private static final double LEAST_PART = 0.1;

  /** Fewer than this cannot be told apart from nothing. */
  private static final long BYTES_MIN = 1;

  private final ShardStore store;
  private final IntFunction<@Nullable CollectionInfo> collections;
  private final ShardDescription range;
  private final RangeSizes sizes;

  /**
   * The cut of a shard.
   *
   * @param collections a collection by id, as the shard knows it; null if it does not
   */
  SplitPoint(
      ShardStore store, IntFunction<@Nullable CollectionInfo> collections, ShardDescription range) {
    this.store = store;
    this.collections = collections;
    this.range = range;
    this.sizes = new RangeSizes(store, range.start(), range.end());
  }

  /**
   * The middle.
   *
   * @return a physical key inside the range
   * @throws HengeException CONDITION_FAILED with the reason if there is no sensible cut
   */
  byte[] middle() {
    long all = bytes(range.start(), range.end());
    if (all < BYTES_MIN) {
      return middleOfTokens();
    }
    // The first token before which there is at least half.
    long low = PhysicalKey.token(range.start());
    long high = range.end().length == 0 ? -1 : PhysicalKey.token(range.end());
    while (Long.compareUnsigned(low, high) < 0) {
      long middle = low + Long.divideUnsigned(high - low, 2);
      if (bytesBefore(key(middle)) * 2 < all) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    byte[] above = key(low);
    byte[] below = key(low - 1);
    byte[] best = better(above, better(below, null, all), all);
    if (best != null && part(best, all) >= LEAST_PART) {
      return best;
    }
    byte[] inside = insideOf(low - 1, all);
    if (inside != null) {
      return inside;
    }
    if (best != null && part(best, all) > 0) {
      return best;
    }
    throw refused("there is no token between its keys");
  }

  private HengeException refused(String why) {
    return new HengeException(
        ErrorCode.CONDITION_FAILED, "shard " + range.shardId() + " cannot be cut: " + why);
  }

  /** Of an empty shard: the middle of its ring positions. */
  private byte[] middleOfTokens() {
    long low = PhysicalKey.token(range.start());
    long high = range.end().length == 0 ? -1 : PhysicalKey.token(range.end());
    byte[] middle = key(low + Long.divideUnsigned(high - low, 2));
    if (!isInside(middle)) {
      throw refused("it is empty, and no token lies inside its range");
    }
    return middle;
  }

  private static byte[] key(long token) {
    return ByteBuffer.allocate(Long.BYTES).putLong(token).array();
  }

  private boolean isInside(byte[] key) {
    return Arrays.compareUnsigned(key, range.start()) > 0 && range.contains(key);
  }

  private byte @Nullable [] better(byte[] one, byte @Nullable [] other, long all) {
    if (!isInside(one)) {
      return other;
    }
    return other == null || part(one, all) > part(other, all) ? one : other;
  }

  /** Of all bytes, what the smaller half has. */
  private double part(byte[] cut, long all) {
    long before = bytesBefore(cut);
    return Math.max(0, Math.min(before, all - before)) / (double) all;
  }

  private long bytesBefore(byte[] key) {
    return isInside(key) ? bytes(range.start(), key) : isBefore(key) ? 0 : Long.MAX_VALUE / 4;
  }

  private boolean isBefore(byte[] key) {
    return Arrays.compareUnsigned(key, range.start()) <= 0;
  }

  private long bytes(byte[] from, byte[] to) {
    return sizes.bytes(from, to);
  }

  // ---- Inside one token ----

  /** A cut inside the rows of a token that has most of the bytes. */
  private byte @Nullable [] insideOf(long token, long all) {
    byte[] from = isBefore(key(token)) ? range.start() : key(token);
    byte[] to = token == -1 ? range.end() : key(token + 1);
    if (range.end().length != 0 && (to.length == 0 || !range.contains(to))) {
      to = range.end();
    }
    try (ReadView view = store.snapshot()) {
      byte[] first = row(view, from, to, false);
      byte[] last = row(view, from, to, true);
      if (first == null || last == null || Arrays.equals(first, last)) {
        return null;
      }
      byte[] cut = halving(view, first, last, to, all);
      if (cut == null || !isInside(cut)) {
        return null;
      }
      byte[] boundary = boundaryOf(cut);
      if (isInside(boundary) && part(boundary, all) >= LEAST_PART) {
        // Another sharding key with the same token begins near there.
        return boundary;
      }
      requireDivisible(view, boundary);
      return cut;
    }
  }

  private static byte @Nullable [] row(ReadView view, byte[] from, byte[] to, boolean last) {
    try (RowCursor rows = view.scan(KeySpace.DATA, from, to, last)) {
      return rows.next() ? rows.key().clone() : null;
    }
  }

  /** The key of the row in the middle, found by halving the space between two keys. */
  private byte @Nullable [] halving(
      ReadView view, byte[] first, byte[] last, byte[] end, long all) {
    byte[] low = first;
    byte[] high = last;
    while (true) {
      byte[] between = KeyMiddle.between(low, high);
      byte[] row = between == null ? null : row(view, between, end, false);
      if (row == null || Arrays.compareUnsigned(row, high) >= 0) {
        // No row between the middle and the upper one: go on below it.
        if (between == null || Arrays.compareUnsigned(between, low) <= 0) {
          return Arrays.equals(high, first) ? null : high;
        }
        byte[] below = Arrays.compareUnsigned(between, high) < 0 ? between : high;
        byte[] before = row(view, low, below, true);
        if (before == null || Arrays.equals(before, low)) {
          return Arrays.equals(high, first) ? null : high;
        }
        row = before;
      }
      if (bytesBefore(row) * 2 < all) {
        low = row;
      } else {
        high = row;
      }
    }
  }

  /** What all items of a row's sharding key begin with. */
  private static byte[] boundaryOf(byte[] row) {
    int end = PhysicalKey.endOfShardingKey(row);
    return end < 0 ? row : Arrays.copyOf(row, end + 1);
  }

  private void requireDivisible(ReadView view, byte[] prefix) {
    byte[] stop = PhysicalKey.endOfPrefix(prefix);
    byte[] from = prefix;
    while (true) {
      byte[] row = row(view, from, stop, false);
      if (row == null) {
        return;
      }
      int id = PhysicalKey.collectionId(row);
      CollectionInfo collection = collections.apply(id);
      if (collection == null || !collection.divisible()) {
        throw refused(
            "most of it is one sharding key, "
                + PhysicalKey.shardingKey(row)
                + ", and collection "
                + (collection == null ? id : collection.name())
                + ", which has items there, is not divisible");
      }
      byte[] last = Arrays.copyOf(prefix, prefix.length + Integer.BYTES);
      ByteBuffer.wrap(last).putInt(prefix.length, id);
      from = PhysicalKey.endOfPrefix(last);
    }
  }
}
