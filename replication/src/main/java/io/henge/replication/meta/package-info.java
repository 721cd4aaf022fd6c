/** The meta shard as a replicated group: its log entries, its state machine, and how to use it. */
@NullMarked
package io.henge.replication.meta;

import org.jspecify.annotations.NullMarked;
