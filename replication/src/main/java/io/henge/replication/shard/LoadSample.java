package io.henge.replication.shard;

import io.henge.api.key.PhysicalKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Keeps the key of one operation in {@value #EVERY}, the last {@value #SIZE} of them: at 10,000
 * operations per second those of the last six seconds. Thread-safe without a lock: threads that
 * come at the same time may count as one, which is no matter for a sample.
 */
final class LoadSample {
  static final int EVERY = 16;
  static final int SIZE = 4_096;

  /** Fewer say nothing. */
  static final int LEAST = 256;

  /** What a cut must leave on either side at least, to be worth it. */
  private static final double LEAST_PART = 0.1;

  private final AtomicReferenceArray<byte[]> keys = new AtomicReferenceArray<>(SIZE);
  private final AtomicInteger next = new AtomicInteger();

  /** Races on it only make the sample a little less regular. */
  @SuppressWarnings("NonAtomicVolatileUpdate")
  private int turn;

  /** An operation on a physical key. */
  void note(byte[] key) {
    if ((turn++ & (EVERY - 1)) == 0) {
      keys.setOpaque(next.getAndIncrement() & (SIZE - 1), key);
    }
  }

  /**
   * What the sample says of a range.
   *
   * @param start first physical key of the range
   * @param end first one beyond it; empty = the end of the ring
   */
  LoadShape shape(byte[] start, byte[] end) {
    List<byte[]> seen = new ArrayList<>();
    for (int i = 0; i < SIZE; i++) {
      byte[] key = keys.getOpaque(i);
      if (key != null
          && Arrays.compareUnsigned(key, start) >= 0
          && (end.length == 0 || Arrays.compareUnsigned(key, end) < 0)) {
        seen.add(key);
      }
    }
    if (seen.size() < LEAST) {
      return LoadShape.UNKNOWN;
    }
    seen.sort(Arrays::compareUnsigned);
    return new LoadShape(middle(seen, start), hottest(seen) / (double) seen.size());
  }

  /** The longest run of keys of one sharding key. */
  private static int hottest(List<byte[]> sorted) {
    int longest = 0;
    int run = 0;
    byte[] before = new byte[0];
    for (byte[] key : sorted) {
      int length = PhysicalKey.endOfShardingKey(key);
      byte[] own = length < 0 ? key : Arrays.copyOf(key, length);
      run = Arrays.equals(own, before) ? run + 1 : 1;
      before = own;
      longest = Math.max(longest, run);
    }
    return longest;
  }

  private static byte[] middle(List<byte[]> sorted, byte[] start) {
    long token = PhysicalKey.token(sorted.get(sorted.size() / 2));
    byte[] below = key(token);
    byte[] above = key(token + 1);
    double partBelow = smaller(sorted, below, start);
    double partAbove = token == -1 ? 0 : smaller(sorted, above, start);
    if (Math.max(partBelow, partAbove) < LEAST_PART) {
      return new byte[0];
    }
    return partBelow >= partAbove ? below : above;
  }

  private static byte[] key(long token) {
    return ByteBuffer.allocate(Long.BYTES).putLong(token).array();
  }

  /** Of the load, what the side of a cut has that has less; 0 if it is no cut. */
  private static double smaller(List<byte[]> sorted, byte[] cut, byte[] start) {
    if (Arrays.compareUnsigned(cut, start) <= 0) {
      return 0;
    }
    long before = sorted.stream().filter(key -> Arrays.compareUnsigned(key, cut) < 0).count();
    return Math.min(before, sorted.size() - before) / (double) sorted.size();
  }
}
