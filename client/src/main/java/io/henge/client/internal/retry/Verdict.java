package io.henge.client.internal.retry;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import org.jspecify.annotations.Nullable;

/**
 * What an error of one attempt means for its call. The one thing that must never happen is to tell
 * a caller that a write had no effect when another attempt of it had, or may still have.
 */
final class Verdict {
  private Verdict() {}

  /**
   * After an error that no retry can change: the error of the call, or null if an attempt that is
   * still on its way may know better.
   */
  static @Nullable HengeException onError(Call call, HengeException failure) {
    if (settles(failure.code())) {
      return described(call, failure);
    }
    boolean others = !call.outstanding().isEmpty();
    if (!call.isWrite()) {
      return others && isTimeOver(failure.code()) ? null : described(call, failure);
    }
    if (others) {
      return null;
    }
    if (call.maybeApplied && failure.code().effect() == ErrorCode.Effect.NONE) {
      return new HengeException(
          ErrorCode.OUTCOME_UNKNOWN,
          call.what() + ": it may have taken effect (" + call.path() + ")",
          failure);
    }
    return described(call, failure);
  }

  /**
   * Whether an error speaks for every attempt of a write: it was decided where writes are applied,
   * and is recorded there under the request id, so that an earlier attempt's success would have
   * been the answer. NOT_FOUND and INVALID_ARGUMENT do not: a node may say so before the log, from
   * a catalogue that lags behind the one under which another attempt was applied.
   */
  private static boolean settles(ErrorCode code) {
    return switch (code) {
      case CONDITION_FAILED, ALREADY_EXISTS -> true;
      default -> false;
    };
  }

  private static boolean isTimeOver(ErrorCode code) {
    return code == ErrorCode.DEADLINE || code == ErrorCode.OUTCOME_UNKNOWN;
  }

  private static HengeException described(Call call, HengeException failure) {
    return new HengeException(
        failure.code(),
        call.what() + ": " + failure.getMessage(),
        failure.retryAfterMillis(),
        failure.getCause());
  }

  /** When the call's time is over. */
  static HengeException atDeadline(Call call) {
    boolean unknown = call.maybeApplied;
    for (Attempt attempt : call.outstanding()) {
      unknown |= attempt.wasSent();
    }
    unknown &= call.isWrite();
    String effect = "";
    if (call.isWrite()) {
      effect = unknown ? "; it may have taken effect" : "; it had no effect";
    }
    return new HengeException(
        unknown ? ErrorCode.OUTCOME_UNKNOWN : ErrorCode.DEADLINE,
        call.what()
            + ": no answer within "
            + call.timeoutMillis
            + " ms"
            + effect
            + " ("
            + call.path()
            + "); "
            + (unknown
                ? "read what is there before you write it again"
                : "try again, or see in the cluster's status which nodes are reachable"),
        call.lastError);
  }
}
