package io.henge.replication.shard;

/**
 * Bounds of one replica's queues; whatever goes beyond is answered BUSY.
 *
 * @param queuedWritesMax most writes that wait to be proposed
 * @param queuedBytesMax most bytes of them
 * @param entryWritesMax most writes in one log entry
 * @param entryBytesMax most bytes of one log entry; the consensus library's own limit also holds
 * @param waitingReadsMax most reads that wait for a lease, a version or the leader's index
 * @param requestBytesMax memory for remembered requests, in bytes
 * @param notAfterAheadMillisMax how far ahead of the leader's time a write's not-after time may be;
 *     a little more than the longest time a caller may wait, since clocks differ
 * @param retryAfterMillis what BUSY answers tell clients to wait
 * @param changeBytesMax bytes of changes of documents that a shard keeps, unless {@link
 *     ReplicaPace} says something else
 * @param verifiedPerSecond documents a second that a shard is verified by all the time, about; 0 =
 *     not at all
 */
public record ReplicaLimits(
    int queuedWritesMax,
    long queuedBytesMax,
    int entryWritesMax,
    int entryBytesMax,
    int waitingReadsMax,
    long requestBytesMax,
    long notAfterAheadMillisMax,
    long retryAfterMillis,
    long changeBytesMax,
    int verifiedPerSecond) {

  public static final ReplicaLimits DEFAULT =
      new ReplicaLimits(
          20_000, 32L << 20, 2_000, 4 << 20, 20_000, 64L << 20, 65_000, 20, 256L << 20, 50);

  public ReplicaLimits {
    require("queued writes", queuedWritesMax);
    require("queued bytes", queuedBytesMax);
    require("writes of an entry", entryWritesMax);
    require("bytes of an entry", entryBytesMax);
    require("waiting reads", waitingReadsMax);
    require("bytes of remembered requests", requestBytesMax);
    require("bytes of changes", changeBytesMax);
    require("milliseconds a not-after time may be ahead", notAfterAheadMillisMax);
  }

  private static void require(String what, long value) {
    if (value < 1) {
      throw new IllegalArgumentException("limit of " + what + ": above 0 expected, found " + value);
    }
  }
}
