package io.henge.router.meta;

import io.henge.api.error.ErrorCode;

/** A command has no effect, and why. Never leaves the package. */
final class Refused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final String reason;

  Refused(ErrorCode code, String reason) {
    super(reason, null, false, false);
    this.code = code;
    this.reason = reason;
  }

  static Refused invalid(String reason) {
    return new Refused(ErrorCode.INVALID_ARGUMENT, reason);
  }

  ErrorCode code() {
    return code;
  }

  String reason() {
    return reason;
  }
}
