package io.henge.api.key;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A tuple of texts, whole numbers, real numbers, booleans and byte strings: a sharding key or a
 * sort key. Keys compare part by part; parts of different types by type (bytes, text, whole, real,
 * boolean). Immutable.
 */
public final class Key implements Comparable<Key> {
  /** The tuple without parts: "no sort key". */
  public static final Key EMPTY = new Key(new byte[0]);

  private final byte[] encoded;

  private Key(byte[] encoded) {
    this.encoded = encoded;
  }

  /**
   * A key of these parts: {@link String}, {@link Long}, {@link Integer}, {@link Short}, {@link
   * Double}, {@link Float}, {@link Boolean} or {@code byte[]}.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT for any other type, for NaN and for
   *     a text with half a surrogate pair
   */
  public static Key of(Object... parts) {
    return parts.length == 0 ? EMPTY : new Key(KeyCodec.encode(parts));
  }

  /**
   * A key from its encoded form, which is checked.
   *
   * @throws io.henge.api.error.HengeException INVALID_ARGUMENT if it is not a canonical encoding
   */
  public static Key fromEncoded(byte[] encoded) {
    if (encoded.length == 0) {
      return EMPTY;
    }
    KeyCodec.requireCanonical(encoded);
    return new Key(encoded.clone());
  }

  /** The parts: {@link String}, {@link Long}, {@link Double}, {@link Boolean} or {@code byte[]}. */
  public List<Object> parts() {
    return KeyCodec.decode(encoded);
  }

  public boolean isEmpty() {
    return encoded.length == 0;
  }

  /** The order-preserving encoding (a copy). */
  public byte[] encoded() {
    return encoded.clone();
  }

  /** Length of the encoding, in bytes. */
  public int encodedLength() {
    return encoded.length;
  }

  /** The position on the ring if this is a sharding key. */
  public long token() {
    return Token.of(encoded);
  }

  byte[] encodedArray() {
    return encoded;
  }

  @Override
  public int compareTo(Key other) {
    return Arrays.compareUnsigned(encoded, other.encoded);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Key key && Arrays.equals(encoded, key.encoded);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(encoded);
  }

  /** For people: a lone part as itself, several in parentheses. */
  @Override
  public String toString() {
    List<Object> parts = parts();
    String joined = parts.stream().map(Key::show).collect(Collectors.joining(", "));
    return parts.size() == 1 ? joined : "(" + joined + ")";
  }

  private static String show(Object part) {
    if (part instanceof byte[] bytes) {
      return "0x" + HexFormat.of().formatHex(bytes);
    }
    return part instanceof String text
        ? '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"'
        : part.toString();
  }
}
