package io.henge.document.filter;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.value.Json;
import org.jspecify.annotations.Nullable;

/**
 * A pattern for texts, in the syntax of RE2: no back references and no looking around, and in
 * return the time to match is bounded by the length of the text times the size of the pattern.
 * Immutable, safe for use by many threads; equal if written equally.
 */
public final class TextPattern {
  /** Largest pattern when its repeats are written out. */
  private static final int SIZE_MAX = 2_000;

  private final String text;
  private final Pattern pattern;

  private TextPattern(String text, Pattern pattern) {
    this.text = text;
    this.pattern = pattern;
  }

  /**
   * Compiles a pattern.
   *
   * @throws HengeException INVALID_ARGUMENT if it is none, too long, or too large once repeats are
   *     written out
   */
  public static TextPattern of(String text) {
    if (text.length() > DocumentLimits.PATTERN_CHARS_MAX) {
      throw HengeException.invalid(
          "pattern: "
              + text.length()
              + " characters, the limit is "
              + DocumentLimits.PATTERN_CHARS_MAX);
    }
    FilterShape.checkText(text);
    // The library writes repeats out while it compiles, (a{999}){999} too: so look before.
    long size = new PatternSize(text).estimate();
    if (size > SIZE_MAX) {
      throw tooLarge(text, size);
    }
    try {
      Pattern pattern = Pattern.compile(text);
      if (pattern.programSize() > 2 * SIZE_MAX) {
        throw tooLarge(text, pattern.programSize());
      }
      return new TextPattern(text, pattern);
    } catch (PatternSyntaxException e) {
      throw HengeException.invalid(
          "pattern " + Json.quote(text) + ": " + e.getDescription() + " (syntax of RE2)");
    }
  }

  /** Whether the pattern is found anywhere in a text. */
  boolean find(String in) {
    return pattern.matcher(in).find();
  }

  /** Steps for each character of a text, at most. */
  int cost() {
    return pattern.programSize();
  }

  private static HengeException tooLarge(String text, long size) {
    return HengeException.invalid(
        "pattern "
            + Json.quote(text)
            + ": "
            + size
            + " parts once its repeats are written out, the limit is "
            + SIZE_MAX);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TextPattern that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  /** As it was written. */
  @Override
  public String toString() {
    return text;
  }
}
