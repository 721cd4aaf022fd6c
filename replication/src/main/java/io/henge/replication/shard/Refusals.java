package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.WriteOutcome;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers to writes that apply has not given. */
final class Refusals {
  private Refusals() {}

  static WriteOutcome of(ErrorCode code, String message, ShardState state) {
    return new WriteOutcome(code, message, -1, List.of(), state.version(), state.timeMillis());
  }

  static WriteOutcome busy(String message, ShardState state, long retryAfterMillis) {
    return new WriteOutcome(
        ErrorCode.BUSY,
        message,
        -1,
        List.of(),
        state.version(),
        state.timeMillis(),
        retryAfterMillis,
        null);
  }

  static WriteOutcome notLeader(ShardState state, @Nullable String leader) {
    return new WriteOutcome(
        ErrorCode.NOT_LEADER,
        notLeaderMessage(leader),
        -1,
        List.of(),
        state.version(),
        state.timeMillis(),
        0,
        leader);
  }

  static NotLeaderException notLeader(@Nullable String leader) {
    return new NotLeaderException(notLeaderMessage(leader), leader);
  }

  /**
   * @param running null if it does not run
   */
  static NotLeaderException notLeaderOf(@Nullable ConsensusGroup running) {
    return notLeader(running == null ? null : running.leader());
  }

  /** All reader threads have enough to do. */
  static HengeException readersBusy(long retryAfterMillis) {
    return new HengeException(
        ErrorCode.BUSY, "too many reads wait for the disk", retryAfterMillis, null);
  }

  private static String notLeaderMessage(@Nullable String leader) {
    return "this replica does not lead its shard; "
        + (leader == null ? "the leader is not known here" : "node " + leader + " does");
  }

  /** What became of a write whose proposal failed so. */
  static WriteOutcome of(
      HengeException failure, ShardState state, @Nullable String leader, long retryAfterMillis) {
    return switch (failure.code()) {
      case NOT_LEADER -> notLeader(state, leader);
      case BUSY ->
          busy("the log takes no more at the moment", state, Math.max(retryAfterMillis, 1));
      // A limit that this node should have kept: certainly not applied.
      case INVALID_ARGUMENT -> of(ErrorCode.INVALID_ARGUMENT, message(failure), state);
      default ->
          of(
              ErrorCode.UNAVAILABLE,
              "the leader does not know what became of the write: " + message(failure),
              state);
    };
  }

  private static String message(HengeException failure) {
    String message = failure.getMessage();
    return message == null ? failure.code().name() : message;
  }
}
