package io.henge.api.item;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The value of an item: bytes, or a counter. */
public sealed interface Value {

  /** Bytes of the application's own. The array is not copied and must not be changed. */
  record Data(byte[] bytes) implements Value {
    @Override
    public boolean equals(Object other) {
      return other instanceof Data data && Arrays.equals(bytes, data.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
      return "Data[" + bytes.length + " bytes]";
    }
  }

  /** A 64-bit whole number that can be added to. */
  record Counter(long value) implements Value {}

  static Value of(byte[] bytes) {
    return new Data(bytes);
  }

  static Value of(String text) {
    return new Data(text.getBytes(StandardCharsets.UTF_8));
  }

  static Value of(long counter) {
    return new Counter(counter);
  }

  /** Bytes it counts against limits with. */
  default int size() {
    return this instanceof Data data ? data.bytes.length : Long.BYTES;
  }
}
