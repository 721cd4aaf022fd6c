package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.NodeRecord;
import io.henge.engine.FlushScheduler;
import io.henge.engine.StorageEngine;
import io.henge.replication.Consensus;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.LogPosition;
import io.henge.replication.Member;
import io.henge.replication.meta.MetaGroup;
import io.henge.replication.shard.PeerClocks;
import io.henge.replication.shard.ReplicaEnvironment;
import io.henge.replication.shard.ReplicaPace;
import io.henge.replication.statemachine.ShardStateMachine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongFunction;

/**
 * The heart of a node: its replicas, its link to meta, and what keeps them in line. Knows other
 * nodes through {@link Peers} and consensus through its port; ports for clients are opened around
 * it.
 */
public final class NodeCore implements AutoCloseable {
  private static final long TICK_MILLIS = 500;

  /**
   * What a core is made from.
   *
   * @param node this node as it announces itself
   * @param readers runs reads that may wait for a disk; bounded
   * @param steps told of steps at which a test lets the node die
   * @param softwareVersion for status
   */
  public record Parts(
      NodeDirectory directory,
      NodeIdentity identity,
      NodeRecord node,
      StorageEngine engine,
      FlushScheduler flushing,
      Consensus consensus,
      Peers peers,
      NodeViews views,
      NodeThreads threads,
      Executor readers,
      ReplicaListener replicas,
      NodeFaults faults,
      ReshapeStep.Hook steps,
      Arrivals arrivals,
      String softwareVersion) {}

  private final ReplicaPace pace;
  private final Parts parts;
  private final OpenMachines machines = new OpenMachines();
  private final PeerClocks clock;
  private final ViewHolder views;
  private final MetaCache cache;
  private final MetaHost meta;
  private final MetaStarter starter;
  private final ReplicaRemoval removal;
  private final Births births;
  private final ShardHost shards;
  private final GroupControl groups;
  private final ControlPlane control;
  private final Coordinator coordinator;
  private final ClusterEntry entry;
  private final PeerPulse pulse;
  private final Announcer announcer;
  private final NodeHealth health;
  private final ReportPace reports;
  private final OwnCluster cluster;
  private final ViewFollower follower;
  private volatile boolean closed;

  public NodeCore(Parts parts) {
    this.parts = parts;
    cluster = new OwnCluster(parts.directory(), parts.identity());
    health =
        new NodeHealth(
            parts.node().getName(),
            parts.directory().path(),
            parts.faults(),
            () -> closed,
            this::withdraw);
    reports =
        new ReportPace(
            parts.threads()::after, () -> !closed && cluster.isKnown(), this::sendReport);
    Member self = new Member(parts.node().getNodeId(), parts.node().getRaftAddress());
    Path shardDirectory = parts.directory().path().resolve("shards");
    views = parts.views().holder();
    cache = new MetaCache(parts.directory().path(), parts.threads().blocking());
    clock =
        new PeerClocks(
            System::currentTimeMillis,
            System::nanoTime,
            () -> Math.max(1, views.view().map().nodes().size()));
    meta = new MetaHost(self.nodeId(), views, parts.peers(), parts.threads());
    starter =
        new MetaStarter(
            self,
            shardDirectory,
            parts.engine(),
            parts.consensus(),
            clock::millis,
            meta,
            parts.threads(),
            machines,
            parts.flushing(),
            this::reportSoon,
            reason -> health.fail("the replica of meta cannot go on", reason));
    ReplicaEnvironment environment =
        ReplicaEnvironment.of(
            self.nodeId(),
            clock,
            parts.threads().timer(),
            parts.readers(),
            new RemoteLeaderIndex(parts.peers()));
    pace = environment.pace();
    Registry registry = Registry.open(parts.directory().path());
    removal =
        new ReplicaRemoval(
            registry, parts.consensus(), shardDirectory, cluster::group, parts.steps());
    births =
        new Births(
            self.nodeId(),
            registry,
            parts.consensus(),
            parts.engine(),
            parts.directory().path(),
            cluster::group,
            views::view,
            parts.steps());
    shards =
        new ShardHost(
            self,
            () -> cluster.group(GroupId.META),
            parts.consensus(),
            new ShardOpener(shardDirectory, parts.engine(), environment, views::view, machines),
            views::view,
            parts.threads(),
            machines,
            registry,
            new Departures(self.nodeId(), removal, parts.threads(), machines, System::nanoTime),
            births,
            new Fences(self.nodeId(), parts.threads(), System::nanoTime, parts.replicas()::fenced),
            new ReplicaSupervisor(
                parts.flushing(), parts.replicas(), this::reportSoon, health::fail));
    groups = new GroupControl(self.nodeId(), views::view, meta, shards, parts.peers());
    NodeReporter reporter =
        new NodeReporter(
            parts::node, shards, meta, parts.arrivals(), clock::millis, parts.softwareVersion());
    Reports received = new Reports(System::nanoTime);
    control =
        new ControlPlane(
            parts::node,
            cluster::id,
            clock,
            views,
            meta,
            shards,
            groups,
            reporter,
            received,
            parts.peers());
    coordinator =
        new Coordinator(
            self.nodeId(),
            meta,
            new Observations(received, System::nanoTime),
            parts.peers(),
            control,
            parts.threads());
    pulse =
        new PeerPulse(
            self.nodeId(),
            this::runningGroups,
            parts.peers(),
            parts.threads()::after,
            System::nanoTime);
    control.watchedBy(pulse::misses);
    control.coordinatedBy(coordinator::poke, coordinator::remarks, coordinator::lastView);
    entry = new ClusterEntry(parts.peers(), meta, starter, views);
    announcer = new Announcer(parts.node(), control::propose);
    follower =
        new ViewFollower(
            self.nodeId(),
            parts.node().getName(),
            cluster,
            views,
            health,
            starter,
            removal,
            shards,
            coordinator,
            parts.threads(),
            () -> closed);
  }

