package io.henge.api.changes;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A part of the ring, and which of its changes come next.
 *
 * <p>Changes are ordered by version, those of one version by physical key. So a position is the
 * first of both that is wanted: the eight bytes of a version, big endian, and whatever physical key
 * goes on from there. Compared as unsigned bytes, it is at or before every row of CHANGES that
 * comes behind it.
 *
 * <p>Immutable; arrays are not copied.
 *
 * @param start first physical key
 * @param end first physical key beyond it; empty = the end of the ring
 * @param from position of the next change; empty = the documents themselves come first
 */
public record ChangePart(byte[] start, byte[] end, byte[] from) {
  private static final byte[] SCAN = new byte[0];

  /** Everything that happens after a version. */
  public static ChangePart after(byte[] start, byte[] end, long version) {
    return new ChangePart(start, end, behind(version));
  }

  /** What is there, and everything that happens then. */
  public static ChangePart scan(byte[] start, byte[] end) {
    return new ChangePart(start, end, SCAN);
  }

  /** Position behind all changes up to a version. */
  public static byte[] behind(long version) {
    return ByteBuffer.allocate(Long.BYTES).putLong(version + 1).array();
  }

  /** Position behind one change. */
  public static byte[] behind(long version, byte[] physicalKey) {
    return ByteBuffer.allocate(Long.BYTES + physicalKey.length + 1)
        .putLong(version)
        .put(physicalKey)
        .put((byte) 0)
        .array();
  }

  /** Whether the documents themselves come first. */
  public boolean isScan() {
    return from.length == 0;
  }

  /** The smallest version that may still come. Of a part that is no scan. */
  public long nextVersion() {
    return ByteBuffer.wrap(from).getLong();
  }

  /** Whether nothing lies in it. */
  public boolean isEmpty() {
    return end.length != 0 && Arrays.compareUnsigned(start, end) >= 0;
  }

  /** Whether a physical key lies in it. */
  public boolean contains(byte[] physicalKey) {
    return Arrays.compareUnsigned(physicalKey, start) >= 0
        && (end.length == 0 || Arrays.compareUnsigned(physicalKey, end) < 0);
  }

  /** The same range further on, at the later of both positions. */
  public ChangePart advancedTo(byte[] position) {
    return isScan() || Arrays.compareUnsigned(from, position) >= 0
        ? this
        : new ChangePart(start, end, position);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ChangePart that
        && Arrays.equals(start, that.start)
        && Arrays.equals(end, that.end)
        && Arrays.equals(from, that.from);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(start) + Arrays.hashCode(end)) + Arrays.hashCode(from);
  }

  /** For people. */
  @Override
  public String toString() {
    HexFormat hex = HexFormat.of();
    return hex.formatHex(start)
        + "-"
        + hex.formatHex(end)
        + (isScan() ? " to be scanned" : " from " + hex.formatHex(from));
  }
}
