package io.henge.server.copies;

/** Time, as the workers of copies need it. Thread-safe. */
public interface CopyClock {
  /** A clock that only rises. */
  long nanoTime();

  /** The time that leaders write into logs. */
  long millis();

  /** Runs a task that does not block, later. */
  void after(long millis, Runnable task);

  /** Runs a task that may wait for the disk, soon. */
  void execute(Runnable task);
}
