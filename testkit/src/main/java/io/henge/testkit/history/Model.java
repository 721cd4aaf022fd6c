package io.henge.testkit.history;

import org.jspecify.annotations.Nullable;

/**
 * What one key does when operations happen one after the other. Immutable states with {@code
 * equals} and {@code hashCode}.
 */
public interface Model<S> {
  /**
   * What an operation does to a state.
   *
   * @param output what a client must have been told
   */
  record Effect<S>(S state, @Nullable Object output) {}

  S initial();

  Effect<S> apply(S state, Object input);

  /** Whether an operation leaves every state as it is, whatever it returns. */
  boolean isRead(Object input);
}
