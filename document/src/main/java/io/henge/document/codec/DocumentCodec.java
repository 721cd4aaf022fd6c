package io.henge.document.codec;

import io.henge.api.error.HengeException;
import io.henge.document.DocumentLimits;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;

/**
 * The binary form of a document: what is stored and stands in the log. A format byte, then the
 * value as {@link ValueCodec} has it; docs/internals/documents-format.md has it byte by byte,
 * golden files pin it. A document has exactly one form, so equal bytes and equal documents are the
 * same thing.
 */
public final class DocumentCodec {
  /** Newest format that this version reads, and the one it writes. */
  public static final int FORMAT = 1;

  private DocumentCodec() {}

  public static byte[] encode(JsonObject document) {
    return encode(document, DocumentLimits.DEFAULT);
  }

  /**
   * Encodes a document.
   *
   * @throws HengeException INVALID_ARGUMENT if it is over a limit
   */
  public static byte[] encode(JsonObject document, DocumentLimits limits) {
    checkShape(document, limits);
    ByteWriter out = new ByteWriter(8 * Math.min(document.weight(), limits.bytesMax()));
    ValueCodec.write(out, document);
    out.u8(FORMAT);
    checkBytes(out.size(), limits);
    return out.toBytes();
  }

  /**
   * Decodes a document, whatever the limits are now; keeps no reference to {@code bytes}.
   *
   * @throws HengeException CORRUPTION if the bytes are damaged or of a newer format
   */
  public static JsonObject decode(byte[] bytes) {
    ByteReader in = open(bytes);
    JsonValue value = ValueCodec.read(in);
    in.end();
    if (value instanceof JsonObject document) {
      return document;
    }
    throw in.damaged(value.type().words() + " where an object must be");
  }

  /** Bytes of a document in its binary form, without making it. */
  public static long size(JsonObject document) {
    return 1 + ValueCodec.size(document);
  }

  static ByteReader open(byte[] bytes) {
    ByteReader in = new ByteReader("document", bytes);
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged("format " + format + ", known is " + FORMAT);
    }
    return in;
  }

  private static void checkShape(JsonObject document, DocumentLimits limits) {
    if (document.depth() > limits.depthMax()) {
      throw HengeException.invalid(
          "document: arrays and objects within each other are "
              + document.depth()
              + " deep, the limit is "
              + limits.depthMax());
    }
    if (document.longestArray() > limits.arrayElementsMax()) {
      throw HengeException.invalid(
          "document: an array of "
              + document.longestArray()
              + " elements, the limit is "
              + limits.arrayElementsMax()
              + "; keep them as documents of their own");
    }
  }

  private static void checkBytes(long bytes, DocumentLimits limits) {
    if (bytes > limits.bytesMax()) {
      throw HengeException.invalid(
          "document: "
              + bytes
              + " bytes in its binary form, the limit is "
              + limits.bytesMax()
              + "; divide it, or store large content elsewhere");
    }
  }
}
