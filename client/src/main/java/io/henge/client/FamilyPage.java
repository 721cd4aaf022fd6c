package io.henge.client;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of a family, as one moment has seen it.
 *
 * @param cursor where to go on; null if this was the last page. It stays good when shards split,
 *     merge or move
 */
public record FamilyPage(List<FamilyItem> items, byte @Nullable [] cursor) {
  // Not the compact form: class files lose that its array may be null.
  public FamilyPage(List<FamilyItem> items, byte @Nullable [] cursor) {
    this.items = List.copyOf(items);
    this.cursor = cursor;
  }
}
