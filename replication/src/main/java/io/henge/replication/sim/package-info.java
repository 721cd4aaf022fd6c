/**
 * Consensus without threads, disks and networks, for tests: a small but honest Raft in virtual
 * time, driven by one thread and one seed. Everything that happens (delays, losses, elections) is a
 * function of the seed, so that a failure can be repeated.
 */
@NullMarked
package io.henge.replication.sim;

import org.jspecify.annotations.NullMarked;
