package io.henge.server.copies;

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

  /** A write was proposed again, with sources that it lacked. */
  default void missing() {}
}
