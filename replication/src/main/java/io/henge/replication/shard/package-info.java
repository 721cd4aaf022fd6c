/** One replica of a shard as a node serves it: proposer, lease, reads at every level. */
@NullMarked
package io.henge.replication.shard;

import org.jspecify.annotations.NullMarked;
