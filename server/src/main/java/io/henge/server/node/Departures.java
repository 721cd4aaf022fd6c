package io.henge.server.node;

import io.henge.api.internal.v1.ShardRow;
import io.henge.replication.ConsensusGroup;
import io.henge.router.meta.MetaState;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replicas on their way off this node, and those that have stopped as if they were but are still
 * wanted. Thread-safe; nothing blocks its caller.
 */
final class Departures {
  private static final Logger LOG = LoggerFactory.getLogger(Departures.class);

  /**
   * A replica that has never been a member may be one by now and not know it: it goes only if it is
   * unwanted for so long.
   */
  private static final long ORPHAN_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String self;
  private final ReplicaRemoval removal;
  private final NodeThreads threads;
  private final OpenMachines machines;
  private final LongSupplier nanoClock;

  /** Stopped, since their groups go on without them, as it seems; meta has not said so yet. */
  private final Map<Long, HostedShard> left = new ConcurrentHashMap<>();

  private final Set<Long> leaving = ConcurrentHashMap.newKeySet();
  private final Map<Long, Long> unwantedSince = new ConcurrentHashMap<>();

  Departures(
      String self,
      ReplicaRemoval removal,
      NodeThreads threads,
      OpenMachines machines,
      LongSupplier nanoClock) {
    this.self = self;
    this.removal = removal;
    this.threads = threads;
    this.machines = machines;
    this.nanoClock = nanoClock;
  }

  /** A replica has stopped because its group goes on without it. */
  void hasLeft(HostedShard shard) {
    left.put(shard.id(), shard);
  }

  /** Whether something of a replica is still here, which must go before another one may come. */
  boolean isLeaving(long shardId) {
    return leaving.contains(shardId) || left.containsKey(shardId);
  }

  /** Begins to delete a replica if meta says that it is not needed any more. */
  void look(ShardRow row, HostedShard running) {
    ConsensusGroup group = running.group();
    if (group != null && isDoomed(row, row.getJoiningNodeIdsList(), group)) {
      begin(running, group);
    }
  }

  /** The same for what has stopped already: should it join again, then empty. */
  void lookAtLeft(MetaState state) {
    for (HostedShard shard : left.values()) {
      ShardRow row = state.shard(shard.id());
      ConsensusGroup group = shard.group();
      if (row == null || group == null) {
        continue;
      }
      if (isDoomed(row, List.of(), group)) {
        begin(shard, group);
      } else if (StoppedNewcomer.isOne(
              self, wanted(row, row.getJoiningNodeIdsList()), group.membership())
          && leaving.add(shard.id())) {
        threads.blocking().execute(() -> putBack(shard, group));
      }
    }
  }

  /** Ends what is left of it, so that it may start from disk. */
  private void putBack(HostedShard shard, ConsensusGroup group) {
    long id = shard.id();
    StoppedNewcomer.clear(group, () -> machines.close(shard.hosted()), threads.blocking())
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                left.remove(id);
              } else {
                LOG.warn(
                    "shard {}: the newcomer cannot be started again yet: {}",
                    id,
                    Failures.known(failure).getMessage());
              }
              leaving.remove(id);
            });
  }

  private boolean isDoomed(ShardRow row, List<String> joining, ConsensusGroup group) {
    long id = row.getShardId();
    ReplicaRemoval.Wanted wanted = wanted(row, joining);
    var own = group.membership();
    if (!ReplicaRemoval.isDoomed(self, wanted, own) || (group.isLeader() && !row.getRemoved())) {
      unwantedSince.remove(id);
      return false;
    }
    if (row.getRemoved() || own.contains(self)) {
      return true;
    }
    long now = nanoClock.getAsLong();
    return now - unwantedSince.computeIfAbsent(id, key -> now) >= ORPHAN_NANOS;
  }

  private static ReplicaRemoval.Wanted wanted(ShardRow row, List<String> joining) {
    return new ReplicaRemoval.Wanted(
        row.getRemoved(), row.getReplicaNodeIdsList(), joining, row.getConfIndex());
  }

  private void begin(HostedShard shard, ConsensusGroup group) {
    if (leaving.add(shard.id())) {
      threads.blocking().execute(() -> remove(shard, group));
    }
  }

  private void remove(HostedShard shard, ConsensusGroup group) {
    long id = shard.id();
    CompletableFuture<Void> done;
    try {
      // Nobody needs what it still holds in memory.
      shard.hosted().abandon();
      done = removal.remove(id, group, () -> machines.close(shard.hosted()), threads.blocking());
    } catch (RuntimeException e) {
      done = CompletableFuture.failedFuture(e);
    }
    done.whenComplete(
        (nothing, failure) -> {
          if (failure == null) {
            left.remove(id);
            unwantedSince.remove(id);
          } else {
            LOG.warn(
                "the replica of shard {} could not be deleted; tries again: {}",
                id,
                Failures.known(failure).getMessage());
          }
          leaving.remove(id);
        });
  }
}
