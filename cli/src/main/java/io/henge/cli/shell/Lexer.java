package io.henge.cli.shell;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import io.henge.cli.shell.Lexeme.Kind;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a text into lexemes. Texts in quotes are JSON strings; bare numbers follow JSON's grammar
 * (so {@code 007} is a word); {@code 0x} and hexadecimal digits are bytes; an object or array is
 * one lexeme; a declaration of a copy is one text, as is a filter in parentheses; {@code #} at the
 * start of a lexeme begins a comment. Line breaks and semicolons end statements, except inside
 * parentheses and JSON values.
 */
final class Lexer {
  private static final Pattern WHOLE = Pattern.compile("-?(0|[1-9][0-9]*)");
  private static final Pattern REAL =
      Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");
  private static final Pattern BYTES = Pattern.compile("0x([0-9a-fA-F]{2})*");
  private static final String DECLARATION = "copy";
  private static final String PUNCTUATION = "\"(),;{}[]\\";

  private final String input;
  private final List<Lexeme> lexemes = new ArrayList<>();
  private int position;
  private int line;
  private int lineStart;
  private int depth;

  private Lexer(String input, int firstLine) {
    this.input = input;
    this.line = firstLine;
  }

  /** All lexemes of a text; the last is an {@link Kind#END}. */
  static List<Lexeme> cut(String input) {
    return cut(input, 1);
  }

  /** The same of a part of a text, whose first line has this number. */
  static List<Lexeme> cut(String input, int firstLine) {
    return new Lexer(input, firstLine).run();
  }

  private List<Lexeme> run() {
    while (position < input.length()) {
      char c = input.charAt(position);
      if (c == '\n') {
        if (depth == 0) {
          add(Kind.END, "\n", null);
        }
        position++;
        line++;
        lineStart = position;
      } else if (Character.isWhitespace(c)) {
        position++;
      } else if (c == '#') {
        skipComment();
      } else {
        lexeme(c);
      }
    }
    if (depth > 0) {
      throw new SyntaxException("found the end of the input, expected ) to close the key", true);
    }
    add(Kind.END, "", null);
    return lexemes;
  }

  private void lexeme(char c) {
    switch (c) {
      case ';' -> {
        if (depth > 0) {
          throw error("found ;, expected ) to close the key", "(\"eu\", 42)");
        }
        punctuation(Kind.END, ";");
      }
      case '(' -> {
        depth++;
        punctuation(Kind.OPEN, "(");
      }
      case ')' -> {
        depth = Math.max(0, depth - 1);
        punctuation(Kind.CLOSE, ")");
      }
      case ',' -> punctuation(Kind.COMMA, ",");
      case '"' -> string();
      case '{', '[' -> json();
      case '}', ']', '\\' ->
          throw error(
              "found " + c + ", expected a word, a number or a quoted text", "\"a" + c + "b\"");
      case '\'' ->
          throw error(
              "found a single quote, expected a text in double quotes as in JSON", "\"a pear\"");
      default -> bare();
    }
  }

  private void skipComment() {
    while (position < input.length() && input.charAt(position) != '\n') {
      position++;
    }
  }

  private void punctuation(Kind kind, String text) {
    add(kind, text, null);
    position += text.length();
  }

  private void bare() {
    int end = position;
    while (end < input.length() && (isBare(input.charAt(end)) || element(end) > 0)) {
      end += Math.max(1, element(end));
    }
    String word = input.substring(position, end);
    if (WHOLE.matcher(word).matches()) {
      add(Kind.WHOLE, word, wholeNumber(word));
    } else if (REAL.matcher(word).matches()) {
      add(Kind.REAL, word, realNumber(word));
    } else if (word.startsWith("0x")) {
      add(Kind.BYTES, word, bytes(word));
    } else if (word.equals("true") || word.equals("false")) {
      add(Kind.BOOLEAN, word, word.equals("true"));
    } else {
      add(Kind.WORD, word, word);
    }
    int start = position;
    position = end;
    requireGap(word);
    if (word.equals(DECLARATION) && isFirst()) {
      declaration(start);
    } else if (word.equals("where") && !isFirst()) {
      filter();
    }
  }

  /** Takes a filter in parentheses, which has a grammar of its own, as one text. */
  private void filter() {
    int start = position;
    while (start < input.length() && input.charAt(start) == ' ') {
      start++;
    }
    if (start >= input.length() || input.charAt(start) != '(') {
      return;
    }
    int end = start;
    int open = 0;
    boolean quoted = false;
    do {
      char c = input.charAt(end++);
      if (quoted) {
        end += c == '\\' ? 1 : 0;
        quoted = c != '"';
      } else {
        quoted = c == '"';
        open += c == '(' ? 1 : c == ')' ? -1 : 0;
      }
    } while (open > 0 && end < input.length());
    if (open > 0) {
      throw new SyntaxException("found the end of the input, expected ) to close the filter", true);
    }
    String text = input.substring(start, end);
    position = start;
    add(Kind.STRING, text, text);
    line += (int) text.chars().filter(c -> c == '\n').count();
    lineStart = text.contains("\n") ? start + text.lastIndexOf('\n') + 1 : lineStart;
    position = end;
    requireGap(text);
  }

  /** Length of {@code []} or {@code [0]} within a path, as in {@code items[].price}; 0 = none. */
  private int element(int index) {
    if (index == position || input.charAt(index) != '[') {
      return 0;
    }
    int end = index + 1;
    while (end < input.length() && Character.isDigit(input.charAt(end))) {
      end++;
    }
    return end < input.length() && input.charAt(end) == ']' ? end + 1 - index : 0;
  }

  /** Whether the lexeme before is the first of its statement. */
  private boolean isFirst() {
    int last = lexemes.size() - 1;
    return last == 0 || lexemes.get(last - 1).kind() == Kind.END;
  }

  /**
   * Takes a declaration of a copy as one text, which has a grammar of its own: up to the end of the
   * statement.
   *
   * @param start where it begins, its first word included
   */
  private void declaration(int start) {
    int end = position;
    int open = 0;
    boolean quoted = false;
    while (end < input.length()) {
      char c = input.charAt(end);
      if (quoted) {
        end += c == '\\' ? 1 : 0;
        quoted = c != '"';
      } else if (c == ';' || (c == '\n' && open <= 0) || isComment(end)) {
        break;
      } else {
        quoted = c == '"';
        open += c == '(' ? 1 : c == ')' ? -1 : 0;
      }
      end++;
    }
    if (end >= input.length() && open > 0) {
      throw new SyntaxException("found the end of the input, expected )", true);
    }
    end = Math.min(end, input.length());
    String text = input.substring(start, end);
    if (!text.substring(DECLARATION.length()).isBlank()) {
      add(Kind.STRING, text, text);
    }
    line += (int) text.chars().filter(c -> c == '\n').count();
    lineStart = text.contains("\n") ? start + text.lastIndexOf('\n') + 1 : lineStart;
    position = end;
  }

  private boolean isComment(int index) {
    return input.charAt(index) == '#' && Character.isWhitespace(input.charAt(index - 1));
  }

  private static boolean isBare(char c) {
    return !Character.isWhitespace(c) && PUNCTUATION.indexOf(c) < 0;
  }

  private Long wholeNumber(String word) {
    try {
      return Long.parseLong(word);
    } catch (NumberFormatException e) {
      throw error(
          "found the whole number "
              + word
              + ", expected one of 64 bits; quote it to use it as text",
          '"' + word + '"');
    }
  }

  private Double realNumber(String word) {
    double real = Double.parseDouble(word);
    if (Double.isInfinite(real)) {
      throw error(
          "found the number "
              + word
              + ", expected one of at most 1.8e308; quote it to use it as text",
          '"' + word + '"');
    }
    return real;
  }

  private byte[] bytes(String word) {
    if (!BYTES.matcher(word).matches()) {
      throw error("found " + word + ", expected pairs of hexadecimal digits after 0x", "0x00ff");
    }
    return HexFormat.of().parseHex(word.substring(2));
  }

  /** A JSON string; never runs over the end of the line. */
  private void string() {
    int end = position + 1;
    while (end < input.length() && input.charAt(end) != '"' && input.charAt(end) != '\n') {
      end += input.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= input.length() || input.charAt(end) == '\n') {
      throw error("found the end of the line, expected \" to close the text", "\"a pear\"");
    }
    String quoted = input.substring(position, end + 1);
    try (JsonParser parser = Json.parser(quoted)) {
      parser.nextToken();
      add(Kind.STRING, quoted, parser.getText());
    } catch (IOException e) {
      throw error(
          "found " + reason(e) + ", expected a text quoted as in JSON",
          "\"two\\nlines, a \\\" and a \\\\\"");
    }
    position = end + 1;
    requireGap(quoted);
  }

  /** A JSON object or array, found by reading it. */
  private void json() {
    String rest = input.substring(position);
    int length;
    try (JsonParser parser = Json.parser(rest)) {
      int open = 0;
      do {
        JsonToken token = parser.nextToken();
        open += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      } while (open > 0);
      length = (int) parser.currentLocation().getCharOffset();
    } catch (IOException e) {
      if (endsTooEarly(e)) {
        throw new SyntaxException(
            at() + "found the end of the input, expected the end of the JSON value", true);
      }
      throw error(
          "found " + reason(e) + where(e) + ", expected a JSON value",
          "{\"name\": \"Ann\", \"age\": 42}");
    }
    String text = rest.substring(0, length);
    add(Kind.JSON, text, text);
    position += length;
    int lastBreak = text.lastIndexOf('\n');
    if (lastBreak >= 0) {
      line += (int) text.chars().filter(c -> c == '\n').count();
      lineStart = position - (length - lastBreak - 1);
    }
    requireGap(text);
  }

  /** Jackson has an exception for this, but not for an input that ends after a comma. */
  private static boolean endsTooEarly(IOException e) {
    return e instanceof JsonEOFException
        || String.valueOf(e.getMessage()).startsWith("Unexpected end-of-input");
  }

  /** Two lexemes never touch: {@code "a"b} is a slip of the pen, not two arguments. */
  private void requireGap(String before) {
    if (position < input.length()) {
      char c = input.charAt(position);
      if (!Character.isWhitespace(c) && "(),;".indexOf(c) < 0) {
        throw error(
            "found " + c + " right after " + shorten(before) + ", expected a blank",
            "put carts ann \"a pear\"");
      }
    }
  }

  private static String shorten(String text) {
    String shown = text.length() <= 20 ? text : text.substring(0, 20) + "...";
    return shown.replaceAll("\\R", " ");
  }

  private static String reason(IOException e) {
    if (e instanceof StreamConstraintsException) {
      // Whatever it is, a document may have less of it; the library's words name its own settings.
      return "a value that is too deep or too long (a document has at most 100 levels)";
    }
    String message =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    return "a fault (" + String.valueOf(message).replaceAll("\\R.*", "") + ")";
  }

  /** Where in a JSON value a fault is, as places of the input are counted. */
  private String where(IOException e) {
    if (!(e instanceof JsonProcessingException json) || json.getLocation() == null) {
      return "";
    }
    int row = json.getLocation().getLineNr();
    int column = json.getLocation().getColumnNr() + (row == 1 ? position - lineStart : 0);
    return " at line " + (line + row - 1) + ", column " + column;
  }

  private void add(Kind kind, String text, @Nullable Object value) {
    lexemes.add(new Lexeme(kind, text, value, line, position - lineStart + 1));
  }

  private String at() {
    return "line " + line + ", column " + (position - lineStart + 1) + ": ";
  }

  private SyntaxException error(String message, String example) {
    return new SyntaxException(at() + message + "; example: " + example);
  }

  /** Loaded only when a quoted text or a JSON value is met. */
  private static final class Json {
    private static final JsonFactory FACTORY = new JsonFactory();

    static JsonParser parser(String text) throws IOException {
      return FACTORY.createParser(new StringReader(text));
    }
  }
}
