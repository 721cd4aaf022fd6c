package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Gathers the documents of a family, up to what is looked at as a whole. */
final class FamilyReader {
  /** Most documents of a family that REPAIR mends as a whole. Part of the format. */
  static final int DOCUMENTS_MAX = 10_000;

  /** Most bytes of them. Part of the format. */
  static final long BYTES_MAX = 16 << 20;

  private final int documentsMax;
  private final long bytesMax;
  private final List<Map.Entry<byte[], byte[]>> found = new ArrayList<>();
  private long bytes;

  /** For REPAIR. */
  FamilyReader() {
    this(DOCUMENTS_MAX, BYTES_MAX);
  }

  FamilyReader(int documentsMax, long bytesMax) {
    this.documentsMax = documentsMax;
    this.bytesMax = bytesMax;
  }

  /** Takes an item; false if the family is too large. */
  boolean add(byte[] key, @Nullable StoredItem item) {
    if (item != null && item.value() instanceof Value.Document document) {
      bytes += document.bytes().length;
      found.add(Map.entry(key, document.bytes()));
    }
    return found.size() <= documentsMax && bytes <= bytesMax;
  }

  /** Decodes them. */
  NavigableMap<byte[], JsonObject> documents() {
    NavigableMap<byte[], JsonObject> documents = new TreeMap<>(Arrays::compareUnsigned);
    found.forEach(each -> documents.put(each.getKey(), DocumentCodec.decode(each.getValue())));
    return documents;
  }

  long bytes() {
    return bytes;
  }
}
