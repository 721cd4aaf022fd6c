package io.henge.server;

import io.henge.client.HengeClient;
import io.henge.replication.NetworkFilter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * A cluster inside this JVM: the same server and client as over the network.
 *
 * <pre>{@code
 * try (Henge henge = Henge.embedded().nodes(3).start()) {
 *   henge.client().collection("carts").put(Key.of("ann"), Key.EMPTY, Value.of("a pear"));
 * }
 * }</pre>
 */
public interface Henge extends AutoCloseable {

  /** A cluster to be made, or to go on with, in this JVM. */
  static Builder embedded() {
    return new EmbeddedHenge.Maker();
  }

  /** All nodes that run now. */
  List<Node> nodes();

  /**
   * A client of the cluster, closed with it. Its calls have 30 seconds unless they say otherwise:
   * all nodes share one process, and mostly a busy machine.
   */
  HengeClient client();

  /** Adds a node; it joins and takes its share. */
  Node addNode();

  /**
   * Stops a node as if its process had died: no leadership is handed over, nothing is flushed,
   * nobody is told. Its directory stays.
   *
   * @param name of a node that runs
   */
  void kill(String name);

  /**
   * Starts a killed node again from its directory, and waits until it serves.
   *
   * @param name of a node that was killed
   */
  Node restart(String name);

  @Override
  void close();

  /** How to make an embedded cluster. */
  interface Builder {
    /** Number of nodes; default 1. */
    Builder nodes(int count);

    /** Shards of the new cluster; default 1. */
    Builder shards(int count);

    /** Where to keep data; default: a temporary directory that is deleted at close. */
    Builder directory(Path path);

    Builder memoryBytesPerNode(long bytes);

    /** How long {@link #start} waits for the cluster to be ready; default 30 s. */
    Builder startTimeout(Duration timeout);

    /**
     * Which messages reach which node, by incarnation ids: replication and calls between nodes, not
     * those of clients. Asked for each message, so that its answers may change while the cluster
     * runs. For tests; default: all of them.
     */
    Builder network(NetworkFilter filter);

    /** Starts the nodes and waits until all of them serve, at full replication. */
    Henge start();
  }
}
