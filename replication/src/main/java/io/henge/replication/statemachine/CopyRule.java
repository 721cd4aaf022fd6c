package io.henge.replication.statemachine;

import java.util.List;

/**
 * A declared copy; it stands in the collection whose documents hold the copies. Never changes, but
 * for {@link #state}.
 *
 * @param id of its own among all indexes and rules of the cluster; never reused
 * @param sourceId collection whose fields are copied, counted or summed up
 * @param fields which of the source's fields are copied, under which names; of a SUM the one that
 *     is summed up; of a COUNT none
 * @param target path in the holder that the rule owns: the list, the total, or the object whose
 *     members the copies become (it may end in or go through one {@code []}; empty = the holder
 *     itself)
 * @param on LIST, COUNT, SUM: paths in the source of the values that the holder has as its id;
 *     empty if a family has one holder. SNAPSHOT, FOLLOW: paths in the element at {@code target} of
 *     the source's sharding key and id, in that order, each value once
 * @param last LIST: members at most; else 0
 * @param by LIST: path in the source that the members are ordered by, smallest first; ties are
 *     broken by the id. Else empty
 * @param boundMillis FOLLOW: within what time a change is to have reached its copies; else 0
 */
public record CopyRule(
    int id,
    Kind kind,
    int sourceId,
    List<Field> fields,
    String target,
    List<String> on,
    int last,
    String by,
    long boundMillis,
    WhenDeleted whenDeleted,
    State state) {
  public CopyRule {
    fields = List.copyOf(fields);
    on = List.copyOf(on);
  }

  /** Numbers are in logs: they never change. */
  public enum Kind {
    /** The last N sources of the family, as an array in the holder. */
    LIST(1),
    COUNT(2),
    SUM(3),
    /** A source's fields as of the time when the holder was written. */
    SNAPSHOT(4),
    /** A source's fields, and its later changes. */
    FOLLOW(5);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }

    /** Whether source and holder have the same sharding key. */
    public boolean isWithinFamily() {
      return this == LIST || this == COUNT || this == SUM;
    }
  }

  /** What becomes of copies (SNAPSHOT: of those made later) whose source is deleted. */
  public enum WhenDeleted {
    KEEP(0),
    NULL(1);

    private final int code;

    WhenDeleted(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }
  }

  /** Numbers are in logs: they never change. */
  public enum State {
    LIVE(0),
    /** Its rows and the fields that it owned are taken away. */
    DROPPED(1),
    /** Its rows are taken away, what it has written stays. */
    DROPPED_KEEPING(2);

    private final int code;

    State(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }
  }

  /**
   * @param path in the source
   * @param as name of the member in the copy
   */
  public record Field(String path, String as) {}
}
