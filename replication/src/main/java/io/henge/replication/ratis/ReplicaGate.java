package io.henge.replication.ratis;

import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.util.ProtoUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps from a replica what it must not take up now; whoever sent it sends it again.
 *
 * <ul>
 *   <li>That it has to install a snapshot, while it starts. Ratis would take that up at any moment
 *       of the start, and make it a follower before it has read its term, its vote and its log: it
 *       may stand for election like that, and the start fails ("previous != null"). Entries and
 *       candidates Ratis refuses itself until then.
 *   <li>Candidates of a term beyond its {@link TermBound}.
 * </ul>
 *
 * Thread-safe; nothing here blocks but {@link #keepAhead}.
 */
final class ReplicaGate {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicaGate.class);

  private final Set<RaftGroupId> starting = ConcurrentHashMap.newKeySet();
  private final Map<RaftGroupId, TermBound> bounds = new ConcurrentHashMap<>();
  private final Executor blocking;

  ReplicaGate(Executor blocking) {
    this.blocking = blocking;
  }

  void starting(RaftGroupId group) {
    starting.add(group);
  }

  void bound(RaftGroupId group, TermBound bound) {
    bounds.put(group, bound);
  }

  boolean isBound(RaftGroupId group) {
    return bounds.containsKey(group);
  }

  void started(RaftGroupId group) {
    starting.remove(group);
  }

  void stopped(RaftGroupId group) {
    starting.remove(group);
    bounds.remove(group);
  }

  /** Why a message may not go to its replica; null if it may. */
  @Nullable String refusal(Object message) {
    if (message instanceof InstallSnapshotRequestProto install) {
      return starting.contains(
              ProtoUtils.toRaftGroupId(install.getServerRequest().getRaftGroupId()))
          ? "the replica is starting"
          : null;
    }
    if (message instanceof RequestVoteRequestProto vote) {
      RaftGroupId group = ProtoUtils.toRaftGroupId(vote.getServerRequest().getRaftGroupId());
      TermBound bound = bounds.get(group);
      long term = vote.getCandidateTerm();
      if (bound != null && !bound.covers(term)) {
        blocking.execute(() -> keepAhead(group, term));
        return "term " + term + " is far ahead of this replica's";
      }
    }
    return null;
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
