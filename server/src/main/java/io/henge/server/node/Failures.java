package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/** What failed futures mean. */
public final class Failures {
  private Failures() {}

  /** The failure inside, as one of the catalogue. */
  public static HengeException known(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof HengeException known) {
      return known;
    }
    if (cause instanceof TimeoutException) {
      return new HengeException(ErrorCode.UNAVAILABLE, "no answer in time", cause);
    }
    return new HengeException(ErrorCode.INTERNAL, String.valueOf(cause), cause);
  }
}
