package io.henge.testkit.simulation;

import io.henge.replication.sim.SimulatedCluster;
import io.henge.replication.sim.SimulatedNode;
import java.util.List;
import java.util.Random;

/** What goes wrong in a run, by the run's own chance. */
final class Chaos {
  private final SimulatedShard shard;
  private final SimulatedCluster cluster;
  private final Random random;
  private final boolean suspends;
  private boolean stopped;

  /**
   * @param suspends whether nodes' monotonic clocks stand still at times
   */
  Chaos(SimulatedShard shard, boolean suspends) {
    this.shard = shard;
    this.cluster = shard.cluster();
    this.random = shard.time().random();
    this.suspends = suspends;
  }

  void run() {
    shard.time().schedule((long) (random.nextDouble() * 500_000_000), this::next);
  }

  void stop() {
    stopped = true;
  }

  private void next() {
    if (stopped) {
      return;
    }
    SimulatedNode any = cluster.nodes().get(random.nextInt(3));
    SimulatedNode victim = random.nextBoolean() ? any : leaderOr(any);
    switch (random.nextInt(18)) {
      case 0, 1, 2 -> cluster.partition(List.of(victim.id()), others(victim.id()));
      case 3 -> cluster.block(victim.id(), others(victim.id()).get(random.nextInt(2)));
      case 4, 5 -> cluster.heal();
      case 6, 7 -> stopFor(victim, 1 + random.nextInt(1_500));
      case 8, 9 -> {
        if (cluster.nodes().stream().allMatch(SimulatedNode::isUp)) {
          crash(victim);
        }
      }
      case 10 -> {
        if (random.nextInt(4) == 0) {
          cluster.nodes().forEach(this::crash);
        }
      }
      case 11, 12 -> flush(any);
      case 13 -> {
        if (victim.isUp() && !victim.isPaused()) {
          shard
              .any(victim.id())
              .shard()
              .transferLeadership(others(victim.id()).get(random.nextInt(2)));
          cutOffSoon(victim);
        }
      }
      case 14 -> victim.jumpWallClock(random.nextInt(800) - 400);
      case 15, 16 -> {
        // An election although there is a leader, which is cut off and does not learn of it.
        SimulatedNode leader = leaderOr(victim);
        if (any.isUp() && !any.isPaused() && !any.equals(leader)) {
          cutOffSoon(leader);
          shard.any(any.id()).shard().group().standForElection();
        }
      }
      default -> {}
    }
    run();
  }

  private void cutOffSoon(SimulatedNode node) {
    if (random.nextInt(3) > 0) {
      shard
          .time()
          .schedule(
              (long) (random.nextDouble() * 40_000_000),
              () -> {
                if (!stopped) {
                  cluster.partition(List.of(node.id()), others(node.id()));
                }
              });
    }
  }

  private void stopFor(SimulatedNode node, int millis) {
    if (!node.isUp() || node.isPaused()) {
      return;
    }
    if (suspends && random.nextBoolean()) {
      node.suspend();
      // Else the messages that have waited for it tell it at once that it does not lead any more.
      cutOffSoon(node);
    } else {
      node.pause();
    }
    shard.time().schedule(millis * 1_000_000L, node::resume);
  }

  private void crash(SimulatedNode node) {
    if (!node.isUp()) {
      return;
    }
    node.crash();
    shard
        .time()
        .schedule(
            (long) (random.nextDouble() * 1_500_000_000),
            () -> {
              if (!node.isUp()) {
                shard.restart(node);
              }
            });
  }

  private void flush(SimulatedNode node) {
    if (node.isUp() && !node.isPaused()) {
      SimulatedShard.Replica replica = shard.any(node.id());
      replica.machine().flush();
      if (random.nextBoolean()) {
        replica.shard().group().purgeLog();
      }
    }
  }

  private SimulatedNode leaderOr(SimulatedNode other) {
    return cluster.nodes().stream()
        .filter(node -> node.isUp() && shard.replica(node.id()).shard().group().isLeader())
        .findFirst()
        .orElse(other);
  }

  private static List<String> others(String id) {
    return SimulatedShard.NODES.stream().filter(other -> !other.equals(id)).toList();
  }
}
