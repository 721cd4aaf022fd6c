package io.henge.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a scan.
 *
 * @param cursor where to go on with {@link ScanOptions#after}; null if this was the last page
 */
public record Page(List<Item> items, byte @Nullable [] cursor) {}
