package io.henge.replication.ratis;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.RaftServerRpcWithProxy;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps gRPC from giving nodes up. After failed attempts a channel waits, up to two minutes, and
 * until then everything sent on it fails at once. Ratis cuts that short for the leader's streams,
 * but not for votes: a follower that once found another down would lose every election that needs
 * its vote, long after it is back. So whenever a connection was lost or not got, the next attempt
 * comes within {@link #PERIOD_MILLIS}.
 */
final class PeerChannels {
  private static final Logger LOG = LoggerFactory.getLogger(PeerChannels.class);

  static final long PERIOD_MILLIS = 250;

  private final RaftServerRpc rpc;

  /** Failures seen when a node's channel was last told to try again. */
  private final Map<String, Long> seen = new ConcurrentHashMap<>();

  PeerChannels(RaftServerRpc rpc) {
    this.rpc = rpc;
  }

  /** To be called every {@link #PERIOD_MILLIS}. */
  void retryFailed() {
    PeerAddresses.failures().forEach(this::retry);
  }

  private void retry(String nodeId, long failures) {
    Long before = seen.put(nodeId, failures);
    if (before != null && before == failures) {
      return;
    }
    use(
        nodeId,
        client -> {
          // A public method of a class that is not.
          Method reset = client.getClass().getMethod("resetConnectBackoff");
          reset.setAccessible(true);
          reset.invoke(client);
        });
  }

  /**
   * Opens the connections over which members are asked for their votes. Ratis opens them when it
   * first asks: in the middle of a failover.
   */
  void keepOpen(Collection<String> nodeIds) {
    for (String nodeId : nodeIds) {
      use(
          nodeId,
          client -> {
            Field field = client.getClass().getDeclaredField("channel");
            field.setAccessible(true);
            if (field.get(client) instanceof ManagedChannel channel) {
              channel.getState(true);
            }
          });
    }
  }

  @FunctionalInterface
  private interface Use {
    void on(Object client) throws ReflectiveOperationException;
  }

  private void use(String nodeId, Use use) {
    if (!(rpc instanceof RaftServerRpcWithProxy<?, ?> proxies)) {
      return;
    }
    try {
      use.on(proxies.getProxies().getProxy(RaftPeerId.valueOf(nodeId)));
    } catch (IOException | NullPointerException e) {
      // A member of another local node's groups, or we are closing.
      LOG.trace("no channel to node {}", nodeId, e);
    } catch (ReflectiveOperationException e) {
      LOG.warn("the channel to node {} cannot be told to connect at once", nodeId, e);
    }
  }
}
