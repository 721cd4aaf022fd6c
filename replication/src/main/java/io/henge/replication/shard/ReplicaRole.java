package io.henge.replication.shard;

import io.henge.replication.ConsensusGroup;
import io.henge.replication.LogPosition;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.EntryObserver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a replica leads its shard, and what follows from that and from what its log does for its
 * lease, its proposer and those who wait. Thread-safe.
 */
final class ReplicaRole implements EntryObserver {
  private final long proposerId;
  private final Lease lease;
  private final Takeover takeover;
  private final Proposer proposer;
  private final FollowerReads followerReads;
  private final ChangeReads changeReads;
  private final Supplier<@Nullable ConsensusGroup> group;
  private final Runnable onStopped;
  private final Map<Long, LeaseInheritance> inheritances = new ConcurrentHashMap<>();
  private final LongAdder entries = new LongAdder();
  private final Object roles = new Object();

  // Guarded by roles.
  private boolean leads;
  private long ledTerm;

  private volatile boolean closed;

  /**
   * @param group null before it runs
   * @param onStopped closes the replica
   */
  ReplicaRole(
      long proposerId,
      Lease lease,
      Takeover takeover,
      Proposer proposer,
      FollowerReads followerReads,
      ChangeReads changeReads,
      Supplier<@Nullable ConsensusGroup> group,
      Runnable onStopped) {
    this.proposerId = proposerId;
    this.lease = lease;
    this.takeover = takeover;
    this.proposer = proposer;
    this.followerReads = followerReads;
    this.changeReads = changeReads;
    this.group = group;
    this.onStopped = onStopped;
  }

  boolean isClosed() {
    return closed;
  }

  /** Entries applied here. */
  long entries() {
    return entries.sum();
  }

  /** See {@link ReplicatedShard#inheritance}. */
  @Nullable LeaseInheritance inheritance(long childId) {
    return inheritances.remove(childId);
  }

  @Override
  public void onApplied(EntryHeader header, LogPosition position) {
    entries.increment();
    followerReads.applied();
    changeReads.applied();
  }

  @Override
  public void onSplit(EntryHeader header, Child child) {
    synchronized (roles) {
      if (leads && header.proposer() == proposerId && header.term() == ledTerm) {
        inheritances.put(child.childId(), lease.bequeath());
      }
    }
  }

  @Override
  public void onAdvanced(LogPosition position) {
    followerReads.applied();
  }

  @Override
  public void onForeignAppended(@Nullable EntryHeader header) {
    if (header == null) {
      lease.foreignEntry(0, 0);
    } else if (header.proposer() != proposerId) {
      if (header.kind() == EntryKind.LEASE_RELEASE) {
        lease.foreignReleased(header.term(), header.sequence());
      } else {
        lease.foreignEntry(header.term(), header.sequence());
      }
    }
  }

  @Override
  public void onInstalled(LogPosition position) {
    lease.replaced();
    followerReads.applied();
    changeReads.applied();
  }

  @Override
  public void onLeadershipChanged(boolean isLeader, long term, @Nullable String leader) {
    roleChanged(isLeader, term);
  }

  @Override
  public void onStopped(@Nullable Throwable fault) {
    onStopped.run();
  }

  private void roleChanged(boolean isLeader, long term) {
    if (changeRole(isLeader, term)) {
      // Not under the lock: what is proposed goes through the library's own locks.
      proposer.pump();
      if (!isLeader) {
        changeReads.failAll(Refusals.notLeaderOf(group.get()));
      }
    }
  }

  private boolean changeRole(boolean isLeader, long term) {
    synchronized (roles) {
      if (closed || (leads == isLeader && ledTerm == term)) {
        return false;
      }
      if (isLeader) {
        leads = true;
        ledTerm = term;
        takeover.elected(term, lease.sinceForeignNanos());
        lease.leadershipBegan();
        proposer.leadershipBegan(term);
      } else {
        leads = false;
        takeover.ended();
        lease.leadershipEnded();
        proposer.leadershipEnded();
      }
      return true;
    }
  }

  /** No leadership any more; false if that was so already. */
  boolean close() {
    synchronized (roles) {
      if (closed) {
        return false;
      }
      closed = true;
      leads = false;
      lease.leadershipEnded();
      proposer.leadershipEnded();
      return true;
    }
  }
}
