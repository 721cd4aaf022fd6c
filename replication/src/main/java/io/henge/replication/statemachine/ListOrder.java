package io.henge.replication.statemachine;

import io.henge.document.value.JsonBoolean;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Values as bytes that compare as they do, for the rows that keep the order of lists. No form is
 * the beginning of another one. Permanent: it is part of stored rows.
 *
 * <pre>
 *   no value   01
 *   null, boolean, number, text, array, object
 *              01 + the bit of its type, which rise in this order; then:
 *   boolean    00 or 01
 *   number     sign (00, 01 = zero, 02), exponent + 8000 (2 bytes), digits (1 byte each, from 01), 00;
 *              of negative ones all behind the sign inverted
 *   text       UTF-8, 00 as 00 FF, then 00 00
 * </pre>
 *
 * Index rows have another form of the same order ({@code OrderedCodec} of the module document): it
 * tells what was cut, and can be inverted. Both are in stored rows, so neither can become the
 * other.
 *
 * <p>The first 256 bytes of a text count and the first 64 digits of a number, and arrays and
 * objects are all alike: what is equal then is in the order of ids.
 */
final class ListOrder {
  static final int TEXT_BYTES_MAX = 256;
  static final int DIGITS_MAX = 64;
  private static final int NONE = 1;
  private static final int EXPONENT_ZERO = 0x8000;

  private ListOrder() {}

  static void write(ByteWriter out, @Nullable JsonValue value) {
    if (value == null) {
      out.u8(NONE);
      return;
    }
    out.u8(NONE + value.type().bit());
    if (value instanceof JsonBoolean flag) {
      out.u8(flag.value() ? 1 : 0);
    } else if (value instanceof JsonNumber number) {
      write(out, number.decimal());
    } else if (value instanceof JsonText text) {
      write(out, text.value());
    }
  }

  private static void write(ByteWriter out, BigDecimal number) {
    int sign = number.signum();
    out.u8(sign + 1);
    if (sign == 0) {
      return;
    }
    BigDecimal stripped = number.stripTrailingZeros();
    String digits = stripped.unscaledValue().abs().toString();
    int inverted = sign < 0 ? 0xFF : 0;
    int exponent = digits.length() - stripped.scale() + EXPONENT_ZERO;
    out.u8((exponent >>> 8) ^ inverted);
    out.u8((exponent & 0xFF) ^ inverted);
    for (int i = 0; i < Math.min(DIGITS_MAX, digits.length()); i++) {
      out.u8((digits.charAt(i) - '0' + 1) ^ inverted);
    }
    out.u8(inverted);
  }

  private static void write(ByteWriter out, String text) {
    // No character has less than one byte.
    String head = text.substring(0, Math.min(TEXT_BYTES_MAX, text.length()));
    byte[] utf8 = head.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < Math.min(TEXT_BYTES_MAX, utf8.length); i++) {
      out.u8(utf8[i] & 0xFF);
      if (utf8[i] == 0) {
        out.u8(0xFF);
      }
    }
    out.u8(0);
    out.u8(0);
  }

  /** Where the value that begins at {@code from} ends; -1 if there is none. */
  static int end(byte[] bytes, int from) {
    if (from >= bytes.length) {
      return -1;
    }
    int tag = bytes[from];
    if (tag == NONE) {
      return from + 1;
    }
    for (JsonValue.Type type : JsonValue.Type.values()) {
      if (tag == NONE + type.bit()) {
        return switch (type) {
          case NULL, ARRAY, OBJECT -> from + 1;
          case BOOLEAN -> from + 2;
          case NUMBER -> endOfNumber(bytes, from + 1);
          case TEXT -> endOfText(bytes, from + 1);
        };
      }
    }
    return -1;
  }

  private static int endOfNumber(byte[] bytes, int from) {
    if (from >= bytes.length || bytes[from] == 1) {
      return from + 1;
    }
    byte last = (byte) (bytes[from] == 0 ? 0xFF : 0);
    for (int i = from + 3; i < bytes.length; i++) {
      if (bytes[i] == last) {
        return i + 1;
      }
    }
    return -1;
  }

  private static int endOfText(byte[] bytes, int from) {
    for (int i = from; i + 1 < bytes.length; i++) {
      if (bytes[i] == 0) {
        if (bytes[i + 1] == 0) {
          return i + 2;
        }
        i++;
      }
    }
    return -1;
  }
}
