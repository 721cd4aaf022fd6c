package io.henge.cli;

import io.henge.client.ClientOptions;
import io.henge.client.HengeClient;
import io.henge.server.Henge;
import io.henge.server.Node;
import io.henge.server.NodeConfig;
import java.util.List;
import java.util.function.Consumer;

/** What commands work on: clusters over the network, clusters in this process, and nodes. */
public interface Backend {
  /**
   * A client of a cluster.
   *
   * @param addresses of some of its nodes, as {@code host:port}
   */
  HengeClient connect(List<String> addresses, ClientOptions options);

  Henge.Builder embedded();

  /**
   * Starts a node and waits until it serves.
   *
   * @param failed told in one sentence if the node takes itself out later; must not block
   */
  Node start(NodeConfig config, Consumer<String> failed);
}
