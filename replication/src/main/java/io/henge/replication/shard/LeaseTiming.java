package io.henge.replication.shard;

import java.time.Duration;

/**
 * How long a lease is good for, and how long a new leader waits for its predecessor's to be over.
 * Must be the same on all members of a group: {@link #LeaseTiming} checks what one member can.
 *
 * @param length how long a leader may serve reads after it proposed an entry that it then applied
 * @param clockTolerance by how much wall clock and monotonic clock may disagree since then before
 *     the lease is dropped: a suspended machine may freeze the monotonic clock for that long
 *     unnoticed, so a new leader waits for it too
 * @param driftPartsPerMillion by how much the monotonic clocks of two nodes may differ in speed
 * @param electionTimeoutMin shortest election timeout of the group. Safety does not stand on it; it
 *     makes the wait free in a failover, since it is over when the election is
 */
public record LeaseTiming(
    Duration length,
    Duration clockTolerance,
    int driftPartsPerMillion,
    Duration electionTimeoutMin) {

  /**
   * 300 ms, with clocks that differ by at most 1 %, under an election timeout of 500 ms or more.
   */
  public static final LeaseTiming DEFAULT = of(Duration.ofMillis(300), Duration.ofMillis(500));

  public LeaseTiming {
    if (length.isNegative() || length.isZero()) {
      throw new IllegalArgumentException("lease length: above 0 expected, found " + length);
    }
    if (clockTolerance.isNegative()) {
      throw new IllegalArgumentException(
          "clock tolerance: 0 or more expected, found " + clockTolerance);
    }
    if (driftPartsPerMillion < 0 || driftPartsPerMillion > 500_000) {
      throw new IllegalArgumentException(
          "clock drift: 0 to 500000 parts per million expected, found " + driftPartsPerMillion);
    }
    if (length.multipliedBy(3).compareTo(electionTimeoutMin.multipliedBy(2)) > 0) {
      throw new IllegalArgumentException(
          "lease length: at most two thirds of the shortest election timeout ("
              + electionTimeoutMin.toMillis()
              + " ms) expected, found "
              + length.toMillis()
              + " ms; shorten the lease or raise the election timeout");
    }
  }

  /** With the default tolerance (100 ms) and drift (1 %). */
  public static LeaseTiming of(Duration length, Duration electionTimeoutMin) {
    return new LeaseTiming(length, Duration.ofMillis(100), 10_000, electionTimeoutMin);
  }

  long lengthNanos() {
    return length.toNanos();
  }

  /** How long after another node's entry arrived no lease can stand on it any more. */
  long waitNanos() {
    long nanos = length.toNanos();
    return nanos
        + clockTolerance.toNanos()
        + (nanos + clockTolerance.toNanos()) * driftPartsPerMillion / 1_000_000;
  }

  long toleranceMillis() {
    return clockTolerance.toMillis();
  }
}
