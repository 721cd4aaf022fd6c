package io.henge.document.value;

import io.henge.document.DocumentLimits;
import java.math.BigDecimal;
import java.math.BigInteger;

/** Reads one number. Nothing is computed before digits and exponent are within their limits. */
final class NumberScanner {
  private static final int LONG_DIGITS = 18;

  /** Exponents of more digits are over every limit, and would not fit an int. */
  private static final int EXPONENT_DIGITS_MAX = 7;

  private final String text;
  private final int start;
  private int at;

  NumberScanner(String text, int start) {
    this.text = text;
    this.start = start;
    this.at = start;
  }

  /** Index behind the number. */
  int end() {
    return at;
  }

  JsonNumber scan() {
    boolean negative = peek() == '-';
    if (negative) {
      at++;
    }
    int wholeStart = at;
    if (!JsonParser.isDigit(peek())) {
      throw error("a digit is missing, found " + JsonParser.found(text, at));
    }
    digits();
    int wholeEnd = at;
    if (wholeEnd - wholeStart > 1 && text.charAt(wholeStart) == '0') {
      at = start;
      throw error("a number begins with a needless 0: " + JsonParser.found(text, at));
    }
    int fractionStart = at;
    int fractionEnd = at;
    if (peek() == '.') {
      fractionStart = ++at;
      digits();
      fractionEnd = at;
      if (fractionStart == fractionEnd) {
        throw error("a digit is missing after '.', found " + JsonParser.found(text, at));
      }
    }
    if (peek() == 'e' || peek() == 'E') {
      return scientific(negative, wholeStart, wholeEnd, fractionStart, fractionEnd);
    }
    int wholeDigits = wholeEnd - wholeStart;
    if (fractionStart == fractionEnd && wholeDigits <= LONG_DIGITS) {
      return JsonNumber.of(Long.parseLong(text, start, wholeEnd, 10));
    }
    return exact(negative, wholeStart, wholeEnd, fractionStart, fractionEnd, 0);
  }

  private JsonNumber scientific(
      boolean negative, int wholeStart, int wholeEnd, int fractionStart, int fractionEnd) {
    at++;
    boolean minus = peek() == '-';
    if (minus || peek() == '+') {
      at++;
    }
    int exponentStart = at;
    digits();
    if (at == exponentStart) {
      throw error("the digits of an exponent are missing, found " + JsonParser.found(text, at));
    }
    int significant = exponentStart;
    while (significant < at - 1 && text.charAt(significant) == '0') {
      significant++;
    }
    if (at - significant > EXPONENT_DIGITS_MAX) {
      throw exponentError("of " + (at - significant) + " digits");
    }
    int exponent = Integer.parseInt(text, significant, at, 10);
    return exact(
        negative, wholeStart, wholeEnd, fractionStart, fractionEnd, minus ? -exponent : exponent);
  }

  private JsonNumber exact(
      boolean negative,
      int wholeStart,
      int wholeEnd,
      int fractionStart,
      int fractionEnd,
      int exponent) {
    long shifted = (long) exponent - (fractionEnd - fractionStart);
    if (Math.abs(shifted) > DocumentLimits.NUMBER_EXPONENT_MAX) {
      throw exponentError(Long.toString(shifted));
    }
    StringBuilder digits = new StringBuilder(wholeEnd - wholeStart + fractionEnd - fractionStart);
    digits.append(text, wholeStart, wholeEnd).append(text, fractionStart, fractionEnd);
    int zeros = 0;
    while (zeros < digits.length() - 1 && digits.charAt(zeros) == '0') {
      zeros++;
    }
    int significant = digits.length() - zeros;
    if (significant > DocumentLimits.NUMBER_DIGITS_MAX) {
      at = start;
      throw error(
          "a number of "
              + significant
              + " digits, the limit is "
              + DocumentLimits.NUMBER_DIGITS_MAX);
    }
    BigInteger unscaled = new BigInteger(digits.substring(zeros));
    return JsonNumber.of(
        new BigDecimal(negative ? unscaled.negate() : unscaled, Math.toIntExact(-shifted)));
  }

  private void digits() {
    while (at < text.length() && JsonParser.isDigit(text.charAt(at))) {
      at++;
    }
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private JsonSyntaxException exponentError(String found) {
    at = start;
    return error(
        "a number with an exponent "
            + found
            + " (of its last digit), the limits are -"
            + DocumentLimits.NUMBER_EXPONENT_MAX
            + " and "
            + DocumentLimits.NUMBER_EXPONENT_MAX);
  }

  private JsonSyntaxException error(String reason) {
    return new JsonSyntaxException(text, at, reason);
  }
}
