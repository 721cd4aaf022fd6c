package io.henge.document.value;

import java.util.List;

/** Writes values as JSON. */
final class JsonPrinter {
  private static final String HEX = "0123456789abcdef";

  private final StringBuilder out = new StringBuilder();
  private final boolean pretty;

  JsonPrinter(boolean pretty) {
    this.pretty = pretty;
  }

  String print(JsonValue value) {
    write(value, 0);
    return out.toString();
  }

  private void write(JsonValue value, int level) {
    if (value instanceof JsonText text) {
      quote(out, text.value());
    } else if (value instanceof JsonArray array) {
      writeArray(array.elements(), level);
    } else if (value instanceof JsonObject object) {
      writeObject(object, level);
    } else {
      out.append(value);
    }
  }

  private void writeArray(List<JsonValue> elements, int level) {
    out.append('[');
    for (int i = 0; i < elements.size(); i++) {
      next(i, level + 1);
      write(elements.get(i), level + 1);
    }
    end(elements.size(), level);
    out.append(']');
  }

  private void writeObject(JsonObject object, int level) {
    out.append('{');
    for (int i = 0; i < object.size(); i++) {
      next(i, level + 1);
      quote(out, object.names().get(i));
      out.append(pretty ? ": " : ":");
      write(object.values().get(i), level + 1);
    }
    end(object.size(), level);
    out.append('}');
  }

  private void next(int index, int level) {
    if (index > 0) {
      out.append(',');
    }
    line(level);
  }

  private void end(int size, int level) {
    if (size > 0) {
      line(level);
    }
  }

  private void line(int level) {
    if (pretty) {
      out.append('\n');
      for (int i = 0; i < level; i++) {
        out.append("  ");
      }
    }
  }

  static void quote(StringBuilder out, String text) {
    out.append('"');
    int done = 0;
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c != '"' && c != '\\') {
        continue;
      }
      out.append(text, done, i);
      done = i + 1;
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> out.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
      }
    }
    out.append(text, done, length).append('"');
  }
}
