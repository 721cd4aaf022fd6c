package io.henge.api.testing;

import java.util.Random;

/** The seed of a random test: printed, and accepted back by {@code -Dtest.seed=}. */
public final class Seed {
  private Seed() {}

  /** A generator from {@code -Dtest.seed}, or from a fresh seed that is printed. */
  public static Random random(String test) {
    return new Random(next(test));
  }

  /** The seed itself. */
  public static long next(String test) {
    String given = System.getProperty("test.seed", "");
    long seed = given.isBlank() ? System.nanoTime() : Long.parseLong(given.trim());
    System.err.println(test + ": repeat with -Dtest.seed=" + seed);
    return seed;
  }
}
