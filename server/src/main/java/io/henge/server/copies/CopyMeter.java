package io.henge.server.copies;

import java.util.Map;

/** Told how copies keep up. Any thread; must not block. */
public interface CopyMeter {
  CopyMeter NONE = new CopyMeter() {};

  /**
   * A change of a source has reached all of its holders.
   *
   * @param lagMillis after the change
   * @param boundMillis within what time it was to
   */
  default void sent(int ruleId, long lagMillis, long boundMillis) {}

  /** Holders have been changed. */
  default void changed(int ruleId, int holders) {}

  /** Sources were read for a write before it was proposed. */
  default void foreseen() {}

  /**
   * What waits in the shards that this node leads, every second.
   *
   * @param shards by id
   * @param rules by id; all that follow in these shards, whether anything waits or not
   */
  default void waiting(Map<Long, Rows> shards, Map<Integer, Wait> rules) {}

  /**
   * Rows that wait in a shard.
   *
   * @param outbox sources at which it is still to be registered
   * @param fanout of its sources with a change that has not reached all holders
   */
  record Rows(long outbox, long fanout) {}

  /**
   * For how long the oldest row of a rule waits.
   *
   * @param millis 0 = there is none
   * @param boundMillis within what time it was to be done
   */
  record Wait(long millis, long boundMillis) {}

  /** Copies were compared with their sources. */
  default void verified(long copies) {}

  /**
   * A copy is not what its source says, though nothing is on its way.
   *
   * @param kind what is wrong, in lower case, with hyphens
   */
  default void different(int ruleId, String kind) {}

  /** A write was proposed again, with sources that it lacked. */
  default void missing() {}
}
