package io.henge.document.value;

/** Order and form of texts: by code points, which is the order of UTF-8 bytes. */
public final class TextOrder {
  private TextOrder() {}

  /** Compares by code points; Java's own order differs where surrogates are. */
  public static int compare(String left, String right) {
    int common = Math.min(left.length(), right.length());
    for (int i = 0; i < common; i++) {
      char a = left.charAt(i);
      char b = right.charAt(i);
      if (a != b) {
        return Integer.compare(rank(a), rank(b));
      }
    }
    return Integer.compare(left.length(), right.length());
  }

  /** Index of the first surrogate without its pair; -1 if there is none. */
  public static int loneSurrogate(String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        if (c > Character.MAX_HIGH_SURROGATE
            || i + 1 == length
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }

  /** Surrogates stand for what is above U+FFFF: after the rest. */
  private static int rank(char c) {
    return c < Character.MIN_SURROGATE ? c : c <= Character.MAX_SURROGATE ? c + 0x10000 : c;
  }
}
