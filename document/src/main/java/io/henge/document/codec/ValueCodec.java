package io.henge.document.codec;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonBoolean;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The binary form of a value, without a version of its own: it stands in forms that have one.
 * docs/internals/documents-format.md has it byte by byte. Every value has exactly one form.
 */
public final class ValueCodec {
  static final int NULL = 0x00;
  static final int FALSE = 0x01;
  static final int TRUE = 0x02;
  static final int WHOLE = 0x03;
  static final int DECIMAL = 0x04;
  static final int TEXT = 0x05;
  static final int ARRAY = 0x06;
  static final int OBJECT = 0x07;

  /** 0x80 to 0xBF: a text of 0 to 63 bytes. */
  static final int SHORT_TEXT = 0x80;

  /** 0xC0 to 0xFF: a whole number from 0 to 63. */
  static final int SMALL_NUMBER = 0xC0;

  /** What fits into the lower bits of a tag. */
  static final int SMALL_MAX = 0x3F;

  /** A name's length and the tag of a value. */
  private static final int MEMBER_BYTES_MIN = 2;

  /** Bytes of the largest whole number of {@link DocumentLimits#NUMBER_DIGITS_MAX} digits. */
  private static final int DIGITS_BYTES_MAX = 417;

  /** Room that is made before elements are seen: a count alone must not cost memory. */
  private static final int BELIEVED_MAX = 64;

  private ValueCodec() {}

  /** Writes a value; {@code out} goes backwards. */
  static void write(ByteWriter out, JsonValue value) {
    if (value instanceof JsonText text) {
      writeText(out, text.value().getBytes(StandardCharsets.UTF_8));
    } else if (value instanceof JsonNumber number) {
      writeNumber(out, number);
    } else if (value instanceof JsonBoolean bool) {
      out.u8(bool.value() ? TRUE : FALSE);
    } else if (value instanceof JsonArray array) {
      int end = out.size();
      for (int i = array.size() - 1; i >= 0; i--) {
        write(out, array.get(i));
      }
      out.varint(array.size());
      out.varint(out.size() - end);
      out.u8(ARRAY);
    } else if (value instanceof JsonObject object) {
      int end = out.size();
      for (int i = object.size() - 1; i >= 0; i--) {
        write(out, object.values().get(i));
        out.text(object.names().get(i));
      }
      out.varint(object.size());
      out.varint(out.size() - end);
      out.u8(OBJECT);
    } else {
      out.u8(NULL);
    }
  }

  private static void writeText(ByteWriter out, byte[] utf8) {
    out.raw(utf8);
    if (utf8.length <= SMALL_MAX) {
      out.u8(SHORT_TEXT | utf8.length);
    } else {
      out.varint(utf8.length);
      out.u8(TEXT);
    }
  }

  private static void writeNumber(ByteWriter out, JsonNumber number) {
    if (!number.isLong()) {
      BigDecimal decimal = number.decimal();
      out.block(decimal.unscaledValue().toByteArray());
      out.signed(decimal.scale());
      out.u8(DECIMAL);
    } else if (number.longValue() >= 0 && number.longValue() <= SMALL_MAX) {
      out.u8(SMALL_NUMBER | (int) number.longValue());
    } else {
      out.signed(number.longValue());
      out.u8(WHOLE);
    }
  }

  /**
   * Reads a value.
   *
   * @throws HengeException CORRUPTION if it is not in the form that it must have
   */
  public static JsonValue read(ByteReader in) {
    return read(in, 0);
  }

  private static JsonValue read(ByteReader in, int depth) {
    int tag = in.u8();
    if (tag >= SMALL_NUMBER) {
      return JsonNumber.of(tag & SMALL_MAX);
    }
    if (tag >= SHORT_TEXT) {
      return new JsonText(in.text(tag & SMALL_MAX));
    }
    return switch (tag) {
      case NULL -> JsonNull.NULL;
      case FALSE -> JsonBoolean.FALSE;
      case TRUE -> JsonBoolean.TRUE;
      case WHOLE -> whole(in);
      case DECIMAL -> decimal(in);
      case TEXT -> text(in);
      case ARRAY -> array(in, depth + 1);
      case OBJECT -> object(in, depth + 1);
      default -> throw in.damaged("type " + tag);
    };
  }

