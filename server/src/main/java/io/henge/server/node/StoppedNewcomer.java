package io.henge.server.node;

import io.henge.replication.ConsensusGroup;
import java.util.List;
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
   * Whether a stopped replica is one.
   *
   * @param joining whom meta has the group take in
   */
  static boolean isOne(String self, List<String> joining, ConsensusGroup group) {
    return joining.contains(self) && !group.membership().contains(self);
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
