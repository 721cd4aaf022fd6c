package io.henge.engine;

/** The store was closed: by removal of the replica, a snapshot's install, or shutdown. */
public final class StoreClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public StoreClosedException(String message) {
    super(message, null, false, false);
  }
}
