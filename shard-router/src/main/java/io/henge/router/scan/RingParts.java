package io.henge.router.scan;

import io.henge.api.error.HengeException;
import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What is left to read of the ring: ranges of physical keys in ascending order that do not touch
 * what has been read. It names no shards, so it stays good whatever becomes of these. Immutable.
 */
public final class RingParts {
  /** Most parts: what bounds the size of a cursor. */
  public static final int PARTS_MAX = 256;

  private static final byte FORMAT = 1;
  private static final double TOKENS = 0x1p64;
  private static final int TOKEN_BYTES = Long.BYTES;

  /**
   * A range that is left.
   *
   * @param from first key
   * @param to first key beyond it; empty = the end of the ring
   */
  public record Part(byte[] from, byte[] to) {
    /** Its share of the ring, 0 to 1. */
    double share() {
      return Math.max(0, (to.length == 0 ? 1 : place(to)) - place(from));
    }

    /** Whether a position is at its end or behind it. */
    boolean isBefore(byte[] position) {
      return to.length > 0 && Arrays.compareUnsigned(position, to) >= 0;
    }
  }

  private final List<Part> parts;

  RingParts(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /** The whole ring in equal parts. */
  public static RingParts whole(int count) {
    List<Part> parts = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      parts.add(
          new Part(boundary(i, count), i + 1 == count ? new byte[0] : boundary(i + 1, count)));
    }
    return new RingParts(parts);
  }

  private static byte[] boundary(int index, int count) {
    if (index == 0) {
      return new byte[0];
    }
    // Parts need not be equal to the last token.
    long token = Long.divideUnsigned(-1L, count) * index;
    return ByteBuffer.allocate(TOKEN_BYTES).putLong(token).array();
  }

  /** Where a key is on the ring, 0 to 1. */
  private static double place(byte[] key) {
    long token = ByteBuffer.wrap(Arrays.copyOf(key, TOKEN_BYTES)).getLong();
    return ((token >>> 1) * 2.0 + (token & 1)) / TOKENS;
  }

  List<Part> parts() {
    return parts;
  }

  /** The share of the ring that is done, 0 to 1. */
  public double done() {
    return Math.min(1, Math.max(0, 1 - parts.stream().mapToDouble(Part::share).sum()));
  }

  /** For the wire: empty if nothing is left. */
  public byte[] encode() {
    if (parts.isEmpty()) {
      return new byte[0];
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(FORMAT);
    for (Part part : parts) {
      write(out, part.from());
      write(out, part.to());
    }
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, byte[] key) {
    out.write(key.length >>> 8);
    out.write(key.length);
    out.writeBytes(key);
  }

  /**
   * From the wire.
   *
   * @param keyBytesMax limit of physical keys
   * @throws HengeException INVALID_ARGUMENT if it is none
   */
  public static RingParts decode(byte[] wire, int keyBytesMax) {
    List<Part> parts = new ArrayList<>();
    try {
      ByteBuffer in = ByteBuffer.wrap(wire);
      if (in.get() != FORMAT) {
        throw malformed();
      }
      while (in.hasRemaining()) {
        Part part = new Part(read(in, keyBytesMax), read(in, keyBytesMax));
        Part last = parts.isEmpty() ? null : parts.get(parts.size() - 1);
        if (parts.size() == PARTS_MAX
            || part.isBefore(part.from())
            || (last != null && !last.isBefore(part.from()))) {
          throw malformed();
        }
        parts.add(part);
      }
    } catch (BufferUnderflowException e) {
      throw malformed();
    }
    if (parts.isEmpty()) {
      throw malformed();
    }
    return new RingParts(parts);
  }

  private static byte[] read(ByteBuffer in, int keyBytesMax) {
    int length = Short.toUnsignedInt(in.getShort());
    // The position behind a key has one byte more.
    if (length > keyBytesMax + 1) {
      throw malformed();
    }
    byte[] key = new byte[length];
    in.get(key);
    return key;
  }

  private static HengeException malformed() {
    return HengeException.invalid(
        "cursor: that of a page of an earlier find over the ring expected; hand it back unchanged");
  }
}
