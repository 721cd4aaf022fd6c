package io.henge.server.grpc;

import org.jspecify.annotations.Nullable;

/** Streams to other nodes, for requests that they serve better. Thread-safe; never blocks. */
interface PeerStreams {
  /** The stream to a node, or null if its address is not known. */
  @Nullable PeerStream stream(String nodeId);
}
