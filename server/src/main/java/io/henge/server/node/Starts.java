package io.henge.server.node;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;

/**
 * Which replicas are being started, so that none is started twice: whoever wants one looks first
 * whether it runs, and its start may end before that one gets around to begin another. Thread-safe.
 */
final class Starts {
  private final LongPredicate runs;
  private final Set<Long> underWay = ConcurrentHashMap.newKeySet();

  /**
   * None yet.
   *
   * @param runs whether a replica of a shard runs; to be so before its start is {@link #ended}
   */
  Starts(LongPredicate runs) {
    this.runs = runs;
  }

  /** Whether the caller may start a replica, and has to say when that has {@link #ended}. */
  boolean begin(long shardId) {
    if (!underWay.add(shardId)) {
      return false;
    }
    if (runs.test(shardId)) {
      // Another start of it has ended since the caller looked.
      underWay.remove(shardId);
      return false;
    }
    return true;
  }

  /** One that nobody else can have begun. */
  void began(long shardId) {
    underWay.add(shardId);
  }

  /** The replica runs, or could not be started. */
  void ended(long shardId) {
    underWay.remove(shardId);
  }

  boolean isUnderWay(long shardId) {
    return underWay.contains(shardId);
  }
}
