package io.henge.document;

/**
 * A budget of work, counted in steps and not in time, so that every replica comes to the same end.
 * What costs how much is part of the formats: a version that counts otherwise would part replicas
 * during an upgrade. A step is in the order of ten nanoseconds.
 *
 * <p>Belongs to one thread.
 */
public final class Steps {
  private final long max;
  private long used;

  /**
   * @param max steps that may be taken
   */
  public Steps(long max) {
    this.max = max;
  }

  /** A fresh budget of {@link DocumentLimits#stepsMax} of {@link DocumentLimits#DEFAULT}. */
  public static Steps standard() {
    return new Steps(DocumentLimits.DEFAULT.stepsMax());
  }

  /**
   * Takes steps.
   *
   * @param steps how many, not negative
   * @throws StepsExhaustedException if that is more than are left; all later calls fail too
   */
  public void take(long steps) {
    used = steps > Long.MAX_VALUE - used ? Long.MAX_VALUE : used + steps;
    if (used > max) {
      throw new StepsExhaustedException(max);
    }
  }

  /** Steps taken so far. */
  public long used() {
    return used;
  }

  /** Steps left. */
  public long left() {
    return Math.max(0, max - used);
  }
}
