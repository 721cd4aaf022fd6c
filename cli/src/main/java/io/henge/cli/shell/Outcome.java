package io.henge.cli.shell;

/** How a piece of shell input ended. */
public enum Outcome {
  DONE,
  /** A statement failed; those after it were not tried. */
  FAILED,
  /** Something was not a statement; nothing of that piece was done. */
  MISUNDERSTOOD,
  /** The input asked to leave. */
  EXIT,
  /** Ctrl-c has ended a statement that goes on until then; those after it were not tried. */
  INTERRUPTED
}
