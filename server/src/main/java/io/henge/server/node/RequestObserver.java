package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/** Told of every request that was answered. Any thread; must be cheap. */
@FunctionalInterface
public interface RequestObserver {
  /** What a request is. */
  enum Kind {
    WRITE,
    READ,
    RANGE
  }

  /**
   * A request was answered.
   *
   * @param error null if it was served
   * @param forwarded whether another node served it
   */
  void answered(Kind kind, @Nullable ErrorCode error, boolean forwarded, long nanos);

  /**
   * A page of a find was made here.
   *
   * @param lookedAt rows that it has looked at
   * @param rows those that it gives back; of figures none
   */
  default void found(long lookedAt, long rows) {}
}
