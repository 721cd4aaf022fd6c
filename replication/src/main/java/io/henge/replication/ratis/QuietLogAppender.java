package io.henge.replication.ratis;

import org.apache.ratis.grpc.server.GrpcLogAppender;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.leader.FollowerInfo;
import org.apache.ratis.server.leader.LeaderState;
import org.apache.ratis.util.AwaitForSignal;

/**
 * Sends a leader's entries to one follower, and wakes for that only. Ratis wakes its sender after
 * each reply and each commit of any follower, too, several times in a round, and it finds nothing
 * to send: the commit index travels with the next entry or heartbeat. Each time costs a change of
 * threads.
 *
 * <p>Its own signal gets lost when it comes between the look whether there is something to send and
 * the wait, and then the entry waits for the next heartbeat; this one's does not.
 */
final class QuietLogAppender extends GrpcLogAppender {
  private final StickySignal signal;

  QuietLogAppender(RaftServer.Division division, LeaderState leader, FollowerInfo follower) {
    super(division, leader, follower);
    signal = new StickySignal(this);
  }

  @Override
  public AwaitForSignal getEventAwaitForSignal() {
    return signal;
  }

  @Override
  public void notifyLogAppender() {
    // A newcomer gets its snapshot by way of the other events.
    if (shouldSendAppendEntries() || getLeaderState().isFollowerBootstrapping(getFollower())) {
      signal.signal();
    }
  }
}
