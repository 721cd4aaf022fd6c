/**
 * What a node is made of: its directory and identity, the replicas it hosts, how it follows and
 * runs the meta shard. Knows peers only through {@link io.henge.server.node.Peers}.
 */
@NullMarked
package io.henge.server.node;

import org.jspecify.annotations.NullMarked;
