package io.henge.testkit.simulation;

import io.henge.api.key.PhysicalKey;
import io.henge.replication.shard.ReplicatedShard;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.Reshaping;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.testkit.simulation.SimulatedShard.Replica;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Cuts and joins shards at random, as drivers on nodes do: looks at whoever says that it leads,
 * takes the next step, and does not believe anything but what logs have answered.
 */
final class Reshapes {
  private static final int SHARDS_MAX = 4;

  /** A merge from its first step to the removal of the right shard, or to its thawing. */
  private record Merge(long operationId, long left, long right) {}

  private final SimulatedShard world;
  private final Random random;

  /** By the left shard. */
  private final Map<Long, Merge> merges = new HashMap<>();

  /** Operations whose SEAL the right shard's leader has answered. */
  private final Set<Long> sealed = new HashSet<>();

  private long ids = 100;
  private boolean finishing;
  private int splits;
  private int merged;
  private int takenBack;

  Reshapes(SimulatedShard world) {
    this.world = world;
    this.random = world.time().random();
  }

  int splits() {
    return splits;
  }

  int merged() {
    return merged;
  }

  int takenBack() {
    return takenBack;
  }

  void run() {
    world.time().schedule(5_000_000L + (long) (random.nextDouble() * 60_000_000), this::next);
  }

  /** No new operations; those under way go on to their ends. */
  void finish() {
    finishing = true;
  }

  boolean isIdle() {
    return merges.isEmpty()
        && world.shards().stream()
            .allMatch(
                id -> {
                  Replica leader = world.leader(id);
                  if (leader == null) {
                    return false;
                  }
                  Reshaping now = leader.shard().state().reshaping();
                  return now.children().isEmpty()
                      && now.untrimmed() == null
                      && !now.isFrozen()
                      && now.absorbing() == null;
                });
  }

  /** What is under way, for whoever has to find out why it does not end. */
  String describe() {
    StringBuilder text = new StringBuilder("merges " + merges.values());
    for (long id : world.shards()) {
      for (String node : SimulatedShard.NODES) {
        Replica replica = world.replica(node, id);
        if (replica == null) {
          text.append(String.format("%nshard %s on %s: none", id, node));
        } else {
          ShardState state = replica.shard().state();
          text.append(
              String.format(
                  "%nshard %s on %s: leads %s, led by %s, term %s, committed %s, applied %s, %s",
                  id,
                  node,
                  replica.shard().group().isLeader(),
                  replica.shard().group().leader(),
                  replica.shard().group().term(),
                  replica.shard().group().committedIndex(),
                  state.applied(),
                  state.reshaping()));
        }
      }
    }
    return text.toString();
  }

  private void next() {
    List<Long> shards = world.standing();
    step(shards.get(random.nextInt(shards.size())), shards.size());
    run();
  }

  private void step(long shardId, int shardCount) {
    Replica leader = world.leader(shardId);
    if (leader == null) {
      return;
    }
    ReplicatedShard shard = leader.shard();
    ShardState state = shard.state();
    Reshaping now = state.reshaping();
    ShardDescription range = state.shard();
    Merge merge = merges.get(shardId);
    if (range == null) {
      return;
    }
    if (merge != null) {
      go(merge, shard, now);
    } else if (!now.children().isEmpty() || now.untrimmed() != null) {
      List<Long> complete =
          now.children().stream().map(child -> child.childId()).filter(world::isComplete).toList();
      shard.reshape(new ReshapeCommand.Trim(complete));
    } else if (!finishing && !now.isFrozen()) {
      if (shardCount < SHARDS_MAX && random.nextInt(3) == 0) {
        split(shard, range);
      } else if (random.nextInt(3) == 0 && !isMerging(shardId)) {
        begin(shard, range);
      }
    }
  }

  private void split(ReplicatedShard shard, ShardDescription range) {
    byte[] key =
        SimulatedClient.physicalKey(
            new String[] {"register", "counter", "text"}[random.nextInt(3)] + random.nextInt(3));
    byte[] at = Arrays.copyOf(key, PhysicalKey.TOKEN_BYTES);
    if (!range.contains(at) || Arrays.equals(at, range.start())) {
      return;
    }
    long childId = ++ids;
    shard
        .reshape(new ReshapeCommand.Split(++ids, childId, at, range.epoch(), SimulatedShard.NODES))
        .thenAccept(outcome -> splits += outcome.isDone() ? 1 : 0);
    if (random.nextInt(3) == 0) {
      cutOffSoon(shard);
    }
  }

