package io.henge.api.key;

import java.util.Arrays;

/** The order of tuples, said without encodings: part by part, parts of different types by type. */
final class TupleOrder {
  private TupleOrder() {}

  static int compare(Object[] left, Object[] right) {
    for (int i = 0; i < Math.min(left.length, right.length); i++) {
      int order = comparePart(left[i], right[i]);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(left.length, right.length);
  }

  private static int comparePart(Object left, Object right) {
    int order = Integer.compare(rank(left), rank(right));
    if (order != 0) {
      return order;
    }
    if (left instanceof byte[] bytes) {
      return Arrays.compareUnsigned(bytes, (byte[]) right);
    } else if (left instanceof String text) {
      return Arrays.compare(text.codePoints().toArray(), ((String) right).codePoints().toArray());
    } else if (left instanceof Long whole) {
      return Long.compare(whole, (Long) right);
    } else if (left instanceof Double real) {
      // Adding zero makes the negative zero positive.
      return Double.compare(real + 0.0, (Double) right + 0.0);
    }
    return Boolean.compare((Boolean) left, (Boolean) right);
  }

  private static int rank(Object part) {
    if (part instanceof byte[]) {
      return 0;
    } else if (part instanceof String) {
      return 1;
    } else if (part instanceof Long) {
      return 2;
    }
    return part instanceof Double ? 3 : 4;
  }
}