  public ReplicaPace pace() {
    return pace;
  }

  public NodeControl control() {
    return control;
  }

  public Replicas replicas() {
    return shards;
  }

  /** The group of a shard of this node's cluster; 0 = meta. */
  public GroupId group(long shardId) {
    return cluster.group(shardId);
  }

  /** The replicas on this node, from within. */
  public LocalShards localShards() {
    return shards;
  }

  /** Who cuts and joins the shards that are led here; to be told before the node starts. */
  public void reshapedBy(ShardReshaper reshaper) {
    control.reshapedBy(reshaper);
  }

  /** Writes a checkpoint of a replica on this node; see {@link HostedMachine#checkpoint}. */
  public LogPosition checkpoint(GroupId group, Path directory) {
    MetaGroup metaReplica = meta.replica();
    if (group.isMeta() && metaReplica != null) {
      return metaReplica.machine().checkpoint(directory);
    }
    HostedShard shard = shards.hosted(group.shard());
    if (shard == null) {
      throw new HengeException(
          ErrorCode.NOT_FOUND, "node " + parts.node().getNodeId() + " has no replica of " + group);
    }
    return shard.machine().checkpoint(directory);
  }

  /**
   * A digest of everything that a replica on this node holds; equal on replicas at the same
   * position. Reads all of it.
   *
   * @throws HengeException NOT_LEADER if there is no replica of the shard here
   */
  public ShardStateMachine.Digest digest(long shardId) {
    return shards.require(shardId).machine().digest();
  }

  /** Groups with a replica here, meta among them. */
  private List<ConsensusGroup> runningGroups() {
    List<ConsensusGroup> running = new ArrayList<>();
    ConsensusGroup metaGroup = meta.group();
    if (metaGroup != null) {
      running.add(metaGroup);
    }
    for (HostedShard shard : shards.all()) {
      ConsensusGroup group = shard.group();
      if (group != null) {
        running.add(group);
      }
    }
    return running;
  }

  // ---- Starting ----

  /**
   * Refuses to join a cluster that a directory does not belong to. Blocks.
   *
   * @throws HengeException INVALID_ARGUMENT
   */
  public static void requireSameCluster(Peers peers, List<String> join, NodeIdentity identity)
      throws InterruptedException {
    ClusterEntry.requireSameCluster(peers, join, identity);
  }

