package io.henge.replication.statemachine;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A part of a large family that is to be mended: see {@link Entry.RepairParts}.
 *
 * @param key of a document, or of a row of INDEX; must not be changed
 */
public record RepairPart(Kind kind, byte[] key) {
  /** Numbers are in logs: they never change. */
  public enum Kind {
    /** Puts the rows of indexes and lists that a document gives. */
    DOCUMENT(1),
    /** Deletes a row of an index or list, unless its document gives it. */
    ROW(2),
    /** Makes lists and totals in a document what the rows say. */
    HOLDER(3);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }

    static @Nullable Kind of(int code) {
      for (Kind one : values()) {
        if (one.code == code) {
          return one;
        }
      }
      return null;
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof RepairPart part && kind == part.kind && Arrays.equals(key, part.key);
  }

  @Override
  public int hashCode() {
    return Objects.hash(kind, Arrays.hashCode(key));
  }
}
