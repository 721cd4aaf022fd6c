package io.henge.api.item;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The value of an item: bytes, a counter, or a document. */
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

  /**
   * A document in its binary form. The array is not copied and must not be changed. Equal documents
   * have equal bytes.
   */
  record Document(byte[] bytes) implements Value {
    @Override
    public boolean equals(Object other) {
      return other instanceof Document document && Arrays.equals(bytes, document.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
      return "Document[" + bytes.length + " bytes]";
    }
  }

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
    if (this instanceof Document document) {
      return document.bytes.length;
    }
    return this instanceof Data data ? data.bytes.length : Long.BYTES;
  }
}
