package io.henge.replication.ratis;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps from a replica what it must not take up now; whoever sent it sends it again.
 *
 * <ul>
 *   <li>Everything, before it has started. To a candidate Ratis would answer only then, and keep
 *       the event loop waiting; entries it would refuse with an exception and its trace, of which
 *       the leaders of many groups draw thousands while a node comes back. And a request to install
 *       a snapshot it would take up at any moment of the start, and make the replica a follower
 *       before it has read its term, its vote and its log: it may stand for election like that, and
 *       the start fails ("previous != null").
 *   <li>Candidates of a term beyond its {@link TermBound}.
 * </ul>
 *
 * Thread-safe; nothing here blocks but {@link #keepAhead}.
 */
final class ReplicaGate {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicaGate.class);

  /** Replicas that have started and not ended, as messages name them. */
  private final Map<ByteString, RaftServer.Division> open = new ConcurrentHashMap<>();

  private final Map<RaftGroupId, TermBound> bounds = new ConcurrentHashMap<>();
  private final Executor blocking;

  ReplicaGate(Executor blocking) {
    this.blocking = blocking;
  }

  void bound(RaftGroupId group, TermBound bound) {
    bounds.put(group, bound);
  }

  boolean isBound(RaftGroupId group) {
    return bounds.containsKey(group);
  }

  void started(RaftGroupId group, RaftServer.Division replica) {
    open.put(group.toByteString(), replica);
  }

  /** It has closed, but may not be gone yet. */
  void ended(RaftGroupId group) {
    open.remove(group.toByteString());
  }

  void stopped(RaftGroupId group) {
    ended(group);
    bounds.remove(group);
  }

  /**
   * Why a message may not go to its replica; null if it may. For each message, on event loops.
   *
   * @param header of the message
   */
  @Nullable String refusal(RaftRpcRequestProto header, Object message) {
    if (!open.containsKey(header.getRaftGroupId().getId())) {
      return "the replica does not run, or not yet";
    }
    if (message instanceof RequestVoteRequestProto vote) {
      RaftGroupId group = RaftGroupId.valueOf(header.getRaftGroupId().getId());
      TermBound bound = bounds.get(group);
      long term = vote.getCandidateTerm();
      if (bound != null && !bound.covers(term)) {
        blocking.execute(() -> keepAhead(group, term));
        return "term " + term + " is far ahead of this replica's";
      }
    }
    return null;
  }

  /**
   * Whether entries or a heartbeat come from the leader that the replica follows. Otherwise it has
   * to give something up, write down a term, and wait for threads to end. On event loops.
   */
  boolean follows(AppendEntriesRequestProto entries) {
    RaftRpcRequestProto header = entries.getServerRequest();
    RaftServer.Division replica = open.get(header.getRaftGroupId().getId());
    if (replica == null) {
      return false;
    }
    DivisionInfo info = replica.getInfo();
    return info.isFollower()
        && info.getCurrentTerm() == entries.getLeaderTerm()
        && info.getLeaderId() != null;
  }

  /** To be told of a replica's term now and then; blocks in the rare case that there is need. */
  void keepAhead(RaftGroupId group, long term) {
    TermBound bound = bounds.get(group);
    if (bound != null) {
      try {
        bound.raise(term);
      } catch (IOException e) {
        LOG.warn("the bound of terms of {} cannot be moved beyond {}", group, term, e);
      }
    }
  }
}
