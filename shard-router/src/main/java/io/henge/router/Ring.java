package io.henge.router;

import io.henge.api.error.HengeException;
import io.henge.api.key.PhysicalKey;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ring: unsigned 64-bit tokens, and the physical keys that begin with them. A boundary is the
 * first physical key of a range; the ring begins and ends with the empty key.
 */
public final class Ring {
  /**
   * Most shards that a ring is cut into at once: each is a replicated group with its own threads.
   */
  public static final int CUT_MAX = 4096;

  private static final byte[] EMPTY = new byte[0];
  private static final BigInteger TOKENS = BigInteger.ONE.shiftLeft(64);

  private Ring() {}

  /**
   * A half-open range of physical keys.
   *
   * @param start first key; empty = the beginning of the ring
   * @param end first key beyond it; empty = the end of the ring
   */
  public record Range(byte[] start, byte[] end) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Range that
          && Arrays.equals(start, that.start)
          && Arrays.equals(end, that.end);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(start) * 31 + Arrays.hashCode(end);
    }

    @Override
    public String toString() {
      return rangeText(start, end);
    }
  }

  /**
   * An arc of the ring's picture.
   *
   * @param from where it begins, as a fraction of the ring: 0 (inclusive) to 1
   * @param to where it ends
   */
  public record Arc(Shard shard, double from, double to) {
    /** Part of the ring that it covers; 0 for a shard that lies within one token. */
    public double share() {
      return to - from;
    }
  }

  /**
   * Cuts the whole ring into equal ranges. Stored clusters were cut so: the positions never change.
   *
   * @param count number of ranges, 1 to {@link #CUT_MAX}
   * @throws HengeException INVALID_ARGUMENT if the count is out of bounds
   */
  public static List<Range> cut(int count) {
    if (count < 1 || count > CUT_MAX) {
      throw HengeException.invalid(
          "shards: a ring is cut into 1 to " + CUT_MAX + " shards, not into " + count);
    }
    List<Range> ranges = new ArrayList<>(count);
    byte[] start = EMPTY;
    for (int i = 1; i <= count; i++) {
      byte[] end = i == count ? EMPTY : boundary(cutToken(i, count));
      ranges.add(new Range(start, end));
      start = end;
    }
    return ranges;
  }

  /** The first physical key of a token. */
  public static byte[] boundary(long token) {
    return ByteBuffer.allocate(Long.BYTES).putLong(token).array();
  }

  /** Where each shard lies, for a picture of the ring; in order. */
  public static List<Arc> arcs(ShardMap map) {
    List<Arc> arcs = new ArrayList<>(map.shards().size());
    for (Shard shard : map.shards()) {
      double to = shard.end().length == 0 ? 1 : fraction(PhysicalKey.token(shard.end()));
      arcs.add(new Arc(shard, fraction(shard.startToken()), to));
    }
    return arcs;
  }

  /**
   * The shards at equally spaced positions of the ring, clockwise from token 0: what a terminal
   * draws when it has that many cells. Null where the map has a gap.
   */
  public static List<@Nullable Shard> cells(ShardMap map, int count) {
    List<@Nullable Shard> cells = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      cells.add(map.shardOfToken(cutToken(i, count)));
    }
    return cells;
  }

  /** A position as a fraction of the ring: 0 (inclusive) to 1 (exclusive, but for rounding). */
  public static double fraction(long token) {
    // The upper 53 bits are all that a double can hold.
    return (token >>> 11) * 0x1.0p-53;
  }

  /** A range for people, boundaries in hexadecimal. */
  public static String rangeText(byte[] start, byte[] end) {
    HexFormat hex = HexFormat.of();
    return "["
        + (start.length == 0 ? "start" : hex.formatHex(start))
        + ", "
        + (end.length == 0 ? "end" : hex.formatHex(end))
        + ")";
  }

  /** Whether a first key of a range lies before an end of a range, where an empty end is last. */
  static boolean isBefore(byte[] start, byte[] end) {
    return end.length == 0 || Arrays.compareUnsigned(start, end) < 0;
  }

  /** Compares ends of ranges, where an empty one is last. */
  static int compareEnds(byte[] a, byte[] b) {
    if (a.length == 0 || b.length == 0) {
      return Boolean.compare(a.length == 0, b.length == 0);
    }
    return Arrays.compareUnsigned(a, b);
  }

  private static long cutToken(int i, int count) {
    return TOKENS.multiply(BigInteger.valueOf(i)).divide(BigInteger.valueOf(count)).longValue();
  }
}
