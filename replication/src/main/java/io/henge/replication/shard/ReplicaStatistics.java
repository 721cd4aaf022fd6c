package io.henge.replication.shard;

import io.henge.engine.StoreStatistics;
import io.henge.replication.LogPosition;

/**
 * Figures of a replica.
 *
 * @param writes writes applied since start
 * @param entries log entries applied since start
 * @param reads reads served since start
 * @param queuedWrites writes that wait to be proposed
 * @param leaseValid whether it may serve linearizable reads without asking
 */
public record ReplicaStatistics(
    LogPosition applied,
    LogPosition durable,
    long writes,
    long entries,
    long reads,
    long queuedWrites,
    boolean leaseValid,
    StoreStatistics store) {}
