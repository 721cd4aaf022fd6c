package io.henge.server.copies;

import java.util.Random;

/** What goes wrong, and how often, until it is told to end. All from one generator. */
final class Faults {
  private final Random random;
  private boolean ended;

  Faults(Random random) {
    this.random = random;
  }

  /** From now on all goes well. */
  void end() {
    ended = true;
  }

  /** Whether this is one of the times, one in so many, at which something goes wrong. */
  boolean strikes(int oneIn) {
    return !ended && random.nextInt(oneIn) == 0;
  }

  /**
   * How long something takes.
   *
   * @param slow milliseconds, less than so many
   * @param quick the same when all goes well
   */
  long delay(int slow, int quick) {
    return random.nextInt(ended ? quick : slow);
  }
}