  /** So that others decide the split, while it still has its lease and does not know. */
  private void cutOffSoon(ReplicatedShard shard) {
    String node =
        SimulatedShard.NODES.stream()
            .filter(
                id -> {
                  Replica replica = world.replica(id, shard.description().shardId());
                  return replica != null && replica.shard() == shard;
                })
            .findAny()
            .orElseThrow();
    List<String> others =
        SimulatedShard.NODES.stream().filter(other -> !other.equals(node)).toList();
    world
        .time()
        .schedule(
            (long) (random.nextDouble() * 30_000_000),
            () -> {
              if (!finishing) {
                world.cluster().partition(List.of(node), others);
              }
            });
  }

  private void begin(ReplicatedShard left, ShardDescription range) {
    for (long id : world.standing()) {
      Replica right = world.leader(id);
      if (right == null || isMerging(id) || range.end().length == 0) {
        continue;
      }
      ShardState state = right.shard().state();
      ShardDescription neighbour = state.shard();
      if (neighbour != null
          && Arrays.equals(neighbour.start(), range.end())
          && !state.reshaping().isFrozen()
          && world.isComplete(id)) {
        Merge merge = new Merge(++ids, range.shardId(), id);
        merges.put(range.shardId(), merge);
        left.reshape(new ReshapeCommand.Absorb(merge.operationId, neighbour));
        return;
      }
    }
  }

  private boolean isMerging(long shardId) {
    return merges.values().stream()
        .anyMatch(merge -> merge.left == shardId || merge.right == shardId);
  }

  private void go(Merge merge, ReplicatedShard left, Reshaping now) {
    Reshaping.Operation last = now.lastOperation();
    if (last != null && last.id() >= merge.operationId) {
      over(merge, last);
      return;
    }
    Reshaping.Absorbing under = now.absorbing();
    Replica leader = world.leader(merge.right);
    if (under == null || random.nextInt(60) == 0) {
      // Refused, or not there yet; or somebody takes it back.
      if (random.nextInt(4) == 0) {
        left.reshape(new ReshapeCommand.AbsorbAbort(merge.operationId));
      }
    } else if (leader != null) {
      copy(merge, left, under, leader.shard());
    }
  }

  private void over(Merge merge, Reshaping.Operation last) {
    if (last.id() == merge.operationId && last.done()) {
      merged++;
      merges.remove(merge.left);
      world.remove(merge.right);
      return;
    }
    if (!world.shards().contains(merge.right)) {
      // A split came in between, and it is part of another neighbour now.
      merges.remove(merge.left);
      return;
    }
    Replica leader = world.leader(merge.right);
    if (leader == null) {
      return;
    }
    Reshaping now = leader.shard().state().reshaping();
    Reshaping.Operation its = now.lastOperation();
    if (!now.isFrozen() && its != null && its.id() >= merge.operationId) {
      // It will not be frozen by this one any more.
      takenBack++;
      merges.remove(merge.left);
    } else {
      leader.shard().reshape(new ReshapeCommand.Thaw(merge.operationId));
    }
  }

  private void copy(
      Merge merge, ReplicatedShard left, Reshaping.Absorbing under, ReplicatedShard right) {
    long operationId = merge.operationId;
    ShardState state = right.state();
    Reshaping.Frozen frozen = state.reshaping().frozen();
    ShardDescription range = state.shard();
    if (frozen == null || frozen.operationId() != operationId) {
      Reshaping.Operation last = state.reshaping().lastOperation();
      boolean hopeless =
          range == null
              || range.epoch() != under.neighbour().epoch()
              || (last != null && last.id() >= operationId);
      if (hopeless) {
        left.reshape(new ReshapeCommand.AbsorbAbort(operationId));
      } else {
        right.reshape(new ReshapeCommand.Freeze(operationId, merge.left));
      }
    } else if (!Arrays.equals(under.position(), ReshapeCommand.AbsorbRows.END)) {
      right
          .frozenRows(operationId, under.position(), 1 + random.nextInt(4000))
          .thenAccept(
              page ->
                  left.reshape(
                      new ReshapeCommand.AbsorbRows(
                          operationId, page.from(), page.to(), page.rows())));
    } else if (!sealed.contains(operationId)
        && world.reshaping() != SimulatedShard.Reshaping.NOT_SEALED) {
      right
          .reshape(new ReshapeCommand.Seal(operationId))
          .thenAccept(
              outcome -> {
                if (outcome.isDone()) {
                  sealed.add(operationId);
                }
              });
    } else {
      right
          .frozenDigest(operationId)
          .thenAccept(
              digest ->
                  left.reshape(
                      new ReshapeCommand.AbsorbCommit(
                          operationId,
                          digest.epoch(),
                          digest.timeMillis(),
                          digest.version(),
                          digest.catalogue(),
                          digest.rows(),
                          digest.checksum())));
    }
  }
}
