package io.henge.engine;

/** The store cannot read or write its files; the replica on it must stop. */
public final class StoreFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StoreFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
