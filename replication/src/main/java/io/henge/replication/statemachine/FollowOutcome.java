package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/**
 * What became of a {@link FollowCommand}.
 *
 * @param code null if it was applied, with or without an effect. Else it had none: WRONG_SHARD (the
 *     source is not in the shard's range), STALE_CATALOGUE (the shard does not know the rule yet),
 *     BUSY (it is being merged), NOT_FOUND (the rule was dropped)
 * @param message for people: why; empty if it was applied
 * @param version WATCH: of the source's state, or of the shard if there is no source; else 0
 * @param fields WATCH: of the source as the rule copies them; null = there is no source
 * @param range LEARN: the shard's. What lies outside of it is not done
 * @param next LEARN: where the next one goes on, {@link FollowCommand.Learn#after}; null if all
 *     holders in the range have the state
 * @param changed LEARN: how many holders have got it by this command
 * @param forgotten LEARN: there are no holders in the range, and none will come without being
 *     registered again
 */
public record FollowOutcome(
    @Nullable ErrorCode code,
    String message,
    long version,
    byte @Nullable [] fields,
    @Nullable RingRange range,
    byte @Nullable [] next,
    int changed,
    boolean forgotten) {

  static final FollowOutcome DONE = new FollowOutcome(null, "", 0, null, null, null, 0, false);

  /** An outcome without an effect. */
  public static FollowOutcome refused(ErrorCode code, String message) {
    return new FollowOutcome(code, message, 0, null, null, null, 0, false);
  }

  static FollowOutcome watched(long version, byte @Nullable [] fields) {
    return new FollowOutcome(null, "", version, fields, null, null, 0, false);
  }

  static FollowOutcome learned(
      RingRange range, byte @Nullable [] next, int changed, boolean forgotten) {
    return new FollowOutcome(null, "", 0, null, range, next, changed, forgotten);
  }
}
