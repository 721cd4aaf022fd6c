package io.henge.document;

import java.util.Arrays;
import java.util.Random;

/** Bytes as a bad disk gives them back. */
public final class Damage {
  private Damage() {}

  /** Damages some bytes, or cuts, or replaces all. */
  public static byte[] of(byte[] bytes, Random random) {
    byte[] copy = bytes.clone();
    if (random.nextInt(10) == 0) {
      random.nextBytes(copy);
      copy[0] = 1;
      return copy;
    }
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return random.nextInt(3) == 0 ? Arrays.copyOf(copy, random.nextInt(copy.length + 3)) : copy;
  }
}
