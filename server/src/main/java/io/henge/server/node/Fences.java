package io.henge.server.node;

import io.henge.replication.ConsensusGroup;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the time short, and measures it, in which nobody serves what a split has moved: from its
 * apply on the parent's leader to the child's first lease. There the node's own replica of the
 * child stands for election at once. Thread-safe; nothing blocks.
 */
final class Fences {
  private static final Logger LOG = LoggerFactory.getLogger(Fences.class);

  /** Other members may not have made their replicas yet: ask again soon. */
  private static final long STAND_MILLIS = 10;

  private static final long GIVE_UP_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Told of each fence that has been measured. */
  @FunctionalInterface
  interface Listener {
    void fenced(long shardId, long nanos);
  }

  private static final class Fence {
    final long parentId;
    final long sinceNanos;

    /** What has been reached when, for the log. Several threads write. */
    @SuppressWarnings("JdkObsolete")
    final StringBuffer stages = new StringBuffer();

    Fence(long parentId, long sinceNanos) {
      this.parentId = parentId;
      this.sinceNanos = sinceNanos;
    }
  }

  private final String self;
  private final NodeThreads threads;
  private final LongSupplier nanoClock;
  private final Listener listener;
  private final Map<Long, Fence> open = new ConcurrentHashMap<>();

  Fences(String self, NodeThreads threads, LongSupplier nanoClock, Listener listener) {
    this.self = self;
    this.threads = threads;
    this.nanoClock = nanoClock;
    this.listener = listener;
  }

  /** A split has been applied here, on the leader of the parent. */
  void began(long parentId, long childId) {
    open.put(childId, new Fence(parentId, nanoClock.getAsLong()));
  }

  /** Something that takes time has been done for a child. */
  void reached(long childId, String stage) {
    Fence fence = open.get(childId);
    if (fence != null) {
      fence
          .stages
          .append(fence.stages.isEmpty() ? "" : ", ")
          .append(stage)
          .append(' ')
          .append((nanoClock.getAsLong() - fence.sinceNanos) / 1_000_000);
    }
  }

  /** Whether the child of a split that was led here has no leader yet. */
  boolean isOpen(long childId) {
    return open.containsKey(childId);
  }

  /** The child's replica runs here. */
  void started(HostedShard child) {
    if (open.containsKey(child.id())) {
      reached(child.id(), "runs");
      stand(child);
    }
  }

  private void stand(HostedShard child) {
    Fence fence = open.get(child.id());
    ConsensusGroup group = child.group();
    if (fence == null || group == null) {
      return;
    }
    if (group.leader() != null || nanoClock.getAsLong() - fence.sinceNanos > GIVE_UP_NANOS) {
      roleChanged(child);
      return;
    }
    group.standForElection();
    threads.after(STAND_MILLIS, () -> stand(child));
  }

  /** The child's replica may lead now. */
  void roleChanged(HostedShard child) {
    Fence fence = open.get(child.id());
    ConsensusGroup group = child.group();
    String leader = group == null ? null : group.leader();
    if (fence == null || group == null || leader == null) {
      return;
    }
    if (leader.equals(self) && !group.isLeader()) {
      // Elected, and told again when it may propose.
      return;
    }
    reached(child.id(), "led");
    if (!open.remove(child.id(), fence)) {
      return;
    }
    if (!group.isLeader()) {
      LOG.info(
          "shard {}, split off from shard {}: node {} leads it ({})",
          child.id(),
          fence.parentId,
          leader,
          fence.stages);
      return;
    }
    child
        .replica()
        .readIndex(nanoClock.getAsLong() + GIVE_UP_NANOS)
        .whenComplete(
            (index, failure) -> {
              if (failure == null) {
                long nanos = nanoClock.getAsLong() - fence.sinceNanos;
                LOG.info(
                    "shard {}, split off from shard {}, serves {} ms after the split ({})",
                    child.id(),
                    fence.parentId,
                    nanos / 1_000_000,
                    fence.stages);
                listener.fenced(child.id(), nanos);
              } else {
                LOG.info(
                    "shard {}, split off from shard {}: {}",
                    child.id(),
                    fence.parentId,
                    Failures.known(failure).getMessage());
              }
            });
  }
}
