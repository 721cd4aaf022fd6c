package io.henge.api.key;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The layout of keys in a shard, which every range, row and boundary of Henge is made of:
 *
 * <pre>
 *   token (8, big endian) | sharding key (tuple) | 0x00 | collection id (4, big endian) | sort key (tuple)
 * </pre>
 *
 * Compared as unsigned bytes. All items of one sharding key, over all collections, are adjacent.
 * The 0x00 ends the sharding key: it is lower than every type code, so a tuple sorts before the
 * tuples it is a prefix of.
 */
public final class PhysicalKey {
  public static final int TOKEN_BYTES = Long.BYTES;
  private static final int COLLECTION_BYTES = Integer.BYTES;

  private PhysicalKey() {}

  /** The key of an item. */
  public static byte[] of(Key shardingKey, int collectionId, Key sortKey) {
    byte[] sharding = shardingKey.encodedArray();
    byte[] sort = sortKey.encodedArray();
    return ByteBuffer.allocate(TOKEN_BYTES + sharding.length + 1 + COLLECTION_BYTES + sort.length)
        .putLong(shardingKey.token())
        .put(sharding)
        .put((byte) 0)
        .putInt(collectionId)
        .put(sort)
        .array();
  }

  /** What all items of one sharding key begin with: token, sharding key and its end. */
  public static byte[] itemCollection(Key shardingKey) {
    byte[] sharding = shardingKey.encodedArray();
    return ByteBuffer.allocate(TOKEN_BYTES + sharding.length + 1)
        .putLong(shardingKey.token())
        .put(sharding)
        .put((byte) 0)
        .array();
  }

  /** What all items of one collection and sharding key begin with. */
  public static byte[] prefix(Key shardingKey, int collectionId) {
    return of(shardingKey, collectionId, Key.EMPTY);
  }

  /** The smallest key above every key that begins with {@code prefix}; empty if there is none. */
  public static byte[] endOfPrefix(byte[] prefix) {
    int length = prefix.length;
    while (length > 0 && prefix[length - 1] == (byte) 0xFF) {
      length--;
    }
    byte[] end = Arrays.copyOf(prefix, length);
    if (length > 0) {
      end[length - 1]++;
    }
    return end;
  }

  /** The ring position of a key; a shorter boundary counts as if followed by zeros. */
  public static long token(byte[] physicalKey) {
    long token = 0;
    for (int i = 0; i < TOKEN_BYTES; i++) {
      token = (token << 8) | (i < physicalKey.length ? physicalKey[i] & 0xFF : 0);
    }
    return token;
  }

  /** Where the sharding key's end marker is, or -1 if the bytes are not a physical key. */
  public static int endOfShardingKey(byte[] physicalKey) {
    return KeyCodec.endOfTuple(physicalKey, TOKEN_BYTES);
  }

  /** Where so many parts of a tuple that start at {@code from} end, or -1 if they are not there. */
  public static int endOfParts(byte[] bytes, int from, int count) {
    return KeyCodec.endOfParts(bytes, from, count);
  }

  public static Key shardingKey(byte[] physicalKey) {
    int end = requireEnd(physicalKey);
    return Key.fromEncoded(Arrays.copyOfRange(physicalKey, TOKEN_BYTES, end));
  }

  public static int collectionId(byte[] physicalKey) {
    return ByteBuffer.wrap(physicalKey).getInt(requireEnd(physicalKey) + 1);
  }

  public static Key sortKey(byte[] physicalKey) {
    int start = requireEnd(physicalKey) + 1 + COLLECTION_BYTES;
    return Key.fromEncoded(Arrays.copyOfRange(physicalKey, start, physicalKey.length));
  }

  private static int requireEnd(byte[] physicalKey) {
    int end = endOfShardingKey(physicalKey);
    if (end < 0 || end + 1 + COLLECTION_BYTES > physicalKey.length) {
      throw new IllegalArgumentException("not a physical key of an item");
    }
    return end;
  }
}
