package io.henge.api.key;

import io.henge.api.error.HengeException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The order-preserving tuple encoding, after the tuple layer of FoundationDB (with type codes of
 * our own). Unsigned byte order of encodings equals the order of tuples. Every value has exactly
 * one encoding.
 *
 * <pre>
 *   bytes    0x02, the bytes with 0x00 as 0x00 0xFF, 0x00
 *   text     0x03, UTF-8 with 0x00 as 0x00 0xFF, 0x00
 *   whole    0x18 for 0; 0x18+n and n big-endian bytes for positive; 0x18-n and n bytes of
 *            the value plus 2^(8n)-1 for negative; n minimal, at most 8
 *   real     0x30, IEEE 754 double, sign bit flipped if positive, all bits if negative
 *   boolean  0x40 false, 0x41 true
 * </pre>
 *
 * 0x00 never begins a part: it ends a tuple inside a physical key. 0xFF never does either, so that
 * a prefix followed by 0xFF is above all its extensions.
 */
final class KeyCodec {
  private static final int BLOB = 0x02;
  private static final int TEXT = 0x03;
  private static final int INTEGER_ZERO = 0x18;
  private static final int REAL = 0x30;
  private static final int FALSE = 0x40;
  private static final int TRUE = 0x41;

  private KeyCodec() {}

  static byte[] encode(Object... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(32);
    for (Object part : parts) {
      if (part instanceof String text) {
        out.write(TEXT);
        writeEscaped(out, utf8(text));
      } else if (part instanceof Long || part instanceof Integer || part instanceof Short) {
        writeInteger(out, ((Number) part).longValue());
      } else if (part instanceof Double || part instanceof Float) {
        writeReal(out, ((Number) part).doubleValue());
      } else if (part instanceof Boolean flag) {
        out.write(flag ? TRUE : FALSE);
      } else if (part instanceof byte[] bytes) {
        out.write(BLOB);
        writeEscaped(out, bytes);
      } else {
        throw HengeException.invalid(
            "key part: text, whole number, real number, boolean or bytes expected, found "
                + (part == null ? "null" : part.getClass().getName()));
      }
    }
    return out.toByteArray();
  }

  static List<Object> decode(byte[] encoded) {
    List<Object> parts = new ArrayList<>(2);
    int position = 0;
    while (position < encoded.length) {
      int end = endOfPart(encoded, position);
      if (end < 0) {
        throw malformed(position);
      }
      parts.add(decodePart(encoded, position, end));
      position = end;
    }
    return parts;
  }

  /** Refuses whatever {@link #encode} would not have produced. */
  static void requireCanonical(byte[] encoded) {
    if (isPlain(encoded)) {
      return;
    }
    List<Object> parts = decode(encoded);
    if (!Arrays.equals(encode(parts.toArray()), encoded)) {
      throw HengeException.invalid("key: its encoding is not canonical; send `parts` instead");
    }
  }

  /**
   * Whether an encoding is certainly canonical, found without decoding it: every request of a
   * client brings keys. Nearly all keys are made of ASCII text and numbers that are not negative.
   */
  private static boolean isPlain(byte[] encoded) {
    int position = 0;
    while (position < encoded.length) {
      int end = endOfPart(encoded, position);
      if (end < 0 || !isPlainPart(encoded, position, end)) {
        return false;
      }
      position = end;
    }
    return true;
  }

  private static boolean isPlainPart(byte[] bytes, int start, int end) {
    int code = bytes[start] & 0xFF;
    if (code == TEXT) {
      for (int i = start + 1; i < end - 1; i++) {
        if (bytes[i] <= 0) {
          return false;
        }
      }
      return true;
    }
    if (code > INTEGER_ZERO && code <= INTEGER_ZERO + 8) {
      // Shortest form, and no more than 63 bits.
      return bytes[start + 1] != 0 && (code < INTEGER_ZERO + 8 || bytes[start + 1] > 0);
    }
    return code == INTEGER_ZERO || code == BLOB || code == FALSE || code == TRUE;
  }

  /** Index of the 0x00 that ends the tuple which starts at {@code from}, or -1. */
  static int endOfTuple(byte[] bytes, int from) {
    int position = from;
    while (position >= 0 && position < bytes.length) {
      if (bytes[position] == 0) {
        return position;
      }
      position = endOfPart(bytes, position);
    }
    return -1;
  }

  /** Where so many parts that start at {@code from} end, or -1. */
  static int endOfParts(byte[] bytes, int from, int count) {
    int position = from;
    for (int i = 0; i < count && position >= 0; i++) {
      position = position < bytes.length ? endOfPart(bytes, position) : -1;
    }
    return position;
  }

