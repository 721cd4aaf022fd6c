package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads items from a shard's store. What has expired is not there any more, so no clock is asked.
 * Whether keys are in the shard's range is for the caller to check ({@link
 * ShardDescription#contains}), against a state taken before the view; ranges are cut to it.
 *
 * <p>Damaged rows are a {@link io.henge.api.error.HengeException} CORRUPTION.
 */
public final class ItemReader {
  /** What {@link #getIfCached} answers, by identity, if it cannot answer from memory. */
  public static final StoredItem NOT_CACHED =
      new StoredItem(new byte[0], new io.henge.api.item.Value.Counter(0), 0, 0);

  private ItemReader() {}

  public static @Nullable StoredItem get(ReadView view, byte[] key) {
    return decode(key, view.get(KeySpace.DATA, key));
  }

  /** Like {@link #get}, but never waits for a disk: {@link #NOT_CACHED} if it had to. */
  public static @Nullable StoredItem getIfCached(ReadView view, byte[] key) {
    byte[] row = view.getIfCached(KeySpace.DATA, key);
    return row == ReadView.NOT_CACHED ? NOT_CACHED : decode(key, row);
  }

  /** Whether {@link #getIfCached} could answer. */
  @SuppressWarnings("ReferenceEquality") // it is known by identity
  public static boolean isCached(@Nullable StoredItem answer) {
    return answer != NOT_CACHED;
  }

  /** Items of several keys, in order; null where there is none. */
  public static List<@Nullable StoredItem> get(ReadView view, List<byte[]> keys) {
    List<byte @Nullable []> rows = view.multiGet(KeySpace.DATA, keys);
    List<@Nullable StoredItem> items = new ArrayList<>(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      items.add(decode(keys.get(i), rows.get(i)));
    }
    return items;
  }

  /**
   * Items of a range, cut to the shard's. For more than one row, {@code view} should be a {@link
   * io.henge.engine.ShardStore#snapshot}.
   *
   * @param from inclusive
   * @param to exclusive; empty = the end of the ring
   * @param reverse whether the page begins at the end of the range
   * @param itemsMax most items of the page, at least 1
   * @param bytesMax most bytes of the page, keys and values; a first item always fits
   */
  public static ItemPage range(
      ReadView view,
      ShardDescription shard,
      byte[] from,
      byte[] to,
      boolean reverse,
      int itemsMax,
      int bytesMax) {
    return range(view, shard, from, to, reverse, itemsMax, bytesMax, RowSieve.ALL);
  }

  /**
   * The same of those items that a sieve keeps.
   *
   * @param bytesMax counts them only
   */
  public static ItemPage range(
      ReadView view,
      ShardDescription shard,
      byte[] from,
      byte[] to,
      boolean reverse,
      int itemsMax,
      int bytesMax,
      RowSieve sieve) {
    byte[] first = shard.later(from);
    byte[] end = shard.earlierEnd(to);
    List<StoredItem> items = new ArrayList<>(Math.min(itemsMax, 64));
    byte[] last = null;
    if (ShardDescription.isEmpty(first, end)) {
      return new ItemPage(items, false, last);
    }
    long bytes = 0;
    try (RowCursor cursor = view.scan(KeySpace.DATA, first, end, reverse)) {
      while (cursor.next()) {
        if (items.size() >= itemsMax || sieve.isTired()) {
          return new ItemPage(items, true, last);
        }
        byte[] key = cursor.key();
        byte[] row = cursor.value();
        StoredItem item = ItemCodec.decode(key, row);
        if (sieve.keeps(item)) {
          bytes += key.length + row.length;
          if (bytes > bytesMax && !items.isEmpty()) {
            return new ItemPage(items, true, last);
          }
          items.add(item);
        }
        last = key;
      }
    }
    return new ItemPage(items, false, last);
  }

  private static @Nullable StoredItem decode(byte[] key, byte @Nullable [] row) {
    return row == null ? null : ItemCodec.decode(key, row);
  }
}
