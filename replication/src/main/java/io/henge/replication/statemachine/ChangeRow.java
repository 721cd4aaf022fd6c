package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.document.codec.ByteReader;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A row of CHANGES: what happened to a document.
 *
 * <pre>
 *   key     version (8 bytes, big endian), physical key
 *   value   format (1 byte: 1), kind (1 byte), flags (1 byte),
 *           [document afterwards (block)], [document before (block)]
 * </pre>
 *
 * Flags: 1 = there is one afterwards, 2 = the one before is kept. Blocks have the form of rows of
 * DATA ({@link ItemCodec}).
 *
 * @param key physical key of the document
 * @param after null if it is gone
 * @param before null if there was none, or it is not kept
 */
public record ChangeRow(
    Kind kind, long version, byte[] key, @Nullable StoredItem after, @Nullable StoredItem before) {
  private static final int FORMAT = 1;
  private static final int AFTER = 1;
  private static final int BEFORE = 2;

  /** What happened. Numbers are in rows: they never change. */
  public enum Kind {
    PUT(1),
    DELETE(2),
    EXPIRE(3);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    static @Nullable Kind of(int code) {
      return code >= 1 && code <= values().length ? values()[code - 1] : null;
    }
  }

  static byte[] rowKey(long version, byte[] key) {
    byte[] row = new byte[Long.BYTES + key.length];
    BigEndian.LONG.set(row, 0, version);
    System.arraycopy(key, 0, row, Long.BYTES, key.length);
    return row;
  }

  static long version(byte[] rowKey) {
    return (long) BigEndian.LONG.get(rowKey, 0);
  }

  static byte[] physicalKey(byte[] rowKey) {
    return Arrays.copyOfRange(rowKey, Long.BYTES, rowKey.length);
  }

  byte[] rowKey() {
    return rowKey(version, key);
  }

  byte[] encode() {
    byte[] now = row(after);
    byte[] then = row(before);
    ByteWriter out = new ByteWriter(16 + now.length + then.length);
    out.u8(FORMAT);
    out.u8(kind.code);
    out.u8((after != null ? AFTER : 0) | (before != null ? BEFORE : 0));
    if (after != null) {
      out.block(now);
    }
    if (before != null) {
      out.block(then);
    }
    return out.toBytes();
  }

  private static byte[] row(@Nullable StoredItem item) {
    return item == null
        ? new byte[0]
        : ItemCodec.encode(item.value(), item.version(), item.expiresAtMillis());
  }

  static ChangeRow decode(byte[] rowKey, byte[] row) {
    ByteReader in = new ByteReader("change " + HexFormat.of().formatHex(rowKey), row);
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged("format " + format + ", known is " + FORMAT);
    }
    Kind kind = Kind.of(in.u8());
    int flags = in.u8();
    if (kind == null || (flags & ~(AFTER | BEFORE)) != 0) {
      throw in.damaged("kind or flags");
    }
    byte[] key = physicalKey(rowKey);
    StoredItem after = (flags & AFTER) == 0 ? null : document(key, in);
    StoredItem before = (flags & BEFORE) == 0 ? null : document(key, in);
    in.end();
    return new ChangeRow(kind, version(rowKey), key, after, before);
  }

  private static StoredItem document(byte[] key, ByteReader in) {
    StoredItem item = ItemCodec.decode(key, in.block());
    if (!(item.value() instanceof Value.Document)) {
      throw in.damaged("an item that is no document");
    }
    return item;
  }
}
