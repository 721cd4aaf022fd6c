package io.henge.cli;

import io.henge.api.error.HengeException;
import io.henge.client.ClientOptions;
import io.henge.client.HengeClient;
import io.henge.server.Henge;
import io.henge.server.HengeNode;
import io.henge.server.Node;
import io.henge.server.NodeConfig;
import io.henge.server.NodeHooks;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** The real thing. */
final class LiveBackend implements Backend {
  /** A node of a cluster that is coming up may have to wait for the others. */
  private static final Duration READY_TIMEOUT = Duration.ofMinutes(5);

  @Override
  public HengeClient connect(List<String> addresses, ClientOptions options) {
    return HengeClient.connect(addresses, options);
  }

  @Override
  public Henge.Builder embedded() {
    return Henge.embedded();
  }

  @Override
  public Node start(NodeConfig config, Consumer<String> failed) {
    HengeNode node =
        HengeNode.start(config, NodeHooks.server((name, what, reason) -> failed.accept(what)));
    try {
      node.awaitReady(READY_TIMEOUT);
      return node;
    } catch (HengeException e) {
      node.close();
      throw e;
    }
  }
}
