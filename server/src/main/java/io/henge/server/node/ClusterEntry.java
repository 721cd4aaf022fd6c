package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.FormCluster;
import io.henge.api.internal.v1.JoinRequest;
import io.henge.api.internal.v1.JoinResponse;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.v1.NodeRecord;
import io.henge.replication.Consensus;
import io.henge.replication.GroupId;
import io.henge.router.meta.MetaState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a node enters a cluster: makes one, or is let into one. Both can be repeated from any point
 * at which the process died: docs/internals/node.md has the table. The methods block.
 */
final class ClusterEntry {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterEntry.class);
  private static final long PAUSE_MILLIS_MAX = 2_000;
  private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final Duration PING = Duration.ofSeconds(1);

  private final Peers peers;
  private final MetaHost meta;
  private final MetaStarter starter;
  private final ViewHolder views;

  ClusterEntry(Peers peers, MetaHost meta, MetaStarter starter, ViewHolder views) {
    this.peers = peers;
    this.meta = meta;
    this.starter = starter;
    this.views = views;
  }

  /**
   * Makes a cluster of this node, or goes on making it.
   *
   * @return completes when meta knows of it; the replicas follow from there
   */
  CompletableFuture<Void> form(NodeIdentity identity, NodeRecord self) {
    LOG.info("forming cluster {} with {} shards", identity.clusterId(), identity.shards());
    MetaCommand command =
        MetaCommand.newBuilder()
            .setFormCluster(
                FormCluster.newBuilder()
                    .setClusterId(identity.clusterId())
                    .setFirstNode(self)
                    .setShards(identity.shards())
                    .setReplicationTarget(identity.replicationTarget())
                    .setFeatureLevel(self.getFeatureLevel()))
            .build();
    return starter
        .start(new GroupId(identity.clusterBits(), GroupId.META), Consensus.Start.CREATE)
        .thenCompose(group -> meta.propose(command))
        .thenAccept(ClusterEntry::requireDone);
  }

  private static void requireDone(MetaResult result) {
    if (result.getCode() != 0) {
      throw new HengeException(ErrorCode.of(result.getCode()), result.getMessage());
    }
  }

  /**
   * Asks to be let in, address after address, until one says yes or no.
   *
   * @param keepTrying asked before every round
   * @return the id of the cluster
   * @throws HengeException if the cluster will not have this node
   */
  String join(
      List<String> addresses,
      NodeRecord self,
      String clusterId,
      java.util.function.BooleanSupplier keepTrying)
      throws InterruptedException {
    JoinRequest request = JoinRequest.newBuilder().setNode(self).setClusterId(clusterId).build();
    long pause = 50;
    long reported = 0;
    int reports = 0;
    while (keepTrying.getAsBoolean()) {
      List<String> reasons = new ArrayList<>();
      for (String address : addresses) {
        try {
          JoinResponse response = peers.join(address, request).get(5, TimeUnit.SECONDS);
          if (!response.hasError()) {
            views.offer(MetaState.EMPTY.merge(response.getMeta()));
            if (reports > 0) {
              LOG.info("join: let in by {}", address);
            }
            return response.getClusterId();
          }
          ErrorCode code = ErrorCode.of(response.getError().getCode());
          if (code.retry() == ErrorCode.Retry.NEVER) {
            throw new HengeException(code, response.getError().getMessage());
          }
          reasons.add(address + ": " + response.getError().getMessage());
        } catch (ExecutionException | TimeoutException e) {
          reasons.add(address + ": " + Failures.known(e).getMessage());
        }
      }
      if (reports == 0 || System.nanoTime() - reported >= REPORT_NANOS) {
        reports++;
        reported = System.nanoTime();
        LOG.warn("join: not let in yet, trying again until it is: {}", String.join("; ", reasons));
      }
      Thread.sleep(pause);
      pause = Math.min(PAUSE_MILLIS_MAX, pause * 2);
    }
    throw new HengeException(ErrorCode.UNAVAILABLE, "the node was stopped before it was let in");
  }

  /**
   * Whether the addresses to join belong to the cluster that the directory belongs to; those that
   * do not answer say nothing.
   *
   * @throws HengeException INVALID_ARGUMENT if one belongs to another
   */
  static void requireSameCluster(Peers peers, List<String> addresses, NodeIdentity identity)
      throws InterruptedException {
    for (String address : addresses) {
      try {
        String theirs = peers.ping(address, PING).get(2, TimeUnit.SECONDS).getClusterId();
        if (!theirs.isEmpty() && !theirs.equals(identity.clusterId())) {
          throw HengeException.invalid(
              "directory: it belongs to cluster "
                  + identity.clusterId()
                  + ", but join "
                  + address
                  + " is of cluster "
                  + theirs
                  + "; join a node of its own cluster, or give an empty directory");
        }
      } catch (ExecutionException | TimeoutException e) {
        LOG.info("{} does not answer; going on with what is on disk", address);
      }
    }
  }
}
