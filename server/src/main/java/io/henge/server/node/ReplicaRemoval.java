package io.henge.server.node;

import io.henge.engine.StoreSlot;
import io.henge.replication.Consensus;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.Membership;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes replicas for good: a tombstone first, then the group's log, then the store. Wherever the
 * process dies, the next start finds the tombstone and goes on. Thread-safe.
 */
final class ReplicaRemoval {
  private static final Logger LOG = LoggerFactory.getLogger(ReplicaRemoval.class);

  private final Registry registry;
  private final Consensus consensus;
  private final Path slots;
  private final LongFunction<GroupId> groups;
  private final ReshapeStep.Hook steps;

  ReplicaRemoval(
      Registry registry,
      Consensus consensus,
      Path slots,
      LongFunction<GroupId> groups,
      ReshapeStep.Hook steps) {
    this.registry = registry;
    this.consensus = consensus;
    this.slots = slots;
    this.groups = groups;
    this.steps = steps;
  }

  /** What meta says of the members of a group. */
  record Wanted(boolean removed, List<String> members, List<String> joining, long confIndex) {}

  /**
   * Whether a replica is to be deleted: its shard is no more, or its node is no member as of a
   * change that came after the one by which the replica knows itself. Meta may be behind the log of
   * the group, never ahead of it: that index is what tells which of the two is newer.
   */
  static boolean isDoomed(String self, Wanted wanted, Membership own) {
    if (wanted.removed()) {
      return true;
    }
    if (wanted.members().contains(self) || wanted.joining().contains(self)) {
      return false;
    }
    return wanted.confIndex() > own.index();
  }

  /** Finishes what a crash has interrupted. Blocks; before any replica starts. */
  void resume() {
    StoreSlot.finishRemovals(slots);
    for (long id : registry.removing()) {
      GroupId group = groups.apply(id);
      LOG.info("{}: going on with the deletion of its replica", group);
      deleteFiles(id, group);
    }
  }

  /**
   * Deletes a replica. Blocks only for the tombstone.
   *
   * @param running its group; null if it does not run
   * @param close ends whatever still holds the store open, after the group; blocks
   * @param blocking where to delete files
   * @return completes when nothing is left
   */
  CompletableFuture<Void> remove(
      long id, @Nullable ConsensusGroup running, Runnable close, Executor blocking) {
    GroupId group = groups.apply(id);
    LOG.info("{}: deleting the replica on node {}", group, consensus.nodeId());
    registry.set(id, Registry.State.REMOVING);
    steps.reached(ReshapeStep.REMOVAL_NOTED, id);
    CompletableFuture<Void> stopped =
        running == null ? CompletableFuture.completedFuture(null) : running.stop(true);
    return stopped.thenRunAsync(
        () -> {
          close.run();
          deleteFiles(id, group);
        },
        blocking);
  }

  private void deleteFiles(long id, GroupId group) {
    consensus.remove(group);
    steps.reached(ReshapeStep.REMOVAL_LOG_GONE, id);
    StoreSlot.remove(slots.resolve(group.uuid().toString()));
    steps.reached(ReshapeStep.REMOVAL_STORE_GONE, id);
    registry.set(id, Registry.State.GONE);
    LOG.info("{}: its replica is gone from node {}", group, consensus.nodeId());
  }
}
