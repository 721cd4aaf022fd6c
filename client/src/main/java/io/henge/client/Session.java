package io.henge.client;

import io.henge.api.item.SessionToken;

/**
 * What one user of the application has seen: for parts of the ring the highest version in an answer
 * so far. Give it to reads with {@link ReadOptions#session}; writes through a client opened with it
 * count in. It holds whatever becomes of the shards meanwhile, and stays small: at most {@link
 * SessionToken#PARTS_MAX} parts. Thread-safe.
 */
public final class Session {
  private volatile SessionToken token;

  /** Has seen nothing. */
  public Session() {
    this(SessionToken.EMPTY);
  }

  /** Goes on from what a session has seen, perhaps in another process. */
  public Session(SessionToken seen) {
    token = seen;
  }

  /** Notes an answer. */
  public synchronized void observe(SessionToken seen) {
    token = token.with(seen);
  }

  /** What has been seen so far. */
  public SessionToken token() {
    return token;
  }
}
