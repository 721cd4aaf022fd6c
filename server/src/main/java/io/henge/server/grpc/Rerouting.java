package io.henge.server.grpc;

import io.henge.replication.shard.ShardReplica;

/** What becomes of a request that could not be served where it was. Thread-safe; never blocks. */
interface Rerouting {
  /**
   * Whether a request that a replica has refused because its range has changed is looked at again
   * here: its sender named no shard, and so leaves it to the node to find the right one. A write
   * keeps its identity. Counts.
   */
  boolean mayGoAgain(Exchange exchange);

  /** Handles it once more, from the beginning. Any thread, also the applying one. */
  void again(Exchange exchange);

  /** Passes it on to whoever leads the shard. */
  void passOn(Exchange exchange, Parsed.Place place, ShardReplica local);

  /** Does what takes long elsewhere; if there are no threads left, here. */
  void offload(Runnable work);
}
