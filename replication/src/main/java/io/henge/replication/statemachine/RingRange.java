package io.henge.replication.statemachine;

import io.henge.document.codec.ByteReader;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A part of the ring. Arrays must not be changed.
 *
 * @param start first physical key
 * @param end first physical key beyond it; empty = the end of the ring
 */
public record RingRange(byte[] start, byte[] end) {

  /** The range of a shard. */
  public static RingRange of(ShardDescription shard) {
    return new RingRange(shard.start(), shard.end());
  }

  /** Whether a physical key lies in it. */
  public boolean contains(byte[] key) {
    return Arrays.compareUnsigned(key, start) >= 0
        && (end.length == 0 || Arrays.compareUnsigned(key, end) < 0);
  }

  /** Whether all of another one lies in it. */
  public boolean contains(RingRange other) {
    return Arrays.compareUnsigned(other.start, start) >= 0 && compareEnds(other.end, end) <= 0;
  }

  /** Whether nothing lies between the two, or they have something in common. */
  boolean touches(RingRange other) {
    return reaches(end, other.start) && reaches(other.end, start);
  }

  private static boolean reaches(byte[] end, byte[] start) {
    return end.length == 0 || Arrays.compareUnsigned(end, start) >= 0;
  }

  /** From the first to the last of the two, which touch. */
  RingRange join(RingRange other) {
    return new RingRange(
        Arrays.compareUnsigned(start, other.start) <= 0 ? start : other.start,
        compareEnds(end, other.end) >= 0 ? end : other.end);
  }

  /** What both have; null if that is nothing. */
  public @Nullable RingRange common(RingRange other) {
    RingRange both =
        new RingRange(
            Arrays.compareUnsigned(start, other.start) >= 0 ? start : other.start,
            compareEnds(end, other.end) <= 0 ? end : other.end);
    return both.isEmpty() ? null : both;
  }

  /** What lies behind another one's end; null if nothing does. */
  public @Nullable RingRange behind(byte[] otherEnd) {
    if (otherEnd.length == 0) {
      return null;
    }
    RingRange rest =
        new RingRange(Arrays.compareUnsigned(start, otherEnd) >= 0 ? start : otherEnd, end);
    return rest.isEmpty() ? null : rest;
  }

  /** What lies before another one's start; null if nothing does. */
  @Nullable RingRange before(byte[] otherStart) {
    RingRange rest =
        new RingRange(
            start,
            end.length == 0 || Arrays.compareUnsigned(end, otherStart) > 0 ? otherStart : end);
    return otherStart.length == 0 || rest.isEmpty() ? null : rest;
  }

  boolean isEmpty() {
    return end.length != 0 && Arrays.compareUnsigned(start, end) >= 0;
  }

  /** Empty is the last one. */
  private static int compareEnds(byte[] one, byte[] two) {
    if (one.length == 0 || two.length == 0) {
      return one.length == two.length ? 0 : one.length == 0 ? 1 : -1;
    }
    return Arrays.compareUnsigned(one, two);
  }

  void write(ByteWriter out) {
    out.block(start);
    out.block(end);
  }

  static RingRange read(ByteReader in) {
    RingRange range = new RingRange(in.block(), in.block());
    if (range.start.length > ApplyLimits.KEY_BYTES_MAX
        || range.end.length > ApplyLimits.KEY_BYTES_MAX
        || range.isEmpty()) {
      throw in.damaged("a range in which nothing lies, or with a boundary that is no key");
    }
    return range;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RingRange range
        && Arrays.equals(start, range.start)
        && Arrays.equals(end, range.end);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(start) + Arrays.hashCode(end);
  }
}
