package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * What became of a {@link ReshapeCommand}.
 *
 * @param code null if it has taken effect, now or at an earlier attempt. Else it has no effect:
 *     CONDITION_FAILED (it does not fit what is there; it will not by itself), BUSY (not yet: try
 *     again), WRONG_SHARD (another epoch or range), INVALID_ARGUMENT (it makes no sense)
 * @param message for people: why; empty if it took effect
 * @param repeated whether it was an earlier attempt that took effect
 */
public record ReshapeOutcome(@Nullable ErrorCode code, String message, boolean repeated) {
  static final ReshapeOutcome DONE = new ReshapeOutcome(null, "", false);
  static final ReshapeOutcome REPEATED = new ReshapeOutcome(null, "", true);

  /** Whether it has taken effect, now or earlier. */
  public boolean isDone() {
    return code == null;
  }

  static ReshapeOutcome refused(String message) {
    return new ReshapeOutcome(ErrorCode.CONDITION_FAILED, message, false);
  }

  static ReshapeOutcome refused(ErrorCode code, String message) {
    return new ReshapeOutcome(code, message, false);
  }
}