  private static JsonNumber whole(ByteReader in) {
    long value = in.signed();
    if (value >= 0 && value <= SMALL_MAX) {
      throw in.damaged("a small number in a long form");
    }
    return JsonNumber.of(value);
  }

  private static JsonNumber decimal(ByteReader in) {
    long scale = in.signed();
    int length = in.count(1);
    if (Math.abs(scale) > DocumentLimits.NUMBER_EXPONENT_MAX
        || length == 0
        || length > DIGITS_BYTES_MAX) {
      throw in.damaged("a decimal of scale " + scale + " and " + length + " bytes");
    }
    byte[] unscaled = in.raw(length);
    if (length > 1 && unscaled[0] == (unscaled[1] < 0 ? -1 : 0)) {
      throw in.damaged("a decimal in a long form");
    }
    JsonNumber number = JsonNumber.ofOrNull(new BigDecimal(new BigInteger(unscaled), (int) scale));
    if (number == null || number.isLong()) {
      throw in.damaged("a decimal that is none, or of too many digits");
    }
    return number;
  }

  private static JsonText text(ByteReader in) {
    int length = in.count(1);
    if (length <= SMALL_MAX) {
      throw in.damaged("a short text in a long form");
    }
    return new JsonText(in.text(length));
  }

  private static JsonArray array(ByteReader in, int depth) {
    int end = enter(in, depth);
    int count = in.count(1);
    List<JsonValue> elements = new ArrayList<>(Math.min(count, BELIEVED_MAX));
    for (int i = 0; i < count; i++) {
      elements.add(read(in, depth));
    }
    leave(in, end);
    return JsonArray.of(elements);
  }

  private static JsonObject object(ByteReader in, int depth) {
    int end = enter(in, depth);
    int count = in.count(MEMBER_BYTES_MIN);
    JsonObject.Builder members = JsonObject.builder();
    for (int i = 0; i < count; i++) {
      String name = in.text();
      if (members.has(name)) {
        throw in.damaged("a member appears twice");
      }
      members.put(name, read(in, depth));
    }
    leave(in, end);
    return members.build();
  }

  /** Where the body that begins here ends. */
  private static int enter(ByteReader in, int depth) {
    if (depth > DocumentLimits.DEPTH_CEILING) {
      throw in.damaged("deeper than " + DocumentLimits.DEPTH_CEILING);
    }
    int length = in.count(1);
    return in.position() + length;
  }

  private static void leave(ByteReader in, int end) {
    if (in.position() != end) {
      throw in.damaged("a part does not end where it should");
    }
  }

  /** Bytes of a value in this form. */
  static long size(JsonValue value) {
    if (value instanceof JsonText text) {
      int length = utf8Length(text.value());
      return 1L + length + (length <= SMALL_MAX ? 0 : varintSize(length));
    }
    if (value instanceof JsonNumber number) {
      return numberSize(number);
    }
    if (value instanceof JsonArray array) {
      long body = varintSize(array.size());
      for (int i = 0; i < array.size(); i++) {
        body += size(array.get(i));
      }
      return 1 + varintSize(body) + body;
    }
    if (value instanceof JsonObject object) {
      long body = varintSize(object.size());
      for (int i = 0; i < object.size(); i++) {
        int name = utf8Length(object.names().get(i));
        body += varintSize(name) + name + size(object.values().get(i));
      }
      return 1 + varintSize(body) + body;
    }
    return 1;
  }

  private static int numberSize(JsonNumber number) {
    if (!number.isLong()) {
      BigDecimal decimal = number.decimal();
      int length = decimal.unscaledValue().bitLength() / 8 + 1;
      return 1 + varintSize(zigzag(decimal.scale())) + varintSize(length) + length;
    }
    long value = number.longValue();
    return value >= 0 && value <= SMALL_MAX ? 1 : 1 + varintSize(zigzag(value));
  }

  private static long zigzag(long value) {
    return (value << 1) ^ (value >> 63);
  }

  private static int varintSize(long value) {
    return Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
  }

  private static int utf8Length(String text) {
    int length = text.length();
    int bytes = length;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        // A pair of surrogates is four bytes: two for each half.
        bytes += c < 0x800 || Character.isSurrogate(c) ? 1 : 2;
      }
    }
    return bytes;
  }
}
