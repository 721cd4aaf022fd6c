package io.henge.replication.statemachine;

import io.henge.document.value.JsonArray;
import io.henge.document.value.JsonValue;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A holder's list as it was before some of its sources changed: from that and from the changes
 * follows mostly what it is now, without another look at rows and sources. Of the applying thread.
 */
final class ListBefore {
  private static final Comparator<byte[]> ORDER = Arrays::compareUnsigned;

  private final List<byte[]> rows;
  private final boolean isWhole;

  /** Null if it is not what rows say. */
  private final @Nullable JsonArray members;

  /** The member that the first row is of. */
  private final int first;

  private final NavigableMap<byte[], Boolean> changed;

  /**
   * @param tail rows of its last members. If they are not all, nothing has gone, and what has come
   *     stands behind those that are left out
   * @param most members of the list
   * @param had what the holder has in the place of the list; null if that may be anything
   * @param changed rows of members that have come, gone, or are to be shown in another way; of
   *     other rules as well
   */
  ListBefore(
      FamilyRows.Tail tail,
      int most,
      @Nullable JsonValue had,
      NavigableMap<byte[], Boolean> changed) {
    this.rows = tail.rows();
    this.isWhole = tail.isWhole();
    this.members = had instanceof JsonArray list && fits(list.size(), most) ? list : null;
    this.first = members == null ? 0 : members.size() - rows.size();
    this.changed = changed;
  }

  private boolean fits(int size, int most) {
    return isWhole ? size == rows.size() : size > rows.size() && size <= most;
  }

  /** Members before those that {@link #now} is about. */
  List<JsonValue> below() {
    return members == null ? List.of() : members.elements().subList(0, first);
  }

  /** What the list shows for a row; null if it has to be made of its source. */
  @Nullable JsonValue member(byte[] row) {
    if (members == null || changed.containsKey(row)) {
      return null;
    }
    int at = Collections.binarySearch(rows, row, ORDER);
    return at < 0 ? null : members.get(first + at);
  }

  /**
   * Rows of the members that it has now, behind {@link #below}; both together may be more than the
   * list may have. Null if others may have moved up, so that rows have to be looked at.
   *
   * @param most members of the list
   * @param prefix of the rows of the rule and the holder
   * @param isThere whether there is such a row now
   */
  @Nullable List<byte[]> now(int most, byte[] prefix, Predicate<byte[]> isThere) {
    if (!isWhole && members == null) {
      return null;
    }
    TreeSet<byte[]> now = new TreeSet<>(ORDER);
    now.addAll(rows);
    for (byte[] row : changed.tailMap(prefix, true).keySet()) {
      if (row.length < prefix.length
          || !Arrays.equals(row, 0, prefix.length, prefix, 0, prefix.length)) {
        break;
      }
      if (isThere.test(row)) {
        now.add(row);
      } else if (now.remove(row) && (!isWhole || rows.size() == most)) {
        return null;
      }
    }
    while (now.size() > most) {
      now.pollFirst();
    }
    return List.copyOf(now);
  }
}