  /**
   * Starts what is on disk, enters the cluster if it has not yet, and goes on by itself. Blocks
   * only while a joining node waits to be let in.
   *
   * @throws HengeException if the cluster will not have this node
   */
  public void start(List<String> join) throws InterruptedException {
    if (cluster.isKnown()) {
      removal.resume();
      births.sweep(cluster::shardOf);
    }
    views.offer(cache.load());
    views.onChange(this::changed);
    if (cluster.phase() == NodeIdentity.Phase.JOINING) {
      String clusterId = entry.join(join, parts.node(), cluster.id(), () -> !closed);
      cluster.entered(clusterId);
    } else if (cluster.phase() == NodeIdentity.Phase.FORMING) {
      entry
          .form(cluster.identity(), parts.node())
          .whenComplete(
              (done, failure) -> {
                if (failure != null) {
                  health.fail("the cluster cannot be formed", failure);
                }
              });
    } else {
      shards.restart();
    }
    if (parts.consensus().stored().contains(cluster.group(GroupId.META))) {
      starter.start(cluster.group(GroupId.META), Consensus.Start.RESTART);
    }
    parts
        .threads()
        .every(
            PeerPulse.PERIOD_MILLIS,
            () -> {
              if (!closed) {
                pulse.tick();
              }
            });
    parts.threads().every(TICK_MILLIS, this::tick);
    parts.threads().after(0, this::tick);
    changed();
  }

  /** The view has changed. Any thread. */
  private void changed() {
    if (!closed) {
      cache.save(() -> views.view().state());
      parts.threads().after(0, follower::follow);
    }
  }

  private void tick() {
    if (closed) {
      return;
    }
    meta.keepFollowing();
    if (!cluster.isKnown()) {
      return;
    }
    health.requireReadable(
        parts.node().getFeatureLevel(), views.view().state().cluster().getFeatureLevel());
    reports.now();
    follower.follow();
    announcer.announce(views.view().state().node(parts.node().getNodeId()));
    coordinator.tick();
  }

  private void sendReport() {
    control.sendReport();
  }

  /** Something that the meta leader waits for may have happened. Any thread. */
  private void reportSoon() {
    reports.soon();
  }

  // ---- Health ----

  private void withdraw() {
    shards.startNoMore();
    // What else it leads goes to nodes that are whole.
    parts.threads().blocking().execute(groups::handOver);
  }

  /** Why this node does not serve yet or any more; empty if it does. */
  public List<String> hindrances() {
    List<String> reasons = new ArrayList<>();
    String failed = health.fault();
    if (failed != null) {
      reasons.add(failed);
    }
    if (closed) {
      reasons.add("the node is stopping");
    }
    NodeRecord known = views.view().state().node(parts.node().getNodeId());
    if (cluster.phase() != NodeIdentity.Phase.MEMBER || known == null) {
      reasons.add("the node has not entered its cluster yet");
    } else {
      reasons.addAll(shards.hindrances());
    }
    return reasons;
  }

  /** What an operator should know beside that. */
  public List<String> remarks() {
    return coordinator.remarks();
  }

  /** Whether it failed for good. */
  public boolean hasFailed() {
    return health.fault() != null;
  }

  /** Id of the cluster, empty until it is known. */
  public String clusterId() {
    return cluster.id();
  }

  /**
   * Flushes every replica and drops its log behind that, as far as the settings allow. Blocks.
   *
   * @return completes when the logs have been dropped
   */
  public CompletableFuture<Void> dropLogs() {
    return shards.dropLogs();
  }

  // ---- Stopping ----

  /** Hands leadership over as far as others are there to take it; waits for it for a while. */
  public void handOver() {
    groups.handOver();
  }

  /** Nothing new begins any more. */
  public void stopAdmission() {
    closed = true;
    shards.stopAdmission();
  }

  /** From now on the node behaves as if its process had died: nothing is flushed at the end. */
  public void abandon() {
    stopAdmission();
    machines.abandon();
  }

  /** Ends the replicas; consensus must have been closed before. */
  @Override
  public void close() {
    stopAdmission();
    meta.close();
    shards.close();
    machines.close();
  }

  /** For tests and figures: a function that names groups. */
  public LongFunction<GroupId> groupIds() {
    return this::group;
  }
}
