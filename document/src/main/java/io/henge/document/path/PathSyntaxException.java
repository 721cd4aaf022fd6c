package io.henge.document.path;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;

/** A text is not a path; INVALID_ARGUMENT. */
public final class PathSyntaxException extends HengeException {
  private static final long serialVersionUID = 1L;

  private final int position;
  private final String reason;

  PathSyntaxException(int position, String reason, String message) {
    super(ErrorCode.INVALID_ARGUMENT, message);
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
}
