package io.henge.server;

import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Does the same to several nodes at once, each on a thread of its own, however few processors there
 * are: most of what it takes to end a node is waiting.
 */
final class Together {
  private Together() {}

  /**
   * Returns when it has been done to all.
   *
   * @throws java.util.concurrent.CompletionException with what went wrong, if it did for one
   */
  static <T> void each(Collection<T> all, Consumer<T> action) {
    CompletableFuture.allOf(
            all.stream()
                .map(
                    one ->
                        CompletableFuture.runAsync(
                            () -> action.accept(one),
                            task -> new Thread(task, "henge-together").start()))
                .toArray(CompletableFuture<?>[]::new))
        .join();
  }
}
