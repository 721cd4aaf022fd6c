package io.henge.replication;

/** A place in a replicated log. */
public record LogPosition(long term, long index) implements Comparable<LogPosition> {
  /** Before the first entry. */
  public static final LogPosition NONE = new LogPosition(0, -1);

  @Override
  public int compareTo(LogPosition other) {
    return term != other.term ? Long.compare(term, other.term) : Long.compare(index, other.index);
  }
}
