package io.henge.document.value;

import io.henge.api.error.HengeException;

/** What an array or object knows of what is in it, gathered while it is made. */
final class Parts {
  /** Weights stop here: no sum of a few of them leaves an int. */
  private static final int WEIGHT_MAX = 1 << 29;

  private int depth = 1;
  private int weight = 1;
  private int longest;

  void add(JsonValue value) {
    depth = Math.max(depth, 1 + value.depth());
    if (depth > JsonValue.DEPTH_MAX) {
      throw HengeException.invalid(
          "value: deeper than "
              + JsonValue.DEPTH_MAX
              + " arrays and objects within each other, which is the most that can be made");
    }
    weigh(value.weight());
    longest = Math.max(longest, longestArray(value));
  }

  void weigh(int more) {
    weight = Math.min(WEIGHT_MAX, weight + more);
  }

  static int longestArray(JsonValue value) {
    if (value instanceof JsonArray array) {
      return array.longestArray();
    }
    return value instanceof JsonObject object ? object.longestArray() : 0;
  }

  int depth() {
    return depth;
  }

  int weight() {
    return weight;
  }

  int longest() {
    return longest;
  }
}
