package io.henge.document.filter;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;

/**
 * A text is not a filter; INVALID_ARGUMENT. The message shows the line and a caret under the place.
 */
public final class FilterSyntaxException extends HengeException {
  private static final long serialVersionUID = 1L;

  /** Characters shown before and after the place. */
  private static final int SHOWN = 60;

  private final int position;

  private FilterSyntaxException(int position, String message) {
    super(ErrorCode.INVALID_ARGUMENT, message);
    this.position = position;
  }

  static FilterSyntaxException of(String text, int position, String reason) {
    int from = Math.max(0, position - SHOWN);
    int to = Math.min(text.length(), position + SHOWN);
    StringBuilder shown = new StringBuilder();
    for (int i = from; i < to; i++) {
      // One column for each character: the caret must stand under the right one.
      char c = text.charAt(i);
      shown.append(c < ' ' ? ' ' : c);
    }
    String before = from > 0 ? "..." : "";
    String after = to < text.length() ? "..." : "";
    int caret =
        before.length() + shown.substring(0, position - from).codePoints().map(c -> 1).sum();
    return new FilterSyntaxException(
        position,
        "filter, character "
            + (position + 1)
            + ": "
            + reason
            + "\n  "
            + before
            + shown
            + after
            + "\n  "
            + " ".repeat(caret)
            + "^");
  }

  /** Index of the character in the text. */
  public int position() {
    return position;
  }
}
