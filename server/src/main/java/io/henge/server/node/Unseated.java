package io.henge.server.node;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Nodes from which others have taken leaderships lately, without having been asked to: they have
 * died, hang, or are too slow to answer. What is evened out then had better not go there. Not
 * thread-safe.
 */
final class Unseated {
  private static final long LATELY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final LongSupplier nanoClock;
  private final Map<Long, String> leaders = new HashMap<>();
  private final Map<String, Long> since = new HashMap<>();

  Unseated(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /** What was so before is not known any more. */
  void clear() {
    leaders.clear();
    since.clear();
  }

  /** Of others nothing has been heard for a while. */
  void retain(Set<Long> groups) {
    leaders.keySet().retainAll(groups);
  }

  /**
   * A group is led by a node now.
   *
   * @param planned whether something is being done to the group, as a hand-over is
   */
  void leads(long group, String leader, boolean planned) {
    String before = leaders.put(group, leader);
    if (before != null && !before.equals(leader) && !planned) {
      since.put(before, nanoClock.getAsLong());
    }
  }

  /** Whether this node has lost a leadership lately. */
  boolean isLately(String nodeId) {
    Long nanos = since.get(nodeId);
    if (nanos == null) {
      return false;
    }
    if (nanoClock.getAsLong() - nanos < LATELY_NANOS) {
      return true;
    }
    since.remove(nodeId);
    return false;
  }
}
