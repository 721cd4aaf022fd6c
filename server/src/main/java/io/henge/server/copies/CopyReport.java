package io.henge.server.copies;

import io.henge.api.internal.v1.CopyLag;
import java.util.Map;

/**
 * How far followed copies lagged when the cluster was asked.
 *
 * @param byRule what waited, by rule; of rules that are not there nothing waited
 * @param atMillis in the cluster's time, before anybody was asked
 * @param isWhole every part of the ring has told, by a leader that was one after {@code atMillis}
 * @param madeNanos the same moment on this node's monotonic clock
 */
public record CopyReport(
    Map<Integer, CopyLag> byRule, long atMillis, boolean isWhole, long madeNanos) {

  /** Nobody has been asked. */
  public static final CopyReport NONE = new CopyReport(Map.of(), 0, false, 0);

  public CopyReport {
    byRule = Map.copyOf(byRule);
  }

  /** For how long the oldest change of a rule's sources waited. */
  public long lagMillis(int ruleId) {
    CopyLag lag = byRule.get(ruleId);
    return lag == null ? 0 : lag.getLagMillis();
  }

  /**
   * Changes of a rule's sources up to then had reached all registered copies; 0 = not known. The
   * lag is told by whoever was asked, later than {@code atMillis}: so it is no later than that.
   */
  public long completeUntilMillis(int ruleId) {
    return isWhole ? Math.max(0, atMillis - lagMillis(ruleId)) : 0;
  }
}
