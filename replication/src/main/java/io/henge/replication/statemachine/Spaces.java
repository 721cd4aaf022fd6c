package io.henge.replication.statemachine;

import io.henge.api.key.PhysicalKey;
import io.henge.engine.KeySpace;
import io.henge.engine.ShardStore;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * How key spaces are divided and joined. Those <em>in ring order</em> have keys that begin with
 * token and sharding key: a boundary divides them, two range tombstones trim them, and a merge
 * copies what is in range byte by byte. The <em>shard's own</em> are for whoever keeps them to
 * divide and join: {@link #isCopied} says what of them is copied, {@link RowsAbsorber} puts it
 * beside what is there.
 */
public final class Spaces {
  /** All in ring order. */
  public static final List<KeySpace> IN_RING_ORDER =
      List.of(KeySpace.DATA, KeySpace.INDEX, KeySpace.WATCHES, KeySpace.FANOUT);

  /**
   * What a merge copies, in this order: by codes, so that positions rise. All but SYSTEM, and
   * EXPIRY, which follows from DATA.
   */
  public static final List<KeySpace> COPIED =
      Stream.of(KeySpace.values())
          .filter(space -> space != KeySpace.SYSTEM && space != KeySpace.EXPIRY)
          .sorted(Comparator.comparing(KeySpace::code))
          .toList();

  private Spaces() {}

  /**
   * Bytes that a part of the ring takes, estimated: what a boundary divides, items and what is
   * derived from them. Not what is a shard's own: that stays whole in both halves of a split, for a
   * while at least, so cutting would not make it less.
   *
   * @param from inclusive
   * @param to exclusive; empty = the end of the ring
   */
  public static long approximateBytes(ShardStore store, byte[] from, byte[] to) {
    long bytes = 0;
    for (KeySpace space : IN_RING_ORDER) {
      bytes += store.approximateBytes(space, from, to);
    }
    return bytes;
  }

  public static boolean isInRingOrder(KeySpace space) {
    return IN_RING_ORDER.contains(space);
  }

  /**
   * Whether a merge copies a row of the shard that is merged away. Of spaces in ring order it
   * copies those that are in range; the others may hold rows that a split has left over, which are
   * told by the physical keys in them.
   */
  public static boolean isCopied(ShardDescription shard, KeySpace space, byte[] key) {
    if (space == KeySpace.CHANGES) {
      return ChangeHistory.isCopied(shard, key);
    }
    if (space == KeySpace.HOLDERS) {
      return shard.contains(FollowRows.holderKey(key));
    }
    return !isInRingOrder(space) || shard.contains(key);
  }

  /** Whether a key can be one of a space in ring order, within a range. */
  static boolean isKeyIn(ShardDescription range, byte[] key) {
    // A row of an index is longer than a document's key by the values in it.
    if (key.length <= PhysicalKey.TOKEN_BYTES || key.length > 16 * ApplyLimits.KEY_BYTES_MAX) {
      return false;
    }
    int end = PhysicalKey.endOfShardingKey(key);
    return end >= 0 && end + 1 + Integer.BYTES <= key.length && range.contains(key);
  }
}
