package io.henge.replication;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** This node's replica of one group. Thread-safe; nothing here blocks. */
public interface ConsensusGroup {
  GroupId id();

  boolean isLeader();

  long term();

  /** Node id of the leader, if known; never to a replica that is no member yet. */
  @Nullable String leader();

  Membership membership();

  /**
   * Proposes an entry. The future completes with what {@link GroupStateMachine#apply} returned
   * here, on the applying thread, in log order; or exceptionally with a {@link
   * io.henge.api.error.HengeException}: NOT_LEADER (certainly not applied), BUSY (certainly not
   * applied), UNAVAILABLE (unknown: the entry may still be applied later).
   *
   * @param entry at most {@link #entryBytesMax} bytes; must not be changed afterwards
   * @param context handed to apply on this replica
   */
  CompletableFuture<@Nullable Object> propose(byte[] entry, @Nullable Object context);

  int entryBytesMax();

  /** Index of the last entry known to be committed. */
  long committedIndex();

  /** First index that is still in the log. */
  long logStartIndex();

  /**
   * On the leader: makes these the members, one change at a time. Newcomers must have been started
   * with {@link Consensus.Start#JOIN} and are caught up first.
   */
  CompletableFuture<Membership> changeMembers(List<Member> members, Duration timeout);

  /**
   * On the leader: how long ago a member has last answered it, in milliseconds. {@link
   * Long#MAX_VALUE} if this is not the leader, or that is no member.
   */
  long silentMillis(String nodeId);

  /**
   * On the leader: an index up to which a member has the log, as far as it has told. Negative if
   * this is not the leader, or that is no member.
   */
  long reachedIndex(String nodeId);

  /** On the leader: hands leadership to a member. */
  CompletableFuture<Void> transferLeadership(String nodeId, Duration timeout);

  /**
   * Tries to become leader now, without waiting for a timeout; nothing happens if this replica has
   * given its vote to somebody who may still win.
   */
  void standForElection();

  /** Drops the log up to what is durable, as far as the settings allow. */
  CompletableFuture<Void> purgeLog();

  /** Stops this replica; its files stay, or are deleted. */
  CompletableFuture<Void> stop(boolean delete);
}
