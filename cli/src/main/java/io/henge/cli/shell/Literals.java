package io.henge.cli.shell;

import com.fasterxml.jackson.databind.util.RawValue;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.cli.output.Json;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Keys and values as the shell shows them, which is how it reads them. */
final class Literals {
  private Literals() {}

  /** A lone part as itself, several (or none) in parentheses. */
  static String show(Key key) {
    List<Object> parts = key.parts();
    String joined = parts.stream().map(Literals::part).collect(Collectors.joining(", "));
    return parts.size() == 1 ? joined : "(" + joined + ")";
  }

  /** As {@link #show(Value)}, a document over several lines. */
  static String pretty(Value value) {
    return value instanceof Value.Document document
        ? io.henge.document.value.Json.pretty(DocumentCodec.decode(document.bytes()))
        : show(value);
  }

  /** A document for JSON. */
  static RawValue raw(JsonObject document) {
    return new RawValue(io.henge.document.value.Json.print(document));
  }

  /** A counter bare, text quoted, JSON objects and arrays as they are, other bytes as 0x... */
  static String show(Value value) {
    if (value instanceof Value.Document document) {
      return io.henge.document.value.Json.print(DocumentCodec.decode(document.bytes()));
    }
    if (value instanceof Value.Counter counter) {
      return Long.toString(counter.value());
    }
    byte[] bytes = ((Value.Data) value).bytes();
    return text(bytes).map(t -> isJson(t) ? t : Json.quote(t)).orElseGet(() -> hex(bytes));
  }

  /** The parts of a key for JSON: texts, numbers, booleans; bytes as a text that begins with 0x. */
  static List<Object> json(Key key) {
    List<Object> parts = new ArrayList<>();
    for (Object part : key.parts()) {
      parts.add(part instanceof byte[] bytes ? hex(bytes) : part);
    }
    return parts;
  }

  /** The value for JSON. */
  static Object json(Value value) {
    if (value instanceof Value.Document document) {
      return raw(DocumentCodec.decode(document.bytes()));
    }
    if (value instanceof Value.Counter counter) {
      return counter.value();
    }
    byte[] bytes = ((Value.Data) value).bytes();
    return text(bytes).orElseGet(() -> hex(bytes));
  }

  /** Tells values apart that look the same in JSON. */
  static String type(Value value) {
    if (value instanceof Value.Data data) {
      return text(data.bytes()).isPresent() ? "text" : "bytes";
    }
    return value instanceof Value.Document ? "document" : "counter";
  }

  private static String part(Object part) {
    if (part instanceof byte[] bytes) {
      return hex(bytes);
    }
    return part instanceof String text ? Json.quote(text) : part.toString();
  }

  private static String hex(byte[] bytes) {
    return "0x" + HexFormat.of().formatHex(bytes);
  }

  /** The bytes as text, if they are UTF-8. */
  private static Optional<String> text(byte[] bytes) {
    try {
      return Optional.of(
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes))
              .toString());
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }

  private static boolean isJson(String text) {
    if (!text.startsWith("{") && !text.startsWith("[")) {
      return false;
    }
    // Only what the lexer would read back as the same one value; never anything with line breaks.
    if (text.chars().anyMatch(Character::isISOControl)) {
      return false;
    }
    try {
      List<Lexeme> lexemes = Lexer.cut(text);
      return lexemes.size() == 2 && lexemes.get(0).text().equals(text);
    } catch (SyntaxException e) {
      return false;
    }
  }
}
