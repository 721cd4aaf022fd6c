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
  public FamilyPage {
    items = List.copyOf(items);
  }
}
