package io.henge.replication.shard;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A node's clock, held against those of its peers. Each message between nodes that carries a clock
 * is a sample ({@link #sample}); between samples a peer's clock is taken to run on. With fresh
 * samples of a majority, {@link #millis} stays within {@link #TOLERANCE_MILLIS} of the time that a
 * majority has reached, so one wrong clock does no harm, whoever leads. Thread-safe.
 */
public final class PeerClocks implements ClusterClock {
  /** How far clocks may differ and still agree. */
  public static final long TOLERANCE_MILLIS = 5_000;

  /** Drift over so long is far below the tolerance. */
  private static final long SAMPLE_NANOS_MAX = 600_000_000_000L;

  /** So long bounds are taken to run on, since every write asks for the time. */
  private static final long BOUNDS_NANOS_MAX = 50_000_000L;

  private record Sample(long millis, long nanos) {}

  /** What this node's clock is held between, as of a monotonic time. */
  private record Bounds(long nanos, long lowest, long highest) {}

  private final LongSupplier wallMillis;
  private final LongSupplier nanoTime;
  private final IntSupplier nodes;
  private final Map<String, Sample> samples = new ConcurrentHashMap<>();
  private volatile @Nullable Bounds bounds;

  /**
   * @param wallMillis this node's wall clock
   * @param nanoTime this node's monotonic clock
   * @param nodes how many nodes the cluster has, this one included
   */
  public PeerClocks(LongSupplier wallMillis, LongSupplier nanoTime, IntSupplier nodes) {
    this.wallMillis = wallMillis;
    this.nanoTime = nanoTime;
    this.nodes = nodes;
  }

  /** Another node's wall clock, as a message that has just arrived says. */
  public void sample(String nodeId, long millis) {
    samples.put(nodeId, new Sample(millis, nanoTime.getAsLong()));
    bounds = null;
  }

  /** A node that is no longer in the cluster. */
  public void forget(String nodeId) {
    samples.remove(nodeId);
    bounds = null;
  }

  @Override
  public long millis() {
    long now = nanoTime.getAsLong();
    long own = wallMillis.getAsLong();
    Bounds held = bounds;
    if (held == null || now - held.nanos > BOUNDS_NANOS_MAX) {
      held = bounds(own, now);
      bounds = held;
    }
    if (held.lowest == Long.MIN_VALUE) {
      return own;
    }
    long elapsed = (now - held.nanos) / 1_000_000;
    return Math.max(held.lowest + elapsed, Math.min(own, held.highest + elapsed));
  }

  private Bounds bounds(long own, long now) {
    List<Long> clocks = clocks(own);
    int majority = nodes.getAsInt() / 2 + 1;
    if (clocks.size() < majority) {
      return new Bounds(now, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    // The latest time that a majority has reached, and the earliest that a majority has not passed.
    Collections.sort(clocks);
    long reached = clocks.get(clocks.size() - majority);
    long notPassed = clocks.get(majority - 1);
    return new Bounds(now, notPassed - TOLERANCE_MILLIS, reached + TOLERANCE_MILLIS);
  }

  @Override
  public boolean majorityReached(long millis) {
    int reached = 0;
    for (long clock : clocks(wallMillis.getAsLong())) {
      if (clock >= millis - TOLERANCE_MILLIS) {
        reached++;
      }
    }
    return reached > nodes.getAsInt() / 2;
  }

  private List<Long> clocks(long own) {
    long now = nanoTime.getAsLong();
    List<Long> clocks = new ArrayList<>(samples.size() + 1);
    clocks.add(own);
    for (Sample sample : samples.values()) {
      long age = now - sample.nanos;
      if (age < SAMPLE_NANOS_MAX) {
        clocks.add(sample.millis + age / 1_000_000);
      }
    }
    return clocks;
  }
}
