package io.henge.document.path;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.value.Json;
import io.henge.document.value.JsonSyntaxException;
import io.henge.document.value.JsonText;
import java.util.ArrayList;
import java.util.List;

/** Reads the path at the beginning of a text. */
public final class PathParser {
  private static final int INDEX_DIGITS_MAX = 9;

  private final String text;
  private final int start;
  private final List<PathStep> steps = new ArrayList<>();
  private int at;

  /**
   * @param from index of the character where the path begins
   */
  public PathParser(String text, int from) {
    this.text = text;
    this.start = from;
    this.at = from;
  }

  /**
   * Reads as far as the path goes; {@link #end} tells how far that is.
   *
   * @throws HengeException INVALID_ARGUMENT naming the position and what was found there
   */
  public Path parse() {
    if (peek() == '@') {
      at++;
    } else if (peek() != '[') {
      member(false);
    }
    while (peek() == '.' || peek() == '[') {
      if (peek() == '.') {
        at++;
        member(true);
      } else {
        bracket();
      }
      if (at - start > DocumentLimits.PATH_CHARS_MAX) {
        throw error("the path is longer than " + DocumentLimits.PATH_CHARS_MAX + " characters");
      }
      if (steps.size() > DocumentLimits.PATH_STEPS_MAX) {
        throw error("the path has more than " + DocumentLimits.PATH_STEPS_MAX + " steps");
      }
    }
    return Path.of(steps);
  }

  /** Index of the character behind the path. */
  public int end() {
    return at;
  }

  /** Index of the character that an error was about. */
  public int position() {
    return at;
  }

  private void member(boolean afterDot) {
    if (peek() == '"') {
      steps.add(new PathStep.Member(quoted()));
      return;
    }
    int from = at;
    while (isPart(at, at == from && !afterDot)) {
      at++;
    }
    if (at == from) {
      throw error(
          "the name of a member is missing, found "
              + found(text, at)
              + "; names with other characters than a-z, A-Z, 0-9, _, $ and - are quoted");
    }
    steps.add(new PathStep.Member(text.substring(from, at)));
  }

  private boolean isPart(int index, boolean first) {
    if (index >= text.length()) {
      return false;
    }
    char c = text.charAt(index);
    return first ? PathPrinter.isStart(c) : PathPrinter.isPart(c);
  }

  private void bracket() {
    at++;
    if (peek() == ']') {
      steps.add(new PathStep.AnyElement());
    } else if (peek() == '"') {
      steps.add(new PathStep.Member(quoted()));
    } else {
      int from = at;
      while (peek() >= '0' && peek() <= '9') {
        at++;
      }
      if (at == from) {
        throw error("an index, a quoted name or ] is missing after [, found " + found(text, at));
      }
      if (at - from > INDEX_DIGITS_MAX) {
        throw error("an index of more than " + INDEX_DIGITS_MAX + " digits");
      }
      steps.add(new PathStep.Index(Integer.parseInt(text, from, at, 10)));
    }
    if (peek() != ']') {
      throw error("] is missing, found " + found(text, at));
    }
    at++;
  }

  private String quoted() {
    try {
      Json.Prefix prefix = Json.parsePrefix(text, at, DocumentLimits.DEFAULT);
      at = prefix.end();
      return ((JsonText) prefix.value()).value();
    } catch (JsonSyntaxException e) {
      at = e.position();
      throw error(e.reason());
    }
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  static String found(String text, int at) {
    return at >= text.length()
        ? "the end"
        : "'" + text.substring(at, text.offsetByCodePoints(at, 1)) + "'";
  }

  HengeException error(String reason) {
    String shown = text.length() <= 120 ? text : text.substring(0, 117) + "...";
    return new PathSyntaxException(
        at, reason, "path " + Json.quote(shown) + ", character " + (at + 1) + ": " + reason);
  }
}
