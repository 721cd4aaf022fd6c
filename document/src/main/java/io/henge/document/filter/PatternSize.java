package io.henge.document.filter;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How large a pattern becomes when its counted repeats are written out. An estimate from the text
 * alone: never much below what the library makes of a correct pattern; what it says of an incorrect
 * one does not matter.
 */
final class PatternSize {
  private static final long HUGE = 1L << 40;

  private final String text;

  /** Sizes of the groups around, without what is in {@link #group}. */
  private final Deque<Long> outer = new ArrayDeque<>();

  private long group;

  /** The last part of {@link #group}: what a repeat would repeat. */
  private long last;

  private int at;

  PatternSize(String text) {
    this.text = text;
  }

  long estimate() {
    while (at < text.length()) {
      char c = text.charAt(at);
      switch (c) {
        case '\\' -> escape();
        case '[' -> characterClass();
        case '{' -> repeat();
        case '(' -> {
          outer.push(group);
          group = 0;
          last = 0;
          at++;
        }
        case ')' -> {
          long inner = group + 2;
          group = outer.isEmpty() ? 0 : outer.pop();
          part(inner);
          at++;
        }
        default -> {
          part(1);
          at++;
        }
      }
    }
    long total = group;
    for (long size : outer) {
      total = Math.min(HUGE, total + size);
    }
    return total;
  }

  private void part(long size) {
    last = size;
    group = Math.min(HUGE, group + size);
  }

  private void escape() {
    if (text.startsWith("\\Q", at)) {
      int end = text.indexOf("\\E", at);
      int stop = end < 0 ? text.length() : end;
      part(stop - at);
      // A repeat behind it repeats one character; counting all of them is on the safe side.
      at = end < 0 ? text.length() : end + 2;
      return;
    }
    char kind = at + 1 < text.length() ? text.charAt(at + 1) : 0;
    at = Math.min(text.length(), at + 2);
    if ((kind == 'x' || kind == 'p' || kind == 'P')
        && at < text.length()
        && text.charAt(at) == '{') {
      int end = text.indexOf('}', at);
      at = end < 0 ? text.length() : end + 1;
    }
    part(1);
  }

  private void characterClass() {
    at++;
    if (at < text.length() && text.charAt(at) == '^') {
      at++;
    }
    int first = at;
    while (at < text.length() && (text.charAt(at) != ']' || at == first)) {
      int named = text.startsWith("[:", at) ? text.indexOf(":]", at + 2) : -1;
      at = named >= 0 ? named + 2 : text.charAt(at) == '\\' ? at + 2 : at + 1;
    }
    at = Math.min(text.length(), at + 1);
    part(1);
  }

  /** {@code {n}}, {@code {n,}} or {@code {n,m}}; anything else is a plain character. */
  private void repeat() {
    int position = at + 1;
    long times = 0;
    long number = 0;
    boolean digits = false;
    while (position < text.length()) {
      char c = text.charAt(position++);
      if (c >= '0' && c <= '9') {
        number = Math.min(HUGE, number * 10 + (c - '0'));
        digits = true;
      } else if (c == ',' && digits) {
        times = number;
        number = 0;
      } else if (c == '}' && digits) {
        times = Math.max(1, Math.max(times, number));
        long repeated = last > HUGE / times ? HUGE : last * times;
        group = Math.min(HUGE, group - last + repeated);
        last = repeated;
        at = position;
        return;
      } else {
        break;
      }
    }
    part(1);
    at++;
  }
}
