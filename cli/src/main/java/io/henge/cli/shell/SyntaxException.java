package io.henge.cli.shell;

/** A statement that was not understood: nothing of it was done. The message is one line. */
public final class SyntaxException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean incomplete;

  SyntaxException(String message) {
    this(message, false);
  }

  SyntaxException(String message, boolean incomplete) {
    super(message, null, false, false);
    this.incomplete = incomplete;
  }

  /** Whether more lines could make it complete: a parenthesis or a JSON value is still open. */
  public boolean incomplete() {
    return incomplete;
  }
}
