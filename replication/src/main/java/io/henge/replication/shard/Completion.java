package io.henge.replication.shard;

/** Takes one result, exactly once, on any thread; must not block and must not throw. */
@FunctionalInterface
public interface Completion<T> {
  void complete(T result);

  /**
   * Called after {@link #complete}, once everything that became known together has been completed:
   * the moment to send several answers as one message. Cheap if there is nothing to send. Not
   * called for what is completed inside the call that asked for it: the caller knows when its last
   * request has been made, and flushes by itself.
   */
  default void flush() {}
}
