package io.henge.replication.statemachine;

import io.henge.document.filter.Filter;
import io.henge.document.find.SortOrder;
import io.henge.document.value.JsonValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a find looks for, for the shard to choose how to read it.
 *
 * @param family token, sharding key and its end: what all keys of the family begin with; empty = a
 *     part of the ring, with many families
 * @param filter null = all documents of the collection
 * @param sort null = in the order of keys
 * @param after of a sorted find: where the last page ended; null = the first page
 * @param limit most documents that are wanted
 */
public record Lookup(
    int collectionId,
    byte[] family,
    @Nullable Filter filter,
    @Nullable SortOrder sort,
    @Nullable Place after,
    int limit) {
  boolean isOfTheRing() {
    return family.length == 0;
  }

  /**
   * A place in a sorted find.
   *
   * @param values that the document is sorted by
   * @param key the document's
   */
  public record Place(List<@Nullable JsonValue> values, byte[] key) {}
}
