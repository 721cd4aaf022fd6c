/**
 * Replication as the rest of Henge sees it: groups of replicas that agree on a log ({@link
 * io.henge.replication.Consensus}), and the state machines that the log drives ({@link
 * io.henge.replication.GroupStateMachine}).
 */
@NullMarked
package io.henge.replication;

import org.jspecify.annotations.NullMarked;
