package io.henge.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a scan. It may hold fewer items than asked for, even none, although there are more: one
 * page comes from one shard, and the item collection of a divisible collection may lie in several.
 *
 * @param cursor where to go on with {@link ScanOptions#after}; null if this was the last page
 */
public record Page(List<Item> items, byte @Nullable [] cursor) {}
