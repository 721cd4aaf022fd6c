package io.henge.server.reshape;

import java.math.BigInteger;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The key half way between two others. */
final class KeyMiddle {
  private KeyMiddle() {}

  /**
   * A key above {@code low} and not above {@code high}, as near to their middle as keys one byte
   * longer than the longer one can be; null if there is none.
   */
  static byte @Nullable [] between(byte[] low, byte[] high) {
    int length = Math.max(low.length, high.length) + 1;
    BigInteger from = new BigInteger(1, Arrays.copyOf(low, length));
    BigInteger to = new BigInteger(1, Arrays.copyOf(high, length));
    if (from.compareTo(to) >= 0) {
      return null;
    }
    byte[] number = from.add(to).add(BigInteger.ONE).shiftRight(1).toByteArray();
    byte[] middle = new byte[length];
    int taken = Math.min(number.length, length);
    System.arraycopy(number, number.length - taken, middle, length - taken, taken);
    return Arrays.compareUnsigned(middle, low) > 0 ? middle : null;
  }
}
