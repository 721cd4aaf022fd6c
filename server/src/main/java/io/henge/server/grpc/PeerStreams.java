package io.henge.server.grpc;

import java.util.List;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/** Streams to other nodes, for requests that they serve better. Thread-safe; never blocks. */
interface PeerStreams {
  /** The stream to a node, or null if its address is not known. */
  @Nullable PeerStream stream(String nodeId);

  /**
   * Takes back requests that wait for the answer of a node that does not lead their shard any more.
   *
   * @param isMoved told a node's id and a shard
   */
  List<Exchange> takeBack(BiPredicate<String, Long> isMoved);
}
