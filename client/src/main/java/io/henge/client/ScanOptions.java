package io.henge.client;

import io.henge.api.key.Key;
import org.jspecify.annotations.Nullable;

/**
 * Which part of an item collection to read.
 *
 * @param from first sort key (inclusive); null = from the beginning
 * @param to sort key beyond the last; null = to the end
 * @param reverse descending instead of ascending
 * @param limit most items in the page; 0 = the server's default
 * @param cursor where the last page of a scan with the same bounds and direction ended, or null; it
 *     stays good when shards split, merge or move
 */
public record ScanOptions(
    @Nullable Key from, @Nullable Key to, boolean reverse, int limit, byte @Nullable [] cursor) {
  public static final ScanOptions ALL = new ScanOptions(null, null, false, 0, null);

  public ScanOptions between(@Nullable Key first, @Nullable Key beyond) {
    return new ScanOptions(first, beyond, reverse, limit, cursor);
  }

  public ScanOptions reversed() {
    return new ScanOptions(from, to, !reverse, limit, cursor);
  }

  public ScanOptions limit(int items) {
    return new ScanOptions(from, to, reverse, items, cursor);
  }

  public ScanOptions after(byte @Nullable [] lastCursor) {
    return new ScanOptions(from, to, reverse, limit, lastCursor);
  }
}
