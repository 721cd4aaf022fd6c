package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.document.codec.ByteReader;
import java.util.Arrays;

/**
 * The value of a DATA row:
 *
 * <pre>
 *   format (1 byte: 1) | type and flags (1) | version (8, big endian)
 *   | expiry (8, milliseconds; only if flagged) | payload
 * </pre>
 *
 * Type (low 7 bits): 1 bytes, 2 counter (8 bytes, big endian), 3 document (its binary form). Flags:
 * 0x80 the item expires.
 */
final class ItemCodec {
  private static final int FORMAT = 1;
  private static final int DATA = 1;
  private static final int COUNTER = 2;
  private static final int DOCUMENT = 3;
  private static final int EXPIRES = 0x80;

  /** The type, and the flags that are not used yet. */
  private static final int TYPE = 0x7F;

  private static final int HEADER_BYTES = 2 + Long.BYTES;

  private ItemCodec() {}

  static byte[] encode(Value value, long version, long expiresAtMillis) {
    boolean expires = expiresAtMillis != 0;
    int header = HEADER_BYTES + (expires ? Long.BYTES : 0);
    byte[] row = new byte[header + value.size()];
    row[0] = FORMAT;
    row[1] = (byte) (type(value) | (expires ? EXPIRES : 0));
    BigEndian.LONG.set(row, 2, version);
    if (expires) {
      BigEndian.LONG.set(row, HEADER_BYTES, expiresAtMillis);
    }
    if (value instanceof Value.Data data) {
      System.arraycopy(data.bytes(), 0, row, header, data.bytes().length);
    } else if (value instanceof Value.Counter counter) {
      BigEndian.LONG.set(row, header, counter.value());
    } else if (value instanceof Value.Document document) {
      System.arraycopy(document.bytes(), 0, row, header, document.bytes().length);
    }
    return row;
  }

  private static int type(Value value) {
    if (value instanceof Value.Data) {
      return DATA;
    }
    return value instanceof Value.Counter ? COUNTER : DOCUMENT;
  }

  static StoredItem decode(byte[] key, byte[] row) {
    return new StoredItem(key, value(row), version(row), expiresAtMillis(row));
  }

  static long version(byte[] row) {
    check(row);
    return (long) BigEndian.LONG.get(row, 2);
  }

  static long expiresAtMillis(byte[] row) {
    check(row);
    return (row[1] & EXPIRES) == 0 ? 0 : (long) BigEndian.LONG.get(row, HEADER_BYTES);
  }

  static Value value(byte[] row) {
    int header = check(row);
    return switch (row[1] & TYPE) {
      case DATA -> new Value.Data(Arrays.copyOfRange(row, header, row.length));
      case DOCUMENT -> new Value.Document(Arrays.copyOfRange(row, header, row.length));
      default -> new Value.Counter((long) BigEndian.LONG.get(row, header));
    };
  }

  /** Where the payload begins. */
  private static int check(byte[] row) {
    if (row.length < HEADER_BYTES || row[0] != FORMAT) {
      throw damaged(row, row.length == 0 ? "it is empty" : "format " + row[0]);
    }
    int header = (row[1] & EXPIRES) == 0 ? HEADER_BYTES : HEADER_BYTES + Long.BYTES;
    int type = row[1] & TYPE;
    if (row.length < header
        || (type != DATA && type != COUNTER && type != DOCUMENT)
        || (type == COUNTER && row.length != header + Long.BYTES)) {
      throw damaged(row, "type " + type + " in " + row.length + " bytes");
    }
    return header;
  }

  private static RuntimeException damaged(byte[] row, String why) {
    return new ByteReader("stored item", row).damaged(why);
  }
}
