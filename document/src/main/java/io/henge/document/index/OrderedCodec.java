package io.henge.document.index;

import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonBoolean;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import io.henge.document.value.TextOrder;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Values as bytes whose unsigned order is that of the values ({@link JsonValue#compareTo}; no value
 * comes first). Equal values have equal bytes. What is long is cut: long values then have the bytes
 * of others that begin like them, and never the wrong order. Stored in rows: never changes.
 *
 * <pre>
 *   none     02
 *   null     03
 *   false    04
 *   true     05
 *   number   06, then 02 for 0; else 03 if positive, 01 if negative, then exponent (2 bytes), digits
 *   text     07, bytes of UTF-8
 *   array    08, bytes of: its elements one after the other, 00
 *   object   09, bytes of: names and values in the order of names, 00
 * </pre>
 *
 * A number is 0.d1d2d3... x 10^e with d1 and the last digit not 0; the exponent is e + 16384, big
 * endian; each two digits make a byte (10 d1 + d2 + 1), 00 ends them. Of a negative one exponent,
 * digits and end are inverted. At most 256 bytes of digits are kept.
 *
 * <p>"Bytes of" are at most 256, the rest is cut; 00 in them is written as 00 FF; they end with 00
 * 01, or with 00 02 if something is cut.
 *
 * <p>In a descending field all bytes are inverted.
 */
public final class OrderedCodec {
  /** So many bytes of a text, array or object, and of the digits of a number, are kept. */
  public static final int CUT_BYTES = 256;

  private static final int NONE = 2;
  private static final int NULL = 3;
  private static final int FALSE = 4;
  private static final int TRUE = 5;
  private static final int NUMBER = 6;
  private static final int TEXT = 7;
  private static final int ARRAY = 8;
  private static final int OBJECT = 9;

  private static final int NEGATIVE = 1;
  private static final int ZERO = 2;
  private static final int POSITIVE = 3;
  private static final int EXPONENT_BYTES = 2;
  private static final int EXPONENT_ZERO = 16_384;

  private static final int EXACT = 1;
  private static final int CUT = 2;
  private static final int ESCAPED = 0xFF;

  private OrderedCodec() {}

  /**
   * Writes a value.
   *
   * @param value null = there is none
   */
  static void write(Bytes out, @Nullable JsonValue value, boolean descending) {
    int start = out.size();
    if (value == null) {
      out.add(NONE);
    } else if (value instanceof JsonText text) {
      out.add(TEXT);
      writeCut(out, utf8(text.value()));
    } else if (value instanceof JsonArray || value instanceof JsonObject) {
      out.add(value instanceof JsonArray ? ARRAY : OBJECT);
      Bytes inner = new Bytes(CUT_BYTES + 1);
      writeParts(inner, value);
      writeCut(out, inner.toBytes());
    } else {
      writeScalar(out, value);
    }
    if (descending) {
      out.invert(start);
    }
  }

  static int code(JsonValue.Type type) {
    return switch (type) {
      case NULL -> NULL;
      case NUMBER -> NUMBER;
      case TEXT -> TEXT;
      case ARRAY -> ARRAY;
      case OBJECT -> OBJECT;
      case BOOLEAN -> throw new IllegalArgumentException("booleans have a code each");
    };
  }

  private static void writeScalar(Bytes out, JsonValue value) {
    if (value instanceof JsonNull) {
      out.add(NULL);
    } else if (value instanceof JsonBoolean flag) {
      out.add(flag.value() ? TRUE : FALSE);
    } else if (value instanceof JsonNumber number) {
      out.add(NUMBER);
      writeNumber(out, number);
    } else {
      throw new IllegalStateException("unknown value");
    }
  }

  /** What is in an array or object, as far as there is room: the rest is cut by the caller. */
  private static void writeParts(Bytes out, JsonValue value) {
    if (value instanceof JsonArray array) {
      for (JsonValue element : array) {
        if (out.isFull()) {
          return;
        }
        writeInner(out, element);
      }
    } else if (value instanceof JsonObject object) {
      TreeMap<String, JsonValue> sorted = new TreeMap<>(TextOrder::compare);
      for (int i = 0; i < object.size(); i++) {
        sorted.put(object.names().get(i), object.values().get(i));
      }
      for (var member : sorted.entrySet()) {
        if (out.isFull()) {
          return;
        }
        out.add(TEXT);
        writeWhole(out, utf8(member.getKey()));
        writeInner(out, member.getValue());
      }
    }
    out.add(0);
  }

  private static void writeInner(Bytes out, JsonValue value) {
    if (value instanceof JsonText text) {
      out.add(TEXT);
      writeWhole(out, utf8(text.value()));
    } else if (value instanceof JsonArray || value instanceof JsonObject) {
      out.add(value instanceof JsonArray ? ARRAY : OBJECT);
      writeParts(out, value);
    } else {
      writeScalar(out, value);
    }
  }

  private static void writeWhole(Bytes out, byte[] bytes) {
    for (int i = 0; i < bytes.length && !out.isFull(); i++) {
      escaped(out, bytes[i]);
    }
    out.add(0);
    out.add(EXACT);
  }

  private static void writeCut(Bytes out, byte[] bytes) {
    int kept = Math.min(bytes.length, CUT_BYTES);
    for (int i = 0; i < kept; i++) {
      escaped(out, bytes[i]);
    }
    out.add(0);
    out.add(kept < bytes.length ? CUT : EXACT);
  }

  private static void escaped(Bytes out, byte one) {
    out.add(one);
    if (one == 0) {
      out.add(ESCAPED);
    }
  }

  private static byte[] utf8(String text) {
    // So many characters have at least so many bytes: the rest would be cut anyway.
    String kept = text.length() <= CUT_BYTES + 2 ? text : text.substring(0, CUT_BYTES + 2);
    return kept.getBytes(StandardCharsets.UTF_8);
  }

  private static void writeNumber(Bytes out, JsonNumber number) {
    BigDecimal decimal = number.decimal();
    if (decimal.signum() == 0) {
      out.add(ZERO);
      return;
    }
    boolean negative = decimal.signum() < 0;
    out.add(negative ? NEGATIVE : POSITIVE);
    int start = out.size();
    String digits = decimal.unscaledValue().abs().toString();
    int exponent = digits.length() - decimal.scale() + EXPONENT_ZERO;
    out.add(exponent >> Byte.SIZE);
    out.add(exponent);
    int end = digits.length();
    while (digits.charAt(end - 1) == '0') {
      end--;
    }
    end = Math.min(end, 2 * CUT_BYTES);
    for (int i = 0; i < end; i += 2) {
      int pair = 10 * (digits.charAt(i) - '0') + (i + 1 < end ? digits.charAt(i + 1) - '0' : 0);
      out.add(pair + 1);
    }
    out.add(0);
    if (negative) {
      out.invert(start);
    }
  }

  /**
   * Where a value ends that begins at a position.
   *
   * @return -1 if there is none
   */
  static int end(byte[] bytes, int from, boolean descending) {
    int flip = descending ? 0xFF : 0;
    if (from >= bytes.length) {
      return -1;
    }
    return switch ((bytes[from] & 0xFF) ^ flip) {
      case NONE, NULL, FALSE, TRUE -> from + 1;
      case NUMBER -> endOfNumber(bytes, from + 1, flip);
      case TEXT, ARRAY, OBJECT -> endOfBytes(bytes, from + 1, flip);
      default -> -1;
    };
  }

  private static int endOfNumber(byte[] bytes, int from, int flip) {
    int sign = from < bytes.length ? (bytes[from] & 0xFF) ^ flip : 0;
    if (sign == ZERO) {
      return from + 1;
    }
    int end = sign == NEGATIVE ? 0xFF ^ flip : flip;
    for (int i = from + 1 + EXPONENT_BYTES; i < bytes.length && sign != 0; i++) {
      if ((bytes[i] & 0xFF) == end) {
        return i + 1;
      }
    }
    return -1;
  }

  private static int endOfBytes(byte[] bytes, int from, int flip) {
    for (int i = from; i + 1 < bytes.length; i++) {
      if (((bytes[i] & 0xFF) ^ flip) == 0) {
        int next = (bytes[i + 1] & 0xFF) ^ flip;
        if (next != ESCAPED) {
          return next == EXACT || next == CUT ? i + 2 : -1;
        }
        i++;
      }
    }
    return -1;
  }

  /**
   * Whether other values, greater or smaller ones, may have the same bytes: something of it is cut.
   */
  static boolean isCut(byte[] bytes, int from, int end, boolean descending) {
    int flip = descending ? 0xFF : 0;
    int type = (bytes[from] & 0xFF) ^ flip;
    if (type == NUMBER) {
      return end - from > 1 + EXPONENT_BYTES + CUT_BYTES;
    }
    return type >= TEXT && ((bytes[end - 1] & 0xFF) ^ flip) == CUT;
  }
}
