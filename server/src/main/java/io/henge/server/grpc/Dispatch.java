package io.henge.server.grpc;

import io.henge.replication.shard.ShardReplica;
import io.henge.server.copies.SourceFinder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of one message have been handed to, flushed once for all of them: so that they
 * travel on together. Owned by one thread.
 */
final class Dispatch {
  private final List<ShardReplica> replicas = new ArrayList<>(1);
  private final List<PeerStream> peers = new ArrayList<>(0);
  private @Nullable SourceFinder sources;

  void touched(ShardReplica replica) {
    // Few: a scan by identity beats a set.
    for (int i = 0; i < replicas.size(); i++) {
      if (replicas.get(i) == replica) {
        return;
      }
    }
    replicas.add(replica);
  }

  void touched(PeerStream peer) {
    if (!peers.contains(peer)) {
      peers.add(peer);
    }
  }

  void touched(SourceFinder finder) {
    sources = finder;
  }

  void flush() {
    SourceFinder finder = sources;
    if (finder != null) {
      // First: what it finds at once goes with the rest.
      sources = null;
      finder.flush();
    }
    replicas.forEach(ShardReplica::flush);
    peers.forEach(PeerStream::flush);
    replicas.clear();
    peers.clear();
  }
}
