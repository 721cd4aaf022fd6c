package io.henge.document.codec;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads binary forms. Never reads beyond the end and never allocates more than is left; whatever
 * does not fit is a {@link HengeException} CORRUPTION. Numbers are unsigned LEB128 in their
 * shortest form, unless their length is fixed. Belongs to one thread; keeps the array, which must
 * not change.
 */
public final class ByteReader {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final String what;
  private final byte[] bytes;
  private int position;

  /**
   * @param what named in errors
   */
  public ByteReader(String what, byte[] bytes) {
    this.what = what;
    this.bytes = bytes;
  }

  public int position() {
    return position;
  }

  /** Goes to a position that has been seen before. */
  void seek(int to) {
    position = to;
  }

  public int remaining() {
    return bytes.length - position;
  }

  public int u8() {
    need(1);
    return bytes[position++] & 0xFF;
  }

  /** Eight bytes, big endian. */
  public long fixed64() {
    need(Long.BYTES);
    long value = (long) LONG.get(bytes, position);
    position += Long.BYTES;
    return value;
  }

  public long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int next = u8();
      value |= (long) (next & 0x7F) << shift;
      if (next < 0x80) {
        if ((next == 0 && shift > 0) || (shift == 63 && next > 1)) {
          throw damaged("a number is not in its shortest form or over 64 bits");
        }
        return value;
      }
    }
    throw damaged("a number is over 64 bits");
  }

  /** For numbers near zero on either side. */
  public long signed() {
    long value = varint();
    return (value >>> 1) ^ -(value & 1);
  }

  public long notNegative() {
    long value = varint();
    if (value < 0) {
      throw damaged("a number is over 63 bits");
    }
    return value;
  }

  public int u31() {
    long value = varint();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw damaged("a number is over 31 bits");
    }
    return (int) value;
  }

  public boolean flag() {
    int value = u8();
    if (value > 1) {
      throw damaged("a flag is " + value);
    }
    return value == 1;
  }

  /**
   * How many elements follow.
   *
   * @param elementBytesMin least bytes of each: what cannot be there is not believed
   */
  public int count(int elementBytesMin) {
    long count = varint();
    if (count < 0 || count > remaining() / elementBytesMin) {
      throw damaged(count + " elements or bytes announced, " + remaining() + " bytes left");
    }
    return (int) count;
  }

  /** Length and content. */
  public byte[] block() {
    return raw(count(1));
  }

  /** Length and UTF-8. */
  public String text() {
    return text(count(1));
  }

  /** UTF-8 of known length. */
  String text(int length) {
    need(length);
    String text = new String(bytes, position, length, StandardCharsets.UTF_8);
    // What was malformed has become U+FFFD. Looking for that is cheaper than a strict decoder.
    if (text.indexOf('\uFFFD') >= 0) {
      try {
        text =
            StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes, position, length))
                .toString();
      } catch (CharacterCodingException e) {
        throw damaged("a text is not UTF-8");
      }
    }
    position += length;
    return text;
  }

  /** So many bytes. */
  public byte[] raw(int length) {
    need(length);
    byte[] copy = Arrays.copyOfRange(bytes, position, position + length);
    position += length;
    return copy;
  }

  public void skip(int length) {
    need(length);
    position += length;
  }

  /** Whether these bytes stand here, with this length; goes behind whatever stands here. */
  boolean nextBlockIs(byte[] content) {
    int length = count(1);
    int from = position;
    position += length;
    return length == content.length
        && Arrays.equals(bytes, from, position, content, 0, content.length);
  }

  /** Must be at the end. */
  public void end() {
    if (remaining() != 0) {
      throw damaged(remaining() + " bytes too many");
    }
  }

  /** The error that the bytes are not what they should be. */
  public HengeException damaged(String why) {
    return new HengeException(
        ErrorCode.CORRUPTION,
        what
            + ": damaged or of a newer format, "
            + why
            + " (at byte "
            + position
            + " of "
            + bytes.length
            + ")");
  }

  private void need(int length) {
    if (length < 0 || remaining() < length) {
      throw damaged(length + " bytes wanted, " + remaining() + " left");
    }
  }
}
