package io.henge.client.internal.retry;

import java.util.Random;

/**
 * How long to wait before the next attempt: doubling, so as not to hammer, up to a bound that is
 * small against the second which an election takes, and at random, so that callers which failed
 * together do not come back together.
 */
final class Backoff {
  private static final long MILLIS_MIN = 4;
  private static final long MILLIS_MAX = 100;

  private Backoff() {}

  /** Milliseconds before the next attempt after {@code pauses} earlier waits; at least as told. */
  static long millis(int pauses, long retryAfterMillis, Random random) {
    long most = Math.min(MILLIS_MAX, MILLIS_MIN << Math.min(pauses, 10));
    long own = most / 2 + random.nextLong(most / 2 + 1);
    long told = retryAfterMillis + random.nextLong(retryAfterMillis / 4 + 1);
    return Math.max(own, told);
  }
}
