package io.henge.api.key;

import java.util.ArrayList;
import java.util.List;

/** Whole numbers where encodings change their length, and beside. */
final class IntegerBoundaries {
  /** Those in the golden file, in its order. */
  static final long[] GOLDEN = {
    0,
    1,
    -1,
    2,
    127,
    128,
    255,
    256,
    -255,
    -256,
    -257,
    65535,
    65536,
    -65535,
    -65536,
    -65537,
    (1L << 24) - 1,
    1L << 24,
    -(1L << 24),
    1L << 32,
    -(1L << 32),
    (1L << 56) - 1,
    1L << 56,
    -((1L << 56) - 1),
    -(1L << 56),
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    Long.MIN_VALUE + 1
  };

  private IntegerBoundaries() {}

  /** Around every power of 256, both signs, ascending. */
  static List<Long> all() {
    List<Long> values = new ArrayList<>();
    for (int bits = 0; bits < 64; bits += 8) {
      for (long offset = -2; offset <= 2; offset++) {
        values.add((1L << bits) + offset);
        values.add(-(1L << bits) + offset);
      }
    }
    for (long offset = 0; offset < 3; offset++) {
      values.add(Long.MAX_VALUE - offset);
      values.add(Long.MIN_VALUE + offset);
    }
    return values.stream().distinct().sorted().toList();
  }
}
