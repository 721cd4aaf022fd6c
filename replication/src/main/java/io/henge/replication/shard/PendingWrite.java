package io.henge.replication.shard;

import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;

/**
 * A write that waits for its entry.
 *
 * @param bytes what it takes while it waits
 * @param weight what it counts as when an entry is filled, in bytes
 * @param patches documents that it patches: each counts {@link EntryWeights#patch} besides
 * @param derivations rules and indexes that derive something from it: each counts {@link
 *     EntryWeights#derivation} besides
 */
record PendingWrite(
    WriteCommand command,
    long deadlineNanos,
    Completion<WriteOutcome> completion,
    long bytes,
    long weight,
    int patches,
    int derivations) {}
