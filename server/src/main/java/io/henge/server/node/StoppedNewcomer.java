package io.henge.server.node;

import io.henge.replication.ConsensusGroup;
import io.henge.replication.Membership;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * A replica that its group was about to take in and that has stopped because it believed itself to
 * be no member: its leader had said that it was, and died before the entry came that says so too.
 * It must go on, since it may be a member by now, whose vote is needed.
 */
final class StoppedNewcomer {
  private StoppedNewcomer() {}

  /**
   * Whether a stopped replica is one: meta has the group take it in, or says that the group has, by
   * a change that is newer than what the replica knows of its group.
   */
  static boolean isOne(String self, ReplicaRemoval.Wanted wanted, Membership own) {
    if (wanted.removed() || own.contains(self)) {
      return false;
    }
    return wanted.joining().contains(self)
        || (wanted.members().contains(self) && wanted.confIndex() > own.index());
  }

  /**
   * Ends what is left of it.
   *
   * @param close ends whatever holds the store open; blocks
   */
  static CompletableFuture<Void> clear(ConsensusGroup group, Runnable close, Executor blocking) {
    try {
      return group.stop(false).thenRunAsync(close, blocking);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
