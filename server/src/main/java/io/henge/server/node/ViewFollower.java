package io.henge.server.node;

import io.henge.replication.Consensus;
import io.henge.replication.GroupId;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what the view of the cluster asks of this node: starts and ends replicas, and notes that a
 * cluster of this node's making is complete. May be told to at any time, again and again; nothing
 * blocks.
 */
final class ViewFollower {
  private static final Logger LOG = LoggerFactory.getLogger(ViewFollower.class);

  private final String nodeId;
  private final String name;
  private final OwnCluster cluster;
  private final ViewHolder views;
  private final NodeHealth health;
  private final MetaStarter meta;
  private final ReplicaRemoval removal;
  private final ShardHost shards;
  private final Coordinator coordinator;
  private final NodeThreads threads;
  private final BooleanSupplier closed;
  private final AtomicBoolean finishing = new AtomicBoolean();

  /**
   * @param name of the node, for the log
   * @param closed whether the node is stopping
   */
  ViewFollower(
      String nodeId,
      String name,
      OwnCluster cluster,
      ViewHolder views,
      NodeHealth health,
      MetaStarter meta,
      ReplicaRemoval removal,
      ShardHost shards,
      Coordinator coordinator,
      NodeThreads threads,
      BooleanSupplier closed) {
    this.nodeId = nodeId;
    this.name = name;
    this.cluster = cluster;
    this.views = views;
    this.health = health;
    this.meta = meta;
    this.removal = removal;
    this.shards = shards;
    this.coordinator = coordinator;
    this.threads = threads;
    this.closed = closed;
  }

  void follow() {
    if (closed.getAsBoolean() || !views.view().state().isFormed()) {
      return;
    }
    var row = views.view().state().cluster();
    if (health.fault() == null && row.getMetaJoiningNodeIdsList().contains(nodeId)) {
      meta.start(cluster.group(GroupId.META), Consensus.Start.JOIN);
    }
    meta.leaveIfDoomed(row, removal);
    boolean forming = cluster.phase() == NodeIdentity.Phase.FORMING;
    shards.reconcile(forming);
    if (forming && isComplete() && finishing.compareAndSet(false, true)) {
      threads.blocking().execute(this::finish);
    }
    coordinator.poke();
  }

  /** Notes that the cluster is made. */
  private void finish() {
    try {
      cluster.entered(views.view().state().cluster().getClusterId());
    } catch (RuntimeException e) {
      LOG.warn("node {} cannot note that its cluster is made; tries again", name, e);
      finishing.set(false);
    }
  }

  /** Whether every shard of the new cluster that is still here has its first entry. */
  private boolean isComplete() {
    return shards.missing().isEmpty()
        && views.view().state().shards().stream()
            .filter(row -> row.getReplicaNodeIdsList().contains(nodeId))
            .allMatch(row -> shards.replica(row.getShardId()) != null);
  }
}
