package io.henge.replication.statemachine;

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
 * Reads what {@link ByteWriter} built. Never reads beyond the end and never allocates more than is
 * left; whatever does not fit is CORRUPTION.
 */
final class ByteReader {
  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final String what;
  private final byte[] bytes;
  private int position;

  /**
   * @param what named in errors
   */
  ByteReader(String what, byte[] bytes) {
    this.what = what;
    this.bytes = bytes;
  }

  int remaining() {
    return bytes.length - position;
  }

  int u8() {
    need(1);
    return bytes[position++] & 0xFF;
  }

  long fixed64() {
    need(Long.BYTES);
    long value = (long) LONG.get(bytes, position);
    position += Long.BYTES;
    return value;
  }

  long varint() {
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

  long signed() {
    long value = varint();
    return (value >>> 1) ^ -(value & 1);
  }

  long notNegative() {
    long value = varint();
    if (value < 0) {
      throw damaged("a number is over 63 bits");
    }
    return value;
  }

  int u31() {
    long value = varint();
    if (value < 0 || value > Integer.MAX_VALUE) {
      throw damaged("a number is over 31 bits");
    }
    return (int) value;
  }

  boolean flag() {
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
  int count(int elementBytesMin) {
    long count = varint();
    if (count < 0 || count > remaining() / elementBytesMin) {
      throw damaged(count + " elements announced, " + remaining() + " bytes left");
    }
    return (int) count;
  }

  byte[] block() {
    return raw(count(1));
  }

  String text() {
    int length = count(1);
    try {
      String text =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes, position, length))
              .toString();
      position += length;
      return text;
    } catch (CharacterCodingException e) {
      throw damaged("a text is not UTF-8");
    }
  }

  byte[] raw(int length) {
    need(length);
    byte[] copy = Arrays.copyOfRange(bytes, position, position + length);
    position += length;
    return copy;
  }

  void skip(int length) {
    need(length);
    position += length;
  }

  void end() {
    if (remaining() != 0) {
      throw damaged(remaining() + " bytes too many");
    }
  }

  HengeException damaged(String why) {
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
    if (remaining() < length) {
      throw damaged(length + " bytes wanted, " + remaining() + " left");
    }
  }
}
