package io.henge.replication.statemachine;

import io.henge.replication.LogPosition;
import io.henge.replication.Membership;
import org.jspecify.annotations.Nullable;

/**
 * Told what the log does on this replica: what leases and waiting reads stand on. Must not block
 * and must not throw.
 */
public interface EntryObserver {
  /** Watches nothing. */
  EntryObserver NONE = new EntryObserver() {};

  /**
   * An entry, by whatever proposer, has been applied: its effects are readable. On the applying
   * thread, in log order; entries of former leaderships too, when the log is replayed.
   */
  default void onApplied(EntryHeader header, LogPosition position) {}

  /**
   * A split has taken effect; {@link #onApplied} of its entry follows. On the applying thread, when
   * the log is replayed, too.
   */
  default void onSplit(EntryHeader header, Child child) {}

  /** An entry that is no command has been passed. On the applying thread. */
  default void onAdvanced(LogPosition position) {}

  /**
   * An entry that another node proposed has been appended here, not yet committed. On the log's
   * thread.
   *
   * @param header null if it cannot be read; apply will stop the replica on it
   */
  default void onForeignAppended(@Nullable EntryHeader header) {}

  /** Everything was replaced by a checkpoint of another replica. On the installing thread. */
  default void onInstalled(LogPosition position) {}

  /** See {@link io.henge.replication.GroupStateMachine#leadershipChanged}. */
  default void onLeadershipChanged(boolean isLeader, long term, @Nullable String leader) {}

  /** See {@link io.henge.replication.GroupStateMachine#membersChanged}. */
  default void onMembersChanged(Membership members) {}

  /** See {@link io.henge.replication.GroupStateMachine#stopped}. */
  default void onStopped(@Nullable Throwable fault) {}
}
