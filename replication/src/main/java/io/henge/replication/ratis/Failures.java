package io.henge.replication.ratis;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.exceptions.AlreadyClosedException;
import org.apache.ratis.protocol.exceptions.GroupMismatchException;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.ReconfigurationInProgressException;
import org.apache.ratis.protocol.exceptions.ReconfigurationTimeoutException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.protocol.exceptions.ServerNotReadyException;
import org.apache.ratis.protocol.exceptions.SetConfigurationException;
import org.apache.ratis.protocol.exceptions.TransferLeadershipException;
import org.jspecify.annotations.Nullable;

/** What Ratis throws, in Henge's words. */
final class Failures {
  /** A new leader is ready when its first entry has been applied: a round or two away. */
  private static final long NOT_READY_MILLIS = 20;

  private Failures() {}

  /**
   * Of a proposal. An entry that Ratis has begun to append may be committed by this leader or by a
   * later one, whatever the exception is called: NotLeader comes before and after.
   */
  static HengeException ofProposal(Proposal proposal, @Nullable Throwable thrown) {
    Throwable cause = unwrap(thrown);
    if (proposal.mayBeAppended()) {
      return new HengeException(
          ErrorCode.UNAVAILABLE,
          "the replica stopped leading before the entry was committed; it may still take effect: "
              + text(cause),
          cause);
    }
    HengeException certain = beforeAppend(cause);
    if (certain != null) {
      return certain;
    }
    // Not appended, so there is no effect; but this replica cannot take entries.
    return new HengeException(
        ErrorCode.NOT_LEADER, "the replica takes no entries now: " + text(cause), cause);
  }

  /** Of anything else that is asked of a group. */
  static HengeException of(@Nullable Throwable thrown) {
    Throwable cause = unwrap(thrown);
    if (cause instanceof HengeException henge) {
      return henge;
    }
    HengeException known = beforeAppend(cause);
    if (known != null) {
      return known;
    }
    if (cause instanceof SetConfigurationException) {
      return new HengeException(ErrorCode.INVALID_ARGUMENT, text(cause), cause);
    }
    return new HengeException(ErrorCode.UNAVAILABLE, text(cause), cause);
  }

  private static @Nullable HengeException beforeAppend(@Nullable Throwable cause) {
    if (cause instanceof NotLeaderException notLeader) {
      RaftPeer leader = notLeader.getSuggestedLeader();
      return new HengeException(
          ErrorCode.NOT_LEADER,
          leader == null
              ? "the replica does not lead its group, and knows of no leader"
              : "the replica does not lead its group; node " + leader.getId() + " does");
    }
    if (cause instanceof LeaderSteppingDownException) {
      return new HengeException(ErrorCode.NOT_LEADER, "the leader is handing leadership over");
    }
    if (cause instanceof LeaderNotReadyException) {
      return new HengeException(
          ErrorCode.BUSY,
          "the replica has just become leader and is catching up",
          NOT_READY_MILLIS,
          null);
    }
    if (cause instanceof ResourceUnavailableException) {
      return new HengeException(
          ErrorCode.BUSY, "too many entries wait to be committed", NOT_READY_MILLIS, null);
    }
    if (cause instanceof ReconfigurationInProgressException
        || cause instanceof TransferLeadershipException) {
      return new HengeException(ErrorCode.BUSY, text(cause), NOT_READY_MILLIS, cause);
    }
    if (cause instanceof ReconfigurationTimeoutException || cause instanceof TimeoutException) {
      return new HengeException(
          ErrorCode.UNAVAILABLE, "no answer in time; it may still be done: " + text(cause), cause);
    }
    if (cause instanceof ServerNotReadyException
        || cause instanceof AlreadyClosedException
        || cause instanceof GroupMismatchException) {
      return new HengeException(
          ErrorCode.NOT_LEADER, "the replica does not run: " + text(cause), cause);
    }
    return null;
  }

  static @Nullable Throwable unwrap(@Nullable Throwable thrown) {
    Throwable cause = thrown;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private static String text(@Nullable Throwable cause) {
    return cause == null
        ? "no reason given"
        : cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }
}
