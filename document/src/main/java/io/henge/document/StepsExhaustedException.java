package io.henge.document;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;

/** A filter or patch wanted more {@link Steps} than it has; INVALID_ARGUMENT. */
public final class StepsExhaustedException extends HengeException {
  private static final long serialVersionUID = 1L;

  StepsExhaustedException(long max) {
    super(
        ErrorCode.INVALID_ARGUMENT,
        "too expensive: more than "
            + max
            + " steps on one document; use a smaller filter or patch, or smaller arrays");
  }
}
