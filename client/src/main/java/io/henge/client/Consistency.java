package io.henge.client;

/** What a read promises, from the dearest to the cheapest. */
public enum Consistency {
  /** Sees every write that was acknowledged before it began. Served by leaders. */
  LINEARIZABLE,
  /**
   * Sees what the session has seen and written, and never goes back. Served by any replica that has
   * it.
   */
  SESSION,
  /** At most a stated time behind. Served by any replica that knows it is. */
  BOUNDED,
  /** Whatever the nearest replica has. */
  EVENTUAL
}
