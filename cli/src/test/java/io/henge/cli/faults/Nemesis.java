package io.henge.cli.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.HengeException;
import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.process.ServerProcess;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Does random things to a cluster. At most one node is down or stopped at a time. What the cluster
 * refuses, since something else is under way, is refused; the rest must come to its end.
 */
final class Nemesis {
  private static final int SHARDS_MAX = 6;
  private static final List<String> FAULTS = List.of("kill", "pause", "restart");

  private final ProcessCluster cluster;
  private final HengeClient client;
  private final Random random;
  private final Map<String, Integer> done = new TreeMap<>();
  private final Map<String, Integer> refused = new TreeMap<>();
  private @Nullable ServerProcess down;
  private @Nullable ServerProcess stopped;

  Nemesis(ProcessCluster cluster, HengeClient client, long seed) {
    this.cluster = cluster;
    this.client = client;
    this.random = new Random(seed);
  }

  /** How many writes are to be acknowledged before the next thing is done. */
  long writesBetween() {
    return 20L + random.nextInt(200);
  }

  void act() {
    int choice = random.nextInt(14);
    if (down != null || stopped != null) {
      // Not for long: operations need all members for some of their steps.
      if (random.nextInt(3) != 0) {
        heal();
        return;
      }
      choice = random.nextInt(9);
    }
    switch (choice) {
      case 0, 1, 2 -> tried("split", this::split);
      case 3, 4 -> tried("merge", this::merge);
      case 5, 6 -> tried("move", this::move);
      case 7, 8 -> tried("transfer", this::transfer);
      case 9, 10 -> {
        ServerProcess victim = victim();
        done("kill");
        victim.kill();
        down = victim;
      }
      case 11, 12 -> {
        ServerProcess victim = victim();
        done("pause");
        victim.pause();
        stopped = victim;
      }
      default -> {
        ServerProcess victim = victim();
        done("restart");
        assertThat(victim.terminate()).isIn(0, 143);
        down = victim;
      }
    }
  }

  /** Everybody is back. */
  void heal() {
    ServerProcess again = down;
    if (again != null) {
      again.start();
      down = null;
      awaitCaughtUpOrGone(again);
    }
    ServerProcess awake = stopped;
    if (awake != null) {
      awake.resume();
      stopped = null;
    }
  }

  /** A node that holds nothing has nothing to catch up with. */
  private void awaitCaughtUpOrGone(ServerProcess node) {
    Conditions.await(
        client,
        status ->
            status.shards().stream()
                .allMatch(
                    shard ->
                        shard.replicas().stream()
                            .noneMatch(
                                replica ->
                                    (replica.node().equals(node.ready().id())
                                            || replica.node().equals(node.name()))
                                        && replica.appliedIndex() == 0)));
  }

  private ServerProcess victim() {
    return cluster.nodes().get(random.nextInt(cluster.nodes().size()));
  }

  private void tried(String what, Runnable action) {
    try {
      action.run();
      done(what);
    } catch (HengeException e) {
      System.err.println(what + " was refused: " + e.getMessage());
      refused.merge(what, 1, Integer::sum);
    }
  }

  private void done(String what) {
    System.err.println(what);
    done.merge(what, 1, Integer::sum);
  }

  private void split() {
    List<ClusterStatus.Shard> shards = client.admin().status().shards();
    if (shards.size() < SHARDS_MAX) {
      client.operations().split(anyOf(shards).id());
    }
  }

  private void merge() {
    List<ClusterStatus.Shard> shards = client.admin().status().shards();
    if (shards.size() > 1) {
      client.operations().merge(anyOf(shards).id());
    }
  }

  private void move() {
    ClusterStatus status = client.admin().status();
    ClusterStatus.Shard shard = anyOf(status.shards());
    List<String> holders = shard.replicas().stream().map(ClusterStatus.Replica::node).toList();
    List<String> others =
        status.nodes().stream()
            .map(ClusterStatus.Node::id)
            .filter(id -> !holders.contains(id))
            .toList();
    if (!others.isEmpty() && !holders.isEmpty()) {
      client.operations().move(shard.id(), anyOf(holders), anyOf(others));
    }
  }

  private void transfer() {
    ClusterStatus.Shard shard = anyOf(client.admin().status().shards());
    if (!shard.replicas().isEmpty()) {
      client.admin().transferLeader(shard.id(), anyOf(shard.replicas()).node());
    }
  }

  private <T> T anyOf(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  /** Whether enough has happened, and of all kinds, for a run to prove something. */
  boolean isVaried() {
    return done.containsKey("split")
        && FAULTS.stream().anyMatch(done::containsKey)
        && done.values().stream().mapToInt(n -> n).sum() > 4;
  }

  @Override
  public String toString() {
    return "done " + done + ", refused " + refused;
  }
}
