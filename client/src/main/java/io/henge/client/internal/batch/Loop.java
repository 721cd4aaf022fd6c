package io.henge.client.internal.batch;

/**
 * The one thread of a client on which everything happens between a caller's submission and its
 * answer: so nothing in between needs a lock. Nothing that runs here may block.
 */
public interface Loop {
  /** Runs a task on the loop, after those that were handed in before. From any thread. */
  void execute(Runnable task);

  /** Runs a task on the loop after a delay. From any thread. */
  void schedule(Runnable task, long delayMillis);

  /** Whether the caller is the loop's thread. */
  boolean inLoop();

  /** A monotonic clock, in nanoseconds. */
  long nanoTime();
}
