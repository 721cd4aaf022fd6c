package io.henge.testkit.history;

/**
 * What a {@link LinearizabilityChecker} found.
 *
 * @param counterexample for people; empty if the history is linearizable
 */
public record Verdict(Kind kind, String counterexample) {
  /** How it ended. */
  public enum Kind {
    LINEARIZABLE,
    NOT_LINEARIZABLE,
    /** Too many orders are possible to try them all. */
    UNDECIDED
  }

  public boolean isLinearizable() {
    return kind == Kind.LINEARIZABLE;
  }

  /** Throws an {@link AssertionError} with the counterexample unless it is linearizable. */
  public void require() {
    if (!isLinearizable()) {
      throw new AssertionError(kind + "\n" + counterexample);
    }
  }
}
