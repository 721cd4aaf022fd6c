package io.henge.cli;

/** What the process answers to its caller. */
public enum ExitCode {
  OK(0),
  /** The command was understood, and failed. */
  FAILED(1),
  /** The command was not understood: nothing was done. */
  USAGE(2),
  /** Ctrl-c, or a signal to end, has ended it in order; the number is the one of shells. */
  INTERRUPTED(130);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }
}
