package io.henge.replication.shard;

/**
 * Told what log entries of a shard cost on this replica, for figures. On the threads that apply and
 * propose: must not block, allocate or throw.
 */
public interface EntryMeter {
  /** Measures nothing. */
  EntryMeter NONE = new EntryMeter() {};

  /**
   * An entry, by whatever proposer, has been applied here: its batch is written and readable.
   * Entries that are replayed at a start count, too.
   *
   * @param writes that it carries; 0 for one that carries none
   * @param bytes of the entry in the log
   * @param nanos from its arrival at the state machine
   */
  default void applied(int writes, int bytes, long nanos) {}

  /**
   * An entry that this replica proposed has been applied here, so a majority has it on disk.
   *
   * @param nanos since it was proposed
   */
  default void landed(long nanos) {}

  /**
   * A snapshot has taken the place of everything here.
   *
   * @param nanos from the first step to the last; fetching it is not in it
   */
  default void installed(long nanos) {}
}
