package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.document.Steps;
import io.henge.document.codec.ByteReader;
import io.henge.document.index.IndexKeys;
import io.henge.document.path.Path;
import io.henge.document.path.PathReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An index as apply and readers use it. Its rows are keys of INDEX without a value: token, sharding
 * key, 00, id (4), values ({@link IndexKeys}), sort key of the document. Immutable.
 */
public final class Indexed {
  private static final int ID_BYTES = Integer.BYTES;
  private static final byte[] ROW = new byte[0];

  private final int id;
  private final String name;
  private final IndexKeys keys;

  private Indexed(int id, String name, IndexKeys keys) {
    this.id = id;
    this.name = name;
    this.keys = keys;
  }

  /** Of its description. */
  public static Indexed of(IndexInfo info) {
    List<IndexKeys.Field> fields = new ArrayList<>();
    for (IndexInfo.Field field : info.fields()) {
      fields.add(new IndexKeys.Field(Path.parse(field.path()), field.descending()));
    }
    return new Indexed(info.id(), info.name(), IndexKeys.of(fields));
  }

  public int id() {
    return id;
  }

  public String name() {
    return name;
  }

  public IndexKeys keys() {
    return keys;
  }

  static byte[] row() {
    return ROW.clone();
  }

  /**
   * A document's rows in this index.
   *
   * @return null if there are more than a document may have
   */
  @Nullable List<byte[]> rows(byte[] documentKey, PathReader document) {
    // A document is bounded, and so is what looking at some paths of it takes.
    List<byte[]> values = keys.rows(document, new Steps(Long.MAX_VALUE));
    if (values == null) {
      return null;
    }
    int end = PhysicalKey.endOfShardingKey(documentKey) + 1;
    int sortAt = end + ID_BYTES;
    List<byte[]> rows = new ArrayList<>(values.size());
    for (byte[] value : values) {
      rows.add(
          ByteBuffer.allocate(documentKey.length + value.length)
              .put(documentKey, 0, end)
              .putInt(id)
              .put(value)
              .put(documentKey, sortAt, documentKey.length - sortAt)
              .array());
    }
    return rows;
  }

  /**
   * What all rows of a family in this index begin with.
   *
   * @param family token, sharding key and 00
   */
  public byte[] prefix(byte[] family) {
    return ByteBuffer.allocate(family.length + ID_BYTES).put(family).putInt(id).array();
  }

  /**
   * The key of the document that a row is of.
   *
   * @param valuesAt length of the {@link #prefix}
   */
  public byte[] documentKey(byte[] row, int valuesAt, int collectionId) {
    int sortAt = keys.end(row, valuesAt);
    if (sortAt < 0) {
      throw new ByteReader("index row", row).damaged("its values do not end");
    }
    return ByteBuffer.allocate(valuesAt + row.length - sortAt)
        .put(row, 0, valuesAt - ID_BYTES)
        .putInt(collectionId)
        .put(row, sortAt, row.length - sortAt)
        .array();
  }
}
