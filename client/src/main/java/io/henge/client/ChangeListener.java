package io.henge.client;

import io.henge.api.changes.ChangeToken;
import io.henge.api.error.HengeException;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Takes changes without a thread that waits for them. Called on threads of the client that must not
 * be blocked, never twice at a time.
 */
public interface ChangeListener<T> {
  /**
   * Takes changes.
   *
   * @param changes at least one, in order; see {@link Watch}
   * @param token where the watch is behind them
   * @return the next ones come when this is done; if it fails, so does the watch
   */
  CompletionStage<?> changed(List<DocumentChange<T>> changes, ChangeToken token);

  /** The watch cannot go on. */
  void failed(HengeException why);
}
