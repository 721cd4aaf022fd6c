package io.henge.replication.statemachine;

import java.util.Arrays;

/**
 * The part of a shard's identity that is replicated with it.
 *
 * @param shardId number of the shard
 * @param epoch rises whenever the range changes
 * @param start first physical key of its range
 * @param end first physical key beyond it; empty = the end of the ring
 */
public record ShardDescription(long shardId, long epoch, byte[] start, byte[] end) {

  /** Whether a physical key lies in the range. */
  public boolean contains(byte[] key) {
    return Arrays.compareUnsigned(key, start) >= 0
        && (end.length == 0 || Arrays.compareUnsigned(key, end) < 0);
  }

  /** Whether what comes right before a position (empty = the end of the ring) is in the range. */
  public boolean containsBefore(byte[] position) {
    return (position.length == 0 || Arrays.compareUnsigned(position, start) > 0)
        && (end.length == 0
            || (position.length != 0 && Arrays.compareUnsigned(position, end) <= 0));
  }

  /** The later of a key and the start. */
  byte[] later(byte[] from) {
    return Arrays.compareUnsigned(from, start) < 0 ? start : from;
  }

  /** The earlier of an end and the end. */
  byte[] earlierEnd(byte[] to) {
    if (end.length == 0) {
      return to;
    }
    return to.length == 0 || Arrays.compareUnsigned(to, end) > 0 ? end : to;
  }

  /** Whether nothing lies from a key up to an end. */
  static boolean isEmpty(byte[] from, byte[] to) {
    return to.length != 0 && Arrays.compareUnsigned(from, to) >= 0;
  }
}
