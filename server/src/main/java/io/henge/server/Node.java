package io.henge.server;

import java.time.Duration;

/** A running node. Thread-safe. */
public interface Node extends AutoCloseable {
  String name();

  /** Incarnation id: random, made with the data directory. */
  String id();

  String clusterId();

  /** Where clients connect, as {@code host:port}. */
  String clientAddress();

  String raftAddress();

  String httpAddress();

  /**
   * Waits until every shard this node holds can be served: the node is known to meta, and its
   * replicas know their leaders.
   *
   * @throws io.henge.api.error.HengeException UNAVAILABLE after the timeout
   */
  void awaitReady(Duration timeout);

  /** Hands over leadership, stops admission, stops the replicas in order, closes. */
  @Override
  void close();
}
