package io.henge.document.value;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;

/** A text is not JSON, or over a limit; INVALID_ARGUMENT. */
public final class JsonSyntaxException extends HengeException {
  private static final long serialVersionUID = 1L;

  private final int position;
  private final String reason;

  JsonSyntaxException(String text, int position, String reason) {
    super(ErrorCode.INVALID_ARGUMENT, "JSON at " + place(text, position) + ": " + reason);
    this.position = position;
    this.reason = reason;
  }

  /** Index of the character in the text. */
  public int position() {
    return position;
  }

  /** What is wrong, without the place. */
  public String reason() {
    return reason;
  }

  private static String place(String text, int position) {
    int line = 1;
    int lineStart = 0;
    int end = Math.min(position, text.length());
    for (int i = 0; i < end; i++) {
      if (text.charAt(i) == '\n') {
        line++;
        lineStart = i + 1;
      }
    }
    return "line " + line + ", column " + (text.codePointCount(lineStart, end) + 1);
  }
}
