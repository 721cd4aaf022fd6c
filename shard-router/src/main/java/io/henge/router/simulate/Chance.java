package io.henge.router.simulate;

/** Numbers that look random and are the same for the same seed (SplitMix64). */
final class Chance {
  private long state;

  Chance(long seed) {
    this.state = seed;
  }

  private long next() {
    state += 0x9E3779B97F4A7C15L;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** From 0 to below a bound. */
  int below(int bound) {
    return (int) Math.floorMod(next() >>> 1, (long) bound);
  }

  /** From 0 to below 1. */
  double part() {
    return (next() >>> 11) * 0x1.0p-53;
  }
}
