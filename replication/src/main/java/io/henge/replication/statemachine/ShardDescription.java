package io.henge.replication.statemachine;

/**
 * The part of a shard's identity that is replicated with it.
 *
 * @param shardId number of the shard
 * @param epoch rises whenever the range changes
 * @param start first physical key of its range
 * @param end first physical key beyond it; empty = the end of the ring
 */
public record ShardDescription(long shardId, long epoch, byte[] start, byte[] end) {}
