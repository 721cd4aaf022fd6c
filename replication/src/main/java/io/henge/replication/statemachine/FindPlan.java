package io.henge.replication.statemachine;

import org.jspecify.annotations.Nullable;

/** How a shard reads a find, and what that has taken. Of one attempt, on the thread that reads. */
public final class FindPlan {
  private final @Nullable Indexed index;
  private final boolean ordered;
  private final String text;
  private int indexRows;
  private Lookup.@Nullable Place endedAt;

  private FindPlan(@Nullable Indexed index, boolean ordered, String text) {
    this.index = index;
    this.ordered = ordered;
    this.text = text;
  }

  /**
   * All rows of the collection in the family.
   *
   * @param why no index is used
   */
  static FindPlan scan(String why) {
    return new FindPlan(null, false, "scan of the sharding key; " + why);
  }

  /** All rows of a part of the ring, of whatever collection. */
  static FindPlan ringScan(String why) {
    return new FindPlan(null, false, "scan of the shard; " + why);
  }

  /** The rows of an index that conditions leave in each family of a part of the ring. */
  static FindPlan ringCandidates(Indexed index, String conditions) {
    return new FindPlan(
        index, false, "index " + index.name() + " of each sharding key: " + conditions);
  }

  /** The rows of an index that conditions leave, and their documents in the order of keys. */
  static FindPlan candidates(Indexed index, String conditions) {
    return new FindPlan(index, false, "index " + index.name() + ": " + conditions);
  }

  /** The rows of an index in its own order, as far as they are needed. */
  static FindPlan ordered(Indexed index, String conditions) {
    return new FindPlan(
        index,
        true,
        "index "
            + index.name()
            + " in its order"
            + (conditions.isEmpty() ? "" : ": " + conditions));
  }

  /** Name of the index; null if none is used. */
  public @Nullable String index() {
    return index == null ? null : index.name();
  }

  /** Whether documents are read in the order that is asked for, so that nothing is sorted. */
  public boolean isOrdered() {
    return ordered;
  }

  /** For people. */
  public String text() {
    return text;
  }

  /** Rows of indexes that have been looked at, for the choice too. */
  public int indexRows() {
    return indexRows;
  }

  /** Of an ordered plan: where the page ended before the limit was reached; null if it did not. */
  public Lookup.@Nullable Place endedAt() {
    return endedAt;
  }

  void sawIndexRows(int more) {
    indexRows += more;
  }

  void endsAt(Lookup.@Nullable Place place) {
    endedAt = place;
  }
}
