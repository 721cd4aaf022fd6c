package io.henge.replication.statemachine;

/**
 * What every log entry of a shard begins with.
 *
 * @param kind what follows
 * @param proposer incarnation id of the node that proposed it, as a number ({@link #node})
 * @param term of the leadership it was proposed in: with the proposer, the identity of a lease
 * @param sequence chosen by the proposer, to tell its own entries apart; not negative
 * @param timeMillis the proposer's time, milliseconds since 1970, below 2^47
 */
public record EntryHeader(
    EntryKind kind, long proposer, long term, long sequence, long timeMillis) {

  /** Largest time that versions have room for: the year 6429. */
  public static final long TIME_MILLIS_MAX = (1L << 47) - 1;

  /** A node id (16 hex digits) as the number that entries carry. */
  public static long node(String nodeId) {
    return Long.parseUnsignedLong(nodeId, 16);
  }

  /** The proposer as a node id. */
  public String proposerId() {
    return String.format("%016x", proposer);
  }
}
