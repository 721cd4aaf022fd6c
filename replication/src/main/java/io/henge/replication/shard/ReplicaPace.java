package io.henge.replication.shard;

/**
 * What operators set for the work that replicas do by themselves, all replicas of a node alike.
 * Takes effect at once. Thread-safe.
 */
public final class ReplicaPace {
  /** Milliseconds from one entry of a fill to the next. */
  public static final int FILL_INTERVAL_DEFAULT = 20;

  private volatile long fillIntervalMillis = FILL_INTERVAL_DEFAULT;
  private volatile int verifiedPerSecond;
  private volatile long changeBytesMax;

  /** As limits say, until something else is set. */
  public ReplicaPace(ReplicaLimits limits) {
    this.verifiedPerSecond = limits.verifiedPerSecond();
    this.changeBytesMax = limits.changeBytesMax();
  }

  /**
   * Sets it.
   *
   * @param fillMillis from one entry that builds or drops an index or a copy to the next, while
   *     nothing else waits
   * @param verified documents a second that each shard is verified by, about; 0 = not at all
   * @param changeBytes bytes of changes of documents that a shard keeps
   */
  public void set(long fillMillis, int verified, long changeBytes) {
    fillIntervalMillis = fillMillis;
    verifiedPerSecond = verified;
    changeBytesMax = changeBytes;
  }

  long fillIntervalMillis() {
    return fillIntervalMillis;
  }

  int verifiedPerSecond() {
    return verifiedPerSecond;
  }

  long changeBytesMax() {
    return changeBytesMax;
  }
}
