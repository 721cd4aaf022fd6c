package io.henge.replication.ratis;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.proto.RaftProtos.InstallSnapshotRequestProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.util.ProtoUtils;
import org.jspecify.annotations.Nullable;

/**
 * Keeps from a replica what it must not take up now; whoever sent it sends it again.
 *
 * <p>That is: that it has to install a snapshot, while it starts. Ratis would take that up at any
 * moment of the start, and make the replica a follower before it has read its term, its vote and
 * its log: it may stand for election like that, and the start fails ("previous != null"). Entries
 * and candidates Ratis refuses itself until then.
 *
 * <p>Thread-safe; nothing here blocks.
 */
final class ReplicaGate {
  private final Set<RaftGroupId> starting = ConcurrentHashMap.newKeySet();

  void starting(RaftGroupId group) {
    starting.add(group);
  }

  void started(RaftGroupId group) {
    starting.remove(group);
  }

  /** Why a message may not go to its replica; null if it may. */
  @Nullable String refusal(Object message) {
    if (message instanceof InstallSnapshotRequestProto install
        && starting.contains(
            ProtoUtils.toRaftGroupId(install.getServerRequest().getRaftGroupId()))) {
      return "the replica is starting";
    }
    return null;
  }
}
