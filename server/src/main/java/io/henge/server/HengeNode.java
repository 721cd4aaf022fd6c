package io.henge.server;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.router.meta.MetaState;
import io.henge.server.node.NodeCore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node of a cluster in this process: everything put together, in order, and taken apart again.
 */
public final class HengeNode implements Node {
  private static final Logger LOG = LoggerFactory.getLogger(HengeNode.class);

  private static final long READY_POLL_MILLIS = 5;
  private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final NodeConfig config;
  private final NodeAssembly parts;
  private final AtomicBoolean closed = new AtomicBoolean();

  private HengeNode(NodeConfig config, NodeAssembly parts) {
    this.config = config;
    this.parts = parts;
  }

  /**
   * Starts a node as a server does. When the node fails later, it no longer serves and says so in
   * the log and in {@code /healthz}.
   *
   * @throws HengeException INVALID_ARGUMENT, one line for each problem of the configuration;
   *     ALREADY_EXISTS if the directory is in use or the name taken; UNAVAILABLE if a port is in
   *     use; CORRUPTION for a damaged directory or one of a newer format. Nothing has been changed
   *     then
   */
  public static Node start(NodeConfig config) {
    return start(config, NodeHooks.server((node, what, reason) -> {}));
  }

  /** The same, with hooks. */
  public static HengeNode start(NodeConfig config, NodeHooks hooks) {
    ConfigCheck.require(config);
    try {
      return new HengeNode(config, NodeAssembly.open(config, hooks));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HengeException(ErrorCode.UNAVAILABLE, "interrupted while starting", e);
    } catch (IOException e) {
      throw new HengeException(ErrorCode.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    }
  }

  NodeCore core() {
    return parts.core();
  }

  private NodeRecord self() {
    return parts.node();
  }

  @Override
  public String name() {
    return config.name();
  }

  @Override
  public String id() {
    return self().getNodeId();
  }

  @Override
  public String clusterId() {
    return core().clusterId();
  }

  @Override
  public String clientAddress() {
    return self().getClientAddress();
  }

  @Override
  public String raftAddress() {
    return self().getRaftAddress();
  }

  @Override
  public String httpAddress() {
    return self().getHttpAddress();
  }

  @Override
  public void awaitReady(Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    long reported = System.nanoTime();
    while (true) {
      List<String> hindrances = core().hindrances();
      if (hindrances.isEmpty()) {
        parts.endpoint().serving(true);
        return;
      }
      if (core().hasFailed() || System.nanoTime() - deadline > 0) {
        throw new HengeException(
            ErrorCode.UNAVAILABLE,
            "node " + name() + " is not ready: " + String.join("; ", hindrances));
      }
      if (System.nanoTime() - reported > REPORT_NANOS) {
        reported = System.nanoTime();
        LOG.warn("node {} is not ready yet: {}", name(), String.join("; ", hindrances));
      }
      try {
        Thread.sleep(READY_POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HengeException(ErrorCode.UNAVAILABLE, "interrupted while waiting", e);
      }
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      core().handOver();
      core().stopAdmission();
      parts.close();
      LOG.info("node {} has stopped", name());
    }
  }

  /**
   * Stops as if the process had died: nobody hears of it, nothing is handed over or flushed. What
   * the operating system would take back (ports, locks, native memory) is given back.
   */
  public void kill() {
    kill(() -> {});
  }

  /** The same; {@code dead} runs when nothing of it can be heard or written any more. */
  void kill(Runnable dead) {
    if (closed.compareAndSet(false, true)) {
      parts.cutOff();
      core().abandon();
      dead.run();
      parts.endpoint().kill();
      parts.close();
    }
  }

  /** Where its files are. */
  Path directory() {
    return config.directory();
  }

  /** Makes everything durable and drops the logs behind it. For tests. */
  void dropLogs() {
    core().dropLogs().join();
  }

  /** Stops together with all other nodes: there is nobody to hand over to. */
  void closeWithOthers() {
    if (closed.compareAndSet(false, true)) {
      core().stopAdmission();
      parts.close();
    }
  }

  /**
   * What is missing until every shard, and meta, has as many members as it can.
   *
   * @param nodes of the cluster
   * @return null if nothing is
   */
  @Nullable String missingReplication(int nodes) {
    MetaState state = core().control().view().state();
    int most = Math.min(nodes, state.cluster().getReplicationTarget());
    int wanted = most % 2 == 0 ? most - 1 : most;
    if (state.cluster().getMetaNodeIdsCount() < Math.min(nodes, wanted)) {
      return "meta has " + state.cluster().getMetaNodeIdsCount() + " of " + wanted + " replicas";
    }
    for (ShardRow shard : state.shards()) {
      if (shard.getReplicaNodeIdsCount() < wanted) {
        return "shard "
            + shard.getShardId()
            + " has "
            + shard.getReplicaNodeIdsCount()
            + " of "
            + wanted
            + " replicas";
      }
    }
    return null;
  }
}
