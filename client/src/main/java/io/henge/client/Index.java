package io.henge.client;

import java.util.ArrayList;
import java.util.List;

/**
 * A local secondary index of a collection of documents: finds within a sharding key that compare or
 * sort by its first paths need not look at every document.
 *
 * <pre>
 *   Index.named("by_total").descending("total").ascending("created_at")
 * </pre>
 *
 * @param name of its own in the collection: 1 to 64 letters, digits, {@code _} and {@code -}
 * @param fields first to last, 1 to 8; one may go through an array ({@code tags[]}), whose elements
 *     are then found one by one
 */
public record Index(String name, List<Field> fields) {

  /** A path to the values that are indexed. */
  public record Field(String path, boolean descending) {}

  public Index {
    fields = List.copyOf(fields);
  }

  /** An index whose fields are to follow. */
  public static Index named(String name) {
    return new Index(name, List.of());
  }

  /** With one more field, smallest values first. */
  public Index ascending(String path) {
    return with(new Field(path, false));
  }

  /** With one more field, largest values first. */
  public Index descending(String path) {
    return with(new Field(path, true));
  }

  private Index with(Field field) {
    List<Field> more = new ArrayList<>(fields);
    more.add(field);
    return new Index(name, more);
  }
}
