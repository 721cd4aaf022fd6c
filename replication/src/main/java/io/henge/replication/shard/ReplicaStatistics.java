package io.henge.replication.shard;

import io.henge.engine.StoreStatistics;
import io.henge.replication.LogPosition;
import io.henge.replication.statemachine.DocumentFigures;

/**
 * Figures of a replica.
 *
 * @param writes writes applied since start
 * @param entries log entries applied since start
 * @param reads reads served since start
 * @param queuedWrites writes that wait to be proposed
 * @param leaseValid whether it may serve linearizable reads without asking
 * @param leaderships how often it has become the leader since start
 * @param takeoverMillis of the last time: from the last entry of another leader to the first one of
 *     its own
 * @param liveBytes about what the shard's own range and its remembered requests take on disk; the
 *     store may hold more that is not trimmed
 * @param documents what apply has done to documents since start; goes on counting
 */
public record ReplicaStatistics(
    LogPosition applied,
    LogPosition durable,
    long writes,
    long entries,
    long reads,
    long queuedWrites,
    boolean leaseValid,
    long leaderships,
    long takeoverMillis,
    StoreStatistics store,
    long liveBytes,
    DocumentFigures documents) {}
