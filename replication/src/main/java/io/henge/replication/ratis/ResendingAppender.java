package io.henge.replication.ratis;

import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.server.raftlog.RaftLogIOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ratis' appender, and what it forgets. When a stream breaks, it goes on behind the last entry that
 * it has sent. If the follower has that entry and only the answer was lost, nobody ever tells the
 * leader: heartbeats are answered with success, and without the index that they confirm. The entry
 * stays uncommitted until another one follows; and here none does, since only one is in flight.
 *
 * <p>So what was sent, is not being waited for, and is not confirmed is sent again. The follower
 * answers that it has it.
 *
 * <p>But what it knows to be committed it refuses, and the refusal does not confirm it either. A
 * newcomer that died while it was brought up to date, and that has everything, would be brought up
 * to date for ever. So a follower has what it says is committed there: nothing else is ever
 * committed at that index.
 *
 * <p>Used by the appender's own thread; next indexes are changed under its lock, as Ratis wants it.
 */
final class ResendingAppender extends GrpcLogAppender {
  private static final Logger LOG = LoggerFactory.getLogger(ResendingAppender.class);
  private static final long NONE = Long.MAX_VALUE;

  /** An answer that has come is taken from what is waited for a moment before it is noted. */
  private static final long PATIENCE_NANOS = 100_000_000;

  private final long startedNanos = System.nanoTime();

  /** The first entry that was sent and is not known to be there. */
  private long sentFrom = NONE;

  private long suspectNext = -1;
  private long suspectMatch = -1;
  private long suspectNanos;

  ResendingAppender(RaftServer.Division server, LeaderState leader, FollowerInfo follower) {
    super(server, leader, follower);
  }

  /**
   * Without a stream there is nothing to send before it is time for a heartbeat or there is an
   * entry. Ratis looks again and again instead, at full speed.
   */
  @Override
  public boolean shouldSendAppendEntries() {
    return (hasAppendEntries() && !isSilent()) || getHeartbeatWaitTimeMs() <= 0;
  }

  /**
   * Whether nothing has been heard of the follower for longer than it would take it to stand for
   * election. A node that is down, or whose replica is starting, is not sent the same entries again
   * and again: it gets heartbeats until it answers one.
   */
  private boolean isSilent() {
    long patienceMillis = getServer().properties().minRpcTimeoutMs();
    return getFollower().getLastRpcResponseTime().elapsedTimeMs() > patienceMillis
        && System.nanoTime() - startedNanos > patienceMillis * 1_000_000;
  }

  @Override
  public @Nullable AppendEntriesRequestProto newAppendEntriesRequest(long callId, boolean heartbeat)
      throws RaftLogIOException {
    resendWhatWasLost();
    boolean silent = isSilent();
    if (silent && getHeartbeatWaitTimeMs() > 0) {
      return null;
    }
    AppendEntriesRequestProto request = super.newAppendEntriesRequest(callId, heartbeat || silent);
    if (request != null && request.getEntriesCount() > 0) {
      sentFrom = Math.min(sentFrom, request.getEntries(0).getIndex());
    }
    return request;
  }

  private void resendWhatWasLost() {
    FollowerInfo follower = getFollower();
    countWhatIsCommittedThere(follower);
    long match = follower.getMatchIndex();
    long next = follower.getNextIndex();
    if (match >= sentFrom) {
      sentFrom = match + 1 < next ? match + 1 : NONE;
    }
    if (next <= sentFrom || hasPendingDataRequests()) {
      suspectNext = -1;
      return;
    }
    long now = System.nanoTime();
    if (next != suspectNext || match != suspectMatch) {
      suspectNext = next;
      suspectMatch = match;
      suspectNanos = now;
    } else if (now - suspectNanos >= PATIENCE_NANOS) {
      LOG.info("{}: entries from {} on were not confirmed, sent again", this, sentFrom);
      follower.setNextIndex(sentFrom);
      suspectNext = -1;
    }
  }

  private void countWhatIsCommittedThere(FollowerInfo follower) {
    long has = Math.min(follower.getCommitIndex(), getRaftLog().getNextIndex() - 1);
    if (follower.updateMatchIndex(has)) {
      follower.updateNextIndex(has + 1);
      getLeaderState().onFollowerSuccessAppendEntries(follower);
    }
  }
}
