package io.henge.document.filter;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.path.Path;
import io.henge.document.path.PathParser;
import io.henge.document.path.PathSyntaxException;
import io.henge.document.value.Json;
import io.henge.document.value.JsonSyntaxException;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the text of filters.
 *
 * <pre>
 *   or      = and { "or" and }
 *   and     = unary { "and" unary }
 *   unary   = "not" unary | "(" or ")" | "true" | "false" | "exists" "(" path ")"
 *           | "and" "(" [ or ] ")" | "or" "(" [ or ] ")" | term
 *   term    = path ( "=" | "!=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=" ) value
 *           | path "in" "(" [ value { "," value } ] ")"
 *           | path "contains" value | path "prefix" text | path "matches" text
 *   value   = any JSON value;  path = see Path
 * </pre>
 *
 * Words in any case. A member with the name of a word is quoted.
 */
final class FilterParser {
  private static final int WORD_SHOWN_MAX = 40;

  /** What other languages call an operator, and what it is here. */
  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "like", "prefix, or matches with a pattern",
          "ilike", "matches with a pattern",
          "startswith", "prefix",
          "is", "= (is null: = null, is not null: != null)",
          "between", ">= and <=",
          "not", "not in front of the condition: not (status in (1, 2))",
          "regex", "matches",
          "eq", "=",
          "ne", "!=");

  private final String text;
  private int at;
  private int depth;

  FilterParser(String text) {
    this.text = text;
  }

  Filter parse() {
    if (text.length() > DocumentLimits.FILTER_CHARS_MAX) {
      throw HengeException.invalid(
          "filter: "
              + text.length()
              + " characters, the limit is "
              + DocumentLimits.FILTER_CHARS_MAX);
    }
    Filter filter = or();
    if (at < text.length()) {
      throw error("\"and\", \"or\" or the end is missing, found " + found());
    }
    return filter;
  }

  private Filter or() {
    List<Filter> filters = new ArrayList<>();
    do {
      filters.add(and());
    } while (word("or"));
    return filters.size() == 1 ? filters.get(0) : new Filter.Or(filters);
  }

  private Filter and() {
    List<Filter> filters = new ArrayList<>();
    do {
      filters.add(unary());
    } while (word("and"));
    return filters.size() == 1 ? filters.get(0) : new Filter.And(filters);
  }

  private Filter unary() {
    skipSpace();
    if (++depth > DocumentLimits.FILTER_DEPTH_MAX) {
      throw error(
          "\"not\" and parentheses within each other are too deep, the limit is "
              + DocumentLimits.FILTER_DEPTH_MAX);
    }
    Filter filter;
    if (word("not")) {
      filter = new Filter.Not(unary());
    } else if (symbol("(")) {
      filter = or();
      require(")");
    } else if (word("and")) {
      filter = new Filter.And(function());
    } else if (word("or")) {
      filter = new Filter.Or(function());
    } else if (word("exists")) {
      require("(");
      filter = new Filter.Exists(path());
      require(")");
    } else if (word("true")) {
      filter = new Filter.Always(true);
    } else if (word("false")) {
      filter = new Filter.Always(false);
    } else {
      filter = term();
    }
    depth--;
    return filter;
  }

  private List<Filter> function() {
    require("(");
    if (symbol(")")) {
      return List.of();
    }
    Filter only = or();
    require(")");
    return List.of(only);
  }

  private Filter term() {
    Path path = path();
    if (word("in")) {
      return new Filter.In(path, values());
    }
    if (word("contains")) {
      return new Filter.Contains(path, value());
    }
    if (word("prefix")) {
      return new Filter.Prefix(path, textValue("prefix"));
    }
    if (word("matches")) {
      skipSpace();
      int patternAt = at;
      String pattern = textValue("matches");
      try {
        return new Filter.Matches(path, TextPattern.of(pattern));
      } catch (HengeException e) {
        at = patternAt;
        throw error(String.valueOf(e.getMessage()));
      }
    }
    return new Filter.Compare(path, operator(), value());
  }

  private Operator operator() {
    // The longer ones first: "<" would take the beginning of "<=".
    if (symbol("!=")) {
      return Operator.NOT_EQUAL;
    }
    if (symbol("<=")) {
      return Operator.LESS_OR_EQUAL;
    }
    if (symbol(">=")) {
      return Operator.GREATER_OR_EQUAL;
    }
    if (symbol("<")) {
      return Operator.LESS;
    }
    if (symbol(">")) {
      return Operator.GREATER;
    }
    if (symbol("=")) {
      return Operator.EQUAL;
    }
    String word = foundWord();
    String meant = elsewhere(word);
    throw error(
        "an operator is missing (=, !=, <, <=, >, >=, in, contains, prefix, matches), found "
            + (word.isEmpty() ? found() : "'" + word + "'")
            + (meant == null ? "" : "; here it is " + meant));
  }

  /** What something is called here that other languages have; null if it is no such word. */
  private static @Nullable String elsewhere(String word) {
    for (Map.Entry<String, String> each : ELSEWHERE.entrySet()) {
      if (each.getKey().equalsIgnoreCase(word)) {
        return each.getValue();
      }
    }
    return null;
  }

  /** The word that stands here; empty = none. */
  private String foundWord() {
    int end = at;
    while (end < text.length() && continuesName(text.charAt(end)) && end - at < WORD_SHOWN_MAX) {
      end++;
    }
    return text.substring(at, end);
  }

  private List<JsonValue> values() {
    require("(");
    List<JsonValue> values = new ArrayList<>();
    if (symbol(")")) {
      return values;
    }
    do {
      values.add(value());
    } while (symbol(","));
    require(")");
    return values;
  }

  private JsonValue value() {
    try {
      Json.Prefix prefix = Json.parsePrefix(text, at, DocumentLimits.DEFAULT);
      at = prefix.end();
      return prefix.value();
    } catch (JsonSyntaxException e) {
      at = e.position();
      String remark =
          text.startsWith("=", at) ? "; to be equal is =" : "; texts stand in double quotes";
      throw error(e.reason() + remark);
    }
  }

  private String textValue(String operator) {
    skipSpace();
    int valueAt = at;
    JsonValue value = value();
    if (value instanceof JsonText json) {
      return json.value();
    }
    at = valueAt;
    throw error(operator + " takes a text, found " + value.type().words());
  }

  private Path path() {
    skipSpace();
    PathParser parser = new PathParser(text, at);
    try {
      Path path = parser.parse();
      at = parser.end();
      return path;
    } catch (PathSyntaxException e) {
      at = e.position();
      throw error(e.reason());
    }
  }

  /** Takes a word if it stands here, whole. */
  private boolean word(String word) {
    skipSpace();
    int end = at + word.length();
    if (!text.regionMatches(true, at, word, 0, word.length())
        || (end < text.length() && continuesName(text.charAt(end)))) {
      return false;
    }
    at = end;
    return true;
  }

  private static boolean continuesName(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '$'
        || c == '-'
        || c == '.';
  }

  private boolean symbol(String symbol) {
    skipSpace();
    if (!text.startsWith(symbol, at)) {
      return false;
    }
    at += symbol.length();
    return true;
  }

  private void require(String symbol) {
    if (!symbol(symbol)) {
      throw error("'" + symbol + "' is missing, found " + found());
    }
  }

  private void skipSpace() {
    while (at < text.length() && text.charAt(at) <= ' ') {
      at++;
    }
  }

  private String found() {
    return at >= text.length()
        ? "the end"
        : "'" + text.substring(at, text.offsetByCodePoints(at, 1)) + "'";
  }

  private HengeException error(String reason) {
    return FilterSyntaxException.of(text, at, reason);
  }
}
