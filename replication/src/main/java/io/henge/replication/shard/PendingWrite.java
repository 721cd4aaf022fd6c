package io.henge.replication.shard;

import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;

/**
 * A write that waits for its entry.
 *
 * @param weight what it counts as, in bytes
 * @param patches documents that it patches: each counts {@link PatchWeight#extraBytes} besides
 */
record PendingWrite(
    WriteCommand command,
    long deadlineNanos,
    Completion<WriteOutcome> completion,
    long weight,
    int patches) {}
