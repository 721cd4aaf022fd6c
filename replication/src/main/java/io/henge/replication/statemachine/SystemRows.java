package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.WriteRows;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The rows of {@link KeySpace#SYSTEM} that belong to a shard, beside the applied position.
 *
 * <pre>
 *   clock                     format (1 byte: 1), shard time (8), last version (8)
 *   shard                     {@link DescriptionCodec} of the shard
 *   collection/ + id (4)      {@link DescriptionCodec} of the collection
 *   expiring/ + id (4)        format (1 byte: 1): items of the collection have had an expiry
 * </pre>
 */
final class SystemRows {
  private static final byte FORMAT = 1;
  private static final byte[] CLOCK = ascii("clock");
  private static final byte[] SHARD = ascii("shard");
  private static final byte[] COLLECTION = ascii("collection/");
  private static final byte[] COLLECTION_END = ascii("collection0");
  private static final byte[] EXPIRING = ascii("expiring/");
  private static final byte[] EXPIRING_ROW = {FORMAT};

  /**
   * A shard's clock.
   *
   * @param timeMillis everything that expires up to it is deleted
   * @param version last one given out
   */
  record Clock(long timeMillis, long version) {}

  private SystemRows() {}

  static void put(WriteRows rows, long timeMillis, long version) {
    byte[] row = new byte[1 + 2 * Long.BYTES];
    row[0] = FORMAT;
    ByteReader.LONG.set(row, 1, timeMillis);
    ByteReader.LONG.set(row, 1 + Long.BYTES, version);
    rows.put(KeySpace.SYSTEM, CLOCK, row);
  }

  static void put(WriteRows rows, ShardDescription shard) {
    rows.put(KeySpace.SYSTEM, SHARD, DescriptionCodec.encode(shard));
  }

  static void put(WriteRows rows, CollectionInfo collection) {
    rows.put(
        KeySpace.SYSTEM, key(COLLECTION, collection.id()), DescriptionCodec.encode(collection));
  }

  static void putExpiring(WriteRows rows, int collectionId) {
    rows.put(KeySpace.SYSTEM, key(EXPIRING, collectionId), EXPIRING_ROW);
  }

  static Clock clock(ReadView view) {
    byte[] row = view.get(KeySpace.SYSTEM, CLOCK);
    if (row == null) {
      return new Clock(0, 0);
    }
    ByteReader in = new ByteReader("shard clock", row);
    requireFormat(in);
    Clock clock = new Clock(in.fixed64(), in.fixed64());
    in.end();
    return clock;
  }

  static @Nullable ShardDescription shard(ReadView view) {
    byte[] row = view.get(KeySpace.SYSTEM, SHARD);
    return row == null ? null : DescriptionCodec.decodeShard(row);
  }

  static Catalogue catalogue(ReadView view) {
    Catalogue catalogue = Catalogue.EMPTY;
    try (RowCursor cursor = view.scan(KeySpace.SYSTEM, COLLECTION, COLLECTION_END, false)) {
      while (cursor.next()) {
        CollectionInfo info = DescriptionCodec.decodeCollection(cursor.value());
        byte[] expiring = view.get(KeySpace.SYSTEM, key(EXPIRING, info.id()));
        if (expiring != null) {
          requireFormat(new ByteReader("mark of an expiring collection", expiring));
        }
        catalogue = catalogue.with(new Catalogue.Collection(info, expiring != null));
      }
    }
    return catalogue;
  }

  private static void requireFormat(ByteReader in) {
    int format = in.u8();
    if (format != FORMAT) {
      throw in.damaged("format " + format + ", known is " + FORMAT);
    }
  }

  private static byte[] key(byte[] prefix, int id) {
    byte[] key = Arrays.copyOf(prefix, prefix.length + Integer.BYTES);
    ByteBuffer.wrap(key).putInt(prefix.length, id);
    return key;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
