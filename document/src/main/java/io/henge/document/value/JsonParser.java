package io.henge.document.value;

import io.henge.document.DocumentLimits;
import java.util.ArrayList;
import java.util.List;

/** Reads JSON; recursion ends at the limit of depth. */
final class JsonParser {
  private final String text;
  private final DocumentLimits limits;
  private int at;
  private int values;

  JsonParser(String text, int from, DocumentLimits limits) {
    this.text = text;
    this.at = from;
    this.limits = limits;
  }

  JsonValue whole() {
    JsonValue value = value(0);
    skipSpace();
    if (at < text.length()) {
      throw error("text after the value: " + found());
    }
    return value;
  }

  Json.Prefix prefix() {
    JsonValue value = value(0);
    return new Json.Prefix(value, at);
  }

  private JsonValue value(int depth) {
    skipSpace();
    // Every value takes a byte of the document at least: what cannot be stored is not gathered.
    if (++values > limits.bytesMax()) {
      throw error("more than " + limits.bytesMax() + " values, no document can hold so many");
    }
    if (at >= text.length()) {
      throw error("a value is missing, the text ends");
    }
    char c = text.charAt(at);
    return switch (c) {
      case '{' -> object(depth + 1);
      case '[' -> array(depth + 1);
      case '"' -> new JsonText(string());
      case 't' -> word("true", JsonBoolean.TRUE);
      case 'f' -> word("false", JsonBoolean.FALSE);
      case 'n' -> word("null", JsonNull.NULL);
      default -> {
        if (c == '-' || isDigit(c)) {
          NumberScanner scanner = new NumberScanner(text, at);
          JsonNumber number = scanner.scan();
          at = scanner.end();
          yield number;
        }
        throw error("a value is missing, found " + found());
      }
    };
  }

  private JsonValue word(String word, JsonValue value) {
    if (!text.startsWith(word, at)) {
      throw error("a value is missing, found " + found() + "; did you mean " + word + "?");
    }
    at += word.length();
    return value;
  }

  private JsonArray array(int depth) {
    enter(depth);
    List<JsonValue> elements = new ArrayList<>();
    if (closes(']')) {
      return JsonArray.EMPTY;
    }
    do {
      if (elements.size() == limits.arrayElementsMax()) {
        throw error("an array of more than " + limits.arrayElementsMax() + " elements");
      }
      elements.add(value(depth));
    } while (goesOn(']', "an array"));
    return JsonArray.of(elements);
  }

  private JsonObject object(int depth) {
    enter(depth);
    JsonObject.Builder members = JsonObject.builder();
    if (closes('}')) {
      return JsonObject.EMPTY;
    }
    do {
      skipSpace();
      if (at >= text.length() || text.charAt(at) != '"') {
        throw error("the name of a member in quotes is missing, found " + found());
      }
      int nameAt = at;
      String name = string();
      if (members.has(name)) {
        at = nameAt;
        throw error("member " + Json.quote(name) + " appears twice; leave one out");
      }
      skipSpace();
      if (at >= text.length() || text.charAt(at) != ':') {
        throw error("':' is missing after the name of a member, found " + found());
      }
      at++;
      members.put(name, value(depth));
    } while (goesOn('}', "an object"));
    return members.build();
  }

  private void enter(int depth) {
    if (depth > limits.depthMax()) {
      throw error(
          "arrays and objects within each other are "
              + depth
              + " deep, the limit is "
              + limits.depthMax());
    }
    at++;
  }

  private boolean closes(char end) {
    skipSpace();
    if (at < text.length() && text.charAt(at) == end) {
      at++;
      return true;
    }
    return false;
  }

  private boolean goesOn(char end, String what) {
    skipSpace();
    char c = at < text.length() ? text.charAt(at) : 0;
    if (c != ',' && c != end) {
      throw error("',' or '" + end + "' is missing in " + what + ", found " + found());
    }
    at++;
    return c == ',';
  }

  /** Reads a text from its opening quote to behind the closing one. */
  private String string() {
    int start = ++at;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '"') {
        return text.substring(start, at++);
      }
      if (c == '\\' || c < ' ' || Character.isSurrogate(c)) {
        return stringWithSpecials(start);
      }
      at++;
    }
    throw error("a text has no closing quote");
  }

  private String stringWithSpecials(int start) {
    StringBuilder out = new StringBuilder(Math.max(16, 2 * (at - start)));
    out.append(text, start, at);
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return out.toString();
      }
      if (c < ' ') {
        throw error("a control character in a text must be escaped, found " + found());
      }
      if (c == '\\') {
        escape(out);
      } else if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || at + 1 >= text.length()
            || !Character.isLowSurrogate(text.charAt(at + 1))) {
          throw error("half a surrogate pair: " + found());
        }
        out.append(c).append(text.charAt(at + 1));
        at += 2;
      } else {
        out.append(c);
        at++;
      }
    }
    throw error("a text has no closing quote");
  }

  private void escape(StringBuilder out) {
    char kind = at + 1 < text.length() ? text.charAt(at + 1) : 0;
    char plain =
        switch (kind) {
          case '"', '\\', '/' -> kind;
          case 'n' -> '\n';
          case 't' -> '\t';
          case 'r' -> '\r';
          case 'b' -> '\b';
          case 'f' -> '\f';
          default -> 0;
        };
    if (plain != 0) {
      out.append(plain);
      at += 2;
      return;
    }
    if (kind != 'u') {
      throw error("an escape that JSON does not know: " + found());
    }
    char first = unit();
    if (!Character.isSurrogate(first)) {
      out.append(first);
      at += 6;
      return;
    }
    int start = at;
    at += 6;
    if (Character.isHighSurrogate(first) && text.startsWith("\\u", at)) {
      char second = unit();
      if (Character.isLowSurrogate(second)) {
        out.append(first).append(second);
        at += 6;
        return;
      }
    }
    at = start;
    throw error("half a surrogate pair: \\u" + text.substring(at + 2, at + 6));
  }

  /** The four hexadecimal digits behind the backslash and u that stand here. */
  private char unit() {
    int value = 0;
    for (int i = at + 2; i < at + 6; i++) {
      char c = i < text.length() ? text.charAt(i) : 0;
      int digit = c < 128 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw error("\\u takes four hexadecimal digits, found " + found());
      }
      value = value << 4 | digit;
    }
    return (char) value;
  }

  private void skipSpace() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
        return;
      }
      at++;
    }
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** What stands here, for messages. */
  private String found() {
    return found(text, at);
  }

  static String found(String text, int at) {
    if (at >= text.length()) {
      return "the end of the text";
    }
    int c = text.codePointAt(at);
    if (c == 0xFEFF) {
      return "a byte order mark; save the text without one";
    }
    int end = at + Character.charCount(c);
    boolean plain = c < 128 && (Character.isLetterOrDigit(c) || c == '"' || c == '-' || c == '\\');
    while (plain && end < text.length() && end - at < 20) {
      char next = text.charAt(end);
      if (next <= ' ' || next >= 127 || (c != '"' && ",:]}\"".indexOf(next) >= 0)) {
        break;
      }
      end++;
      if (c == '"' && next == '"') {
        break;
      }
    }
    String shown = text.substring(at, end);
    boolean invisible = c < ' ' || c == 127 || (c >= 0xD800 && c <= 0xDFFF);
    return invisible ? "U+" + Integer.toHexString(0x10000 | c).substring(1) : "'" + shown + "'";
  }

  private JsonSyntaxException error(String reason) {
    return new JsonSyntaxException(text, at, reason);
  }
}
