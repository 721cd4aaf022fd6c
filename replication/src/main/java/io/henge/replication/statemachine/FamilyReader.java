package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonObject;
import java.util.Arrays;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Gathers the documents of a family, up to what is looked at as a whole. */
final class FamilyReader {
  /** Most documents of a family that is verified and mended. Part of the format. */
  static final int DOCUMENTS_MAX = 10_000;

  /** Most bytes of them. Part of the format. */
  static final long BYTES_MAX = 16 << 20;

  private final NavigableMap<byte[], JsonObject> documents = new TreeMap<>(Arrays::compareUnsigned);
  private long bytes;

  /** Takes an item; false if the family is too large. */
  boolean add(byte[] key, @Nullable StoredItem item) {
    if (item != null && item.value() instanceof Value.Document document) {
      bytes += document.bytes().length;
      documents.put(key, DocumentCodec.decode(document.bytes()));
    }
    return documents.size() <= DOCUMENTS_MAX && bytes <= BYTES_MAX;
  }

  NavigableMap<byte[], JsonObject> documents() {
    return documents;
  }

  long bytes() {
    return bytes;
  }
}
