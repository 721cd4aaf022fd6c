package io.henge.replication.sim;

import io.henge.replication.GroupId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ScheduledExecutorService;

/**
 * A node: its clocks, its timers, its disk, and whether it is up. What is scheduled on it dies with
 * it; while it is paused, everything waits and then happens at once.
 */
public final class SimulatedNode {
  private final SimulatedCluster cluster;
  private final String id;
  private final Deque<Runnable> backlog = new ArrayDeque<>();
  private final Map<GroupId, DurableLog> disk = new TreeMap<>(GroupIds.ORDER);
  private SimulatedConsensus consensus;
  private long life = 1;
  private boolean up = true;
  private boolean paused;

  private long wallOffsetMillis = 1_700_000_000_000L;

  /** How far the monotonic clock is behind virtual time. */
  private long frozenNanos;

  private long suspendedAt;
  private boolean suspended;

  SimulatedNode(SimulatedCluster cluster, String id) {
    this.cluster = cluster;
    this.id = id;
    this.consensus = new SimulatedConsensus(cluster, this);
  }

  public String id() {
    return id;
  }

  public boolean isUp() {
    return up;
  }

  public boolean isPaused() {
    return paused;
  }

  /** Consensus as this life of the node sees it. */
  public SimulatedConsensus consensus() {
    return consensus;
  }

  /** The node's monotonic clock. */
  public long nanoTime() {
    return (suspended ? suspendedAt : cluster.time().nanos()) - frozenNanos;
  }

  /** The node's wall clock. */
  public long wallMillis() {
    return wallOffsetMillis + cluster.time().nanos() / 1_000_000;
  }

  /** Sets the node's wall clock forward or back. */
  public void jumpWallClock(long millis) {
    wallOffsetMillis += millis;
  }

  /** Timers that die with this life of the node. */
  public ScheduledExecutorService scheduler() {
    return new VirtualScheduler(this);
  }

  /** Runs something on the node after a while, unless it dies before. */
  public void schedule(long delayNanos, Runnable action) {
    long scheduledIn = life;
    cluster.time().schedule(delayNanos, () -> run(scheduledIn, action));
  }

  /** Stops everything on the node, as a long garbage collection does; its clocks go on. */
  public void pause() {
    paused = true;
  }

  /** Stops everything on the node and its monotonic clock, as the suspension of a machine does. */
  public void suspend() {
    paused = true;
    if (!suspended) {
      suspended = true;
      suspendedAt = cluster.time().nanos();
    }
  }

  /** Lets a paused or suspended node go on; what has waited happens now, in its order. */
  public void resume() {
    if (!paused) {
      return;
    }
    paused = false;
    if (suspended) {
      suspended = false;
      frozenNanos += cluster.time().nanos() - suspendedAt;
    }
    Deque<Runnable> waiting = new ArrayDeque<>(backlog);
    backlog.clear();
    long resumedIn = life;
    for (Runnable action : waiting) {
      cluster.time().schedule(0, () -> run(resumedIn, action));
    }
  }

  /**
   * The node dies at once. Its disk keeps the logs up to what was synced; its state machines are
   * neither closed nor told.
   */
  public void crash() {
    if (!up) {
      return;
    }
    resume();
    up = false;
    life++;
    consensus.died();
    disk.values().forEach(log -> log.loseUnsynced(cluster.time().random()));
  }

  /**
   * The node comes back with its disk and a new {@link #consensus}, which starts nothing by itself.
   */
  public SimulatedConsensus restart() {
    if (up) {
      throw new IllegalStateException(id + " is up");
    }
    up = true;
    life++;
    consensus = new SimulatedConsensus(cluster, this);
    return consensus;
  }

  long life() {
    return life;
  }

  Map<GroupId, DurableLog> disk() {
    return disk;
  }

  /** Runs an action that was sent to, or scheduled in, this life of the node. */
  void run(long inLife, Runnable action) {
    if (!up || inLife != life) {
      return;
    }
    if (paused) {
      backlog.add(action);
    } else {
      action.run();
    }
  }
}
