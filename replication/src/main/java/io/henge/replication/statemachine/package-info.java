/** The replicated state machine of a shard: log entries, and their effect, as a pure function. */
@NullMarked
package io.henge.replication.statemachine;

import org.jspecify.annotations.NullMarked;
