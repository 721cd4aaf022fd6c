package io.henge.client;

import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Takes what a find over the whole ring finds, without a thread that waits for it. Called on
 * threads of the client that must not be blocked, never twice at a time.
 */
public interface FindListener<T> {
  /**
   * Takes the documents of a page.
   *
   * @param documents at least one, in no order
   * @param cursor where another find goes on behind all that was given out: {@link
   *     FindAllOptions#from}; empty = there is nothing more
   * @return the next ones come when this is done; if it fails, so does the find
   */
  CompletionStage<?> found(List<Stored<T>> documents, byte[] cursor);
}
