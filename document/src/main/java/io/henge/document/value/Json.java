package io.henge.document.value;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * JSON as text: RFC 8259, and nothing beyond it. Duplicate members, half surrogate pairs, text
 * after the value, {@code NaN} and the like are errors. Every error is INVALID_ARGUMENT, says where
 * (line and column, counted from 1), what was found and, if there is one, the limit.
 */
public final class Json {
  /**
   * A value at the beginning of a text.
   *
   * @param end where the text goes on, as an index
   */
  public record Prefix(JsonValue value, int end) {}

  private Json() {}

  public static JsonValue parse(String text) {
    return parse(text, DocumentLimits.DEFAULT);
  }

  /**
   * Parses a text.
   *
   * @throws JsonSyntaxException if it is not JSON, or over a limit
   */
  public static JsonValue parse(String text, DocumentLimits limits) {
    if (text.length() > limits.textBytesMax()) {
      throw tooLong(text.length() + " characters", limits);
    }
    return new JsonParser(text, 0, limits).whole();
  }

  public static JsonValue parse(byte[] utf8) {
    return parse(utf8, DocumentLimits.DEFAULT);
  }

  /**
   * Parses UTF-8.
   *
   * @throws HengeException INVALID_ARGUMENT if it is not UTF-8, not JSON, or over a limit
   */
  public static JsonValue parse(byte[] utf8, DocumentLimits limits) {
    if (utf8.length > limits.textBytesMax()) {
      throw tooLong(utf8.length + " bytes", limits);
    }
    return new JsonParser(decode(utf8), 0, limits).whole();
  }

  /**
   * Parses a text that must be an object.
   *
   * @throws HengeException INVALID_ARGUMENT if it is another value, not JSON, or over a limit
   */
  public static JsonObject parseObject(String text) {
    return object(parse(text));
  }

  /** The same from UTF-8. */
  public static JsonObject parseObject(byte[] utf8) {
    return object(parse(utf8));
  }

  /**
   * Parses the value that begins at an index of a text; what follows it is left alone.
   *
   * @throws JsonSyntaxException if there is none
   */
  public static Prefix parsePrefix(String text, int from, DocumentLimits limits) {
    return new JsonParser(text, from, limits).prefix();
  }

  /** On one line, without white space. Numbers keep their scale, members their order. */
  public static String print(JsonValue value) {
    return new JsonPrinter(false).print(value);
  }

  /** One line for each member and element, indented by two spaces for each level. */
  public static String pretty(JsonValue value) {
    return new JsonPrinter(true).print(value);
  }

  /** {@link #print} as UTF-8. */
  public static byte[] bytes(JsonValue value) {
    return print(value).getBytes(StandardCharsets.UTF_8);
  }

  /** A text as JSON: quoted, special characters escaped. */
  public static String quote(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2);
    JsonPrinter.quote(out, text);
    return out.toString();
  }

  private static JsonObject object(JsonValue value) {
    if (value instanceof JsonObject object) {
      return object;
    }
    throw HengeException.invalid(
        "JSON: a document is an object, found " + value.type().words() + "; wrap it in {...}");
  }

  private static String decode(byte[] utf8) {
    String text = new String(utf8, StandardCharsets.UTF_8);
    // What was malformed has become U+FFFD. Looking for that is cheaper than a strict decoder.
    if (text.indexOf('\uFFFD') < 0) {
      return text;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw HengeException.invalid("JSON: the text is not UTF-8");
    }
  }

  private static HengeException tooLong(String found, DocumentLimits limits) {
    return HengeException.invalid(
        "JSON: a text of "
            + found
            + ", the limit is "
            + limits.textBytesMax()
            + " bytes; store large content elsewhere and refer to it");
  }
}
