package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of a write.
 *
 * @param error null if it took effect
 * @param message for people, if it failed
 * @param failedMutation index of the mutation that failed; -1 = the write itself
 * @param results one for each mutation if it took effect, else empty
 * @param shardVersion version of the shard after it
 * @param shardTimeMillis replicated time of the shard
 * @param retryAfterMillis with BUSY: when to come back; else 0
 * @param leader with NOT_LEADER: node id of the leader, if it is known
 * @param missing with BUSY: sources of copies that the write lacks; it had no effect, is not
 *     remembered, and is to be proposed again with them. Else empty
 */
public record WriteOutcome(
    @Nullable ErrorCode error,
    @Nullable String message,
    int failedMutation,
    List<Result> results,
    long shardVersion,
    long shardTimeMillis,
    long retryAfterMillis,
    @Nullable String leader,
    List<SourceKey> missing) {

  /** Without missing sources. */
  public WriteOutcome(
      @Nullable ErrorCode error,
      @Nullable String message,
      int failedMutation,
      List<Result> results,
      long shardVersion,
      long shardTimeMillis,
      long retryAfterMillis,
      @Nullable String leader) {
    this(
        error,
        message,
        failedMutation,
        results,
        shardVersion,
        shardTimeMillis,
        retryAfterMillis,
        leader,
        List.of());
  }

  /** What apply says: it never refuses for want of room or of leadership. */
  public WriteOutcome(
      @Nullable ErrorCode error,
      @Nullable String message,
      int failedMutation,
      List<Result> results,
      long shardVersion,
      long shardTimeMillis) {
    this(error, message, failedMutation, results, shardVersion, shardTimeMillis, 0, null);
  }

  /**
   * What became of one mutation.
   *
   * @param version of the item afterwards; 0 = there is none
   * @param counter new value of a counter
   * @param existed whether there was an item before; not looked up, and false, for a put without
   *     condition that does not return the previous item either
   * @param previous the item before, if it was asked for and existed
   * @param current the item afterwards, if it was asked for and exists
   */
  public record Result(
      long version,
      long counter,
      boolean existed,
      @Nullable StoredItem previous,
      @Nullable StoredItem current) {

    public Result(long version, long counter, boolean existed, @Nullable StoredItem previous) {
      this(version, counter, existed, previous, null);
    }
  }
}
