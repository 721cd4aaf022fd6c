package io.henge.replication.shard;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out results that became known together, and then tells each of those who took some, once.
 * For one thread and one occasion.
 */
final class Completions {
  private static final Logger LOG = LoggerFactory.getLogger(Completions.class);

  private final Set<Completion<?>> completed = Collections.newSetFromMap(new IdentityHashMap<>());

  <T> void complete(Completion<T> completion, T result) {
    deliver(completion, result);
    completed.add(completion);
  }

  /** A completion that something else has completed. */
  void add(Completion<?> completion) {
    completed.add(completion);
  }

  void flush() {
    for (Completion<?> completion : completed) {
      try {
        completion.flush();
      } catch (RuntimeException e) {
        LOG.error("sending answers failed", e);
      }
    }
    completed.clear();
  }

  /** Whoever waits for answers must not be able to stop the thread that applies the log. */
  static <T> void deliver(Completion<T> completion, T result) {
    try {
      completion.complete(result);
    } catch (RuntimeException e) {
      LOG.error("taking an answer failed", e);
    }
  }
}