  private static int endOfPart(byte[] bytes, int start) {
    int code = bytes[start] & 0xFF;
    int end;
    if (code == BLOB || code == TEXT) {
      end = start + 1;
      while (end < bytes.length) {
        if (bytes[end] != 0) {
          end++;
        } else if (end + 1 < bytes.length && bytes[end + 1] == (byte) 0xFF) {
          end += 2;
        } else {
          return end + 1;
        }
      }
      return -1;
    } else if (code >= INTEGER_ZERO - 8 && code <= INTEGER_ZERO + 8) {
      end = start + 1 + Math.abs(code - INTEGER_ZERO);
    } else if (code == REAL) {
      end = start + 1 + Long.BYTES;
    } else if (code == FALSE || code == TRUE) {
      end = start + 1;
    } else {
      return -1;
    }
    return end <= bytes.length ? end : -1;
  }

  private static Object decodePart(byte[] bytes, int start, int end) {
    int code = bytes[start] & 0xFF;
    if (code == BLOB) {
      return unescape(bytes, start + 1, end - 1);
    } else if (code == TEXT) {
      return text(unescape(bytes, start + 1, end - 1), start);
    } else if (code == REAL) {
      long bits = ByteBuffer.wrap(bytes).getLong(start + 1);
      double real = Double.longBitsToDouble(bits < 0 ? bits ^ Long.MIN_VALUE : ~bits);
      if (Double.isNaN(real)) {
        throw malformed(start);
      }
      return real;
    } else if (code == FALSE || code == TRUE) {
      return code == TRUE;
    }
    return readInteger(bytes, start, code - INTEGER_ZERO);
  }

  private static void writeInteger(ByteArrayOutputStream out, long value) {
    // As many bytes as the absolute value needs. That of Long.MIN_VALUE is itself: eight.
    int length = (Long.SIZE - Long.numberOfLeadingZeros(Math.abs(value)) + 7) / 8;
    out.write(value >= 0 ? INTEGER_ZERO + length : INTEGER_ZERO - length);
    // Plus 2^(8n) - 1, of which the lowest n bytes are written.
    long stored = value >= 0 ? value : value - 1;
    for (int shift = 8 * (length - 1); shift >= 0; shift -= 8) {
      out.write((int) (stored >>> shift));
    }
  }

  private static long readInteger(byte[] bytes, int start, int signedLength) {
    int length = Math.abs(signedLength);
    long stored = 0;
    for (int i = 0; i < length; i++) {
      stored = (stored << 8) | (bytes[start + 1 + i] & 0xFF);
    }
    if (signedLength >= 0) {
      if (stored < 0) {
        throw malformed(start);
      }
      return stored;
    }
    if (length < 8) {
      return stored - ((1L << (8 * length)) - 1);
    }
    if (stored >= 0 && stored != Long.MAX_VALUE) {
      throw malformed(start);
    }
    return stored + 1;
  }

  private static void writeReal(ByteArrayOutputStream out, double value) {
    if (Double.isNaN(value)) {
      throw HengeException.invalid("key part: NaN has no place in an order; use a number");
    }
    long bits = Double.doubleToLongBits(value == 0.0 ? 0.0 : value);
    bits = bits < 0 ? ~bits : bits ^ Long.MIN_VALUE;
    out.write(REAL);
    for (int shift = 56; shift >= 0; shift -= 8) {
      out.write((int) (bits >>> shift));
    }
  }

  private static void writeEscaped(ByteArrayOutputStream out, byte[] bytes) {
    for (byte b : bytes) {
      out.write(b);
      if (b == 0) {
        out.write(0xFF);
      }
    }
    out.write(0);
  }

  private static byte[] unescape(byte[] bytes, int start, int end) {
    byte[] raw = new byte[end - start];
    int length = 0;
    for (int i = start; i < end; i++) {
      raw[length++] = bytes[i];
      if (bytes[i] == 0) {
        i++;
      }
    }
    return Arrays.copyOf(raw, length);
  }

  private static byte[] utf8(String text) {
    if (!holdsSurrogate(text)) {
      return text.getBytes(StandardCharsets.UTF_8);
    }
    try {
      ByteBuffer buffer =
          StandardCharsets.UTF_8
              .newEncoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .encode(CharBuffer.wrap(text));
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      return bytes;
    } catch (CharacterCodingException e) {
      throw HengeException.invalid("key part: the text holds half a surrogate pair");
    }
  }

  private static boolean holdsSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  private static String text(byte[] utf8, int position) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(utf8))
          .toString();
    } catch (CharacterCodingException e) {
      throw malformed(position);
    }
  }

  private static HengeException malformed(int position) {
    return HengeException.invalid("key: malformed encoding at byte " + position);
  }
}
