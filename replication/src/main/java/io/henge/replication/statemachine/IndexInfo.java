package io.henge.replication.statemachine;

import java.util.List;

/**
 * A local secondary index of a collection of documents: rows in the order of values, within each
 * sharding key. Never changes.
 *
 * @param id of its own among all indexes and rules of the cluster; never reused
 * @param name of its own in the collection
 * @param fields what it is ordered by, first to last; at least one
 */
public record IndexInfo(int id, String name, List<Field> fields) {
  public IndexInfo {
    fields = List.copyOf(fields);
  }

  /**
   * @param path a path with {@code []} makes a row for each element
   */
  public record Field(String path, boolean descending) {}
}
