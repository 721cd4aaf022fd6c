package io.henge.api.error;

import org.jspecify.annotations.Nullable;

/**
 * The one exception of Henge. Its {@linkplain #code() code} says what happened, whether a write may
 * have taken effect and whether to retry; its message names the field, the limit, what was found
 * and what to do next.
 */
public class HengeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final long retryAfterMillis;

  public HengeException(ErrorCode code, String message) {
    this(code, message, 0, null);
  }

  public HengeException(ErrorCode code, String message, @Nullable Throwable cause) {
    this(code, message, 0, cause);
  }

  public HengeException(
      ErrorCode code, String message, long retryAfterMillis, @Nullable Throwable cause) {
    // Errors travel as answers, often many a second: no stack trace unless it may be a bug.
    super(message, cause, false, code == ErrorCode.INTERNAL || code == ErrorCode.CORRUPTION);
    this.code = code;
    this.retryAfterMillis = retryAfterMillis;
  }

  public ErrorCode code() {
    return code;
  }

  /** Milliseconds to wait before a retry; 0 if there is no need to. */
  public long retryAfterMillis() {
    return retryAfterMillis;
  }

  /** Shorthand for bad input. */
  public static HengeException invalid(String message) {
    return new HengeException(ErrorCode.INVALID_ARGUMENT, message);
  }
}
