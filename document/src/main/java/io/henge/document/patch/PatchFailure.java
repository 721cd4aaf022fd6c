package io.henge.document.patch;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import org.jspecify.annotations.Nullable;

/**
 * A patch did not fit the document; nothing changed. Equal on every replica.
 *
 * @param reason what kind of failure
 * @param operation index of the operation in the patch; -1 if it was the outcome as a whole
 * @param path where; empty if it was the outcome as a whole
 * @param found what was there, and the limit if there is one: for people
 */
public record PatchFailure(Reason reason, int operation, String path, String found)
    implements PatchResult {

  /** Kinds of failure. Numbers are in stored results and on the wire: permanent. */
  public enum Reason {
    /** The value there is of a type that the operation cannot work with. */
    TYPE_CLASH(1, "the value there is of another type"),
    /** The path leads through a value that has no members or elements of that kind. */
    NO_WAY(2, "a value on the way has no members or elements of that kind"),
    /** The path names an element that the array does not have. */
    NO_ELEMENT(3, "there is no element of that index"),
    /** A sum has more digits than numbers may have. */
    NUMBER_LIMIT(4, "the sum is beyond the limits of numbers"),
    /** The document would be too large. */
    TOO_LARGE(5, "the document would be too large"),
    /** The document would be too deep. */
    TOO_DEEP(6, "the document would be too deep"),
    /** An array would be too long. */
    ARRAY_TOO_LONG(7, "an array would be too long"),
    /** The patch takes more steps than it may. */
    TOO_EXPENSIVE(8, "the patch takes too many steps on this document");

    private final int number;
    private final String words;

    Reason(int number, String words) {
      this.number = number;
      this.words = words;
    }

    public int number() {
      return number;
    }

    /** The reason of a number; null if this version does not know it. */
    public static @Nullable Reason of(int number) {
      for (Reason reason : values()) {
        if (reason.number == number) {
          return reason;
        }
      }
      return null;
    }
  }

  /** In words. */
  public String message() {
    return "patch"
        + (operation < 0 ? "" : ", operation " + (operation + 1))
        + (path.isEmpty() ? "" : ", path " + path)
        + ": "
        + reason.words
        + (found.isEmpty() ? "" : " (" + found + ")")
        + "; nothing was changed";
  }

  /** As the error that a caller gets: INVALID_ARGUMENT. */
  public HengeException toException() {
    return new HengeException(ErrorCode.INVALID_ARGUMENT, message());
  }
}
