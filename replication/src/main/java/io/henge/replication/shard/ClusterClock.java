package io.henge.replication.shard;

/** The time that leaders write into the log. Thread-safe; must not block. */
public interface ClusterClock {
  /** This node's best idea of the time, in milliseconds since 1970. May jump either way. */
  long millis();

  /**
   * Whether the clocks of a majority of the cluster's nodes, this one included, have about reached
   * a time. Asked only when a shard's time would jump ahead.
   */
  boolean majorityReached(long millis);

  /** The wall clock of a node that is alone: it agrees with itself. */
  static ClusterClock ofLoneNode() {
    return new ClusterClock() {
      @Override
      public long millis() {
        return System.currentTimeMillis();
      }

      @Override
      public boolean majorityReached(long millis) {
        return true;
      }
    };
  }
}
