package io.henge.server;

import io.henge.api.Limits;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.engine.FlushPolicy;
import io.henge.engine.FlushScheduler;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import io.henge.replication.NetworkFilter;
import io.henge.replication.ratis.RatisConsensus;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.snapshot.SnapshotFetcher;
import io.henge.replication.snapshot.SnapshotHost;
import io.henge.router.meta.MetaState;
import io.henge.server.grpc.GrpcEndpoint;
import io.henge.server.grpc.GrpcNode;
import io.henge.server.grpc.GrpcPeers;
import io.henge.server.grpc.GrpcSnapshots;
import io.henge.server.http.Health;
import io.henge.server.http.HttpEndpoint;
import io.henge.server.http.Metric;
import io.henge.server.http.NodeMetrics;
import io.henge.server.node.Address;
import io.henge.server.node.NodeCore;
import io.henge.server.node.NodeDirectory;
import io.henge.server.node.NodeIdentity;
import io.henge.server.node.NodeThreads;
import io.henge.server.node.NodeViews;
import io.henge.server.node.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A node of a cluster in this process: everything put together, in order, and taken apart again. */
public final class HengeNode implements Node {
  private static final Logger LOG = LoggerFactory.getLogger(HengeNode.class);

  /** Newest formats that this version reads and writes. */
  private static final int FEATURE_LEVEL = 1;

  private static final String VERSION =
      Objects.requireNonNullElse(HengeNode.class.getPackage().getImplementationVersion(), "0.1.0");
  private static final int READERS_WAITING_MAX = 4_096;
  private static final long READY_POLL_MILLIS = 5;

  private final NodeConfig config;
  private final NodeHooks hooks;

  /** What has been opened, to be closed in reverse order. */
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile boolean cutOff;

  // Set once, by start.
  private @Nullable NodeRecord self;
  private @Nullable NodeCore core;
  private @Nullable GrpcEndpoint endpoint;

  private HengeNode(NodeConfig config, NodeHooks hooks) {
    this.config = config;
    this.hooks = hooks;
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
    HengeNode node = new HengeNode(config, hooks);
    boolean done = false;
    try {
      node.open();
      done = true;
      return node;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HengeException(ErrorCode.UNAVAILABLE, "interrupted while starting", e);
    } catch (IOException e) {
      throw new HengeException(ErrorCode.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    } finally {
      if (!done) {
        node.closeAll();
      }
    }
  }

  private <T extends AutoCloseable> T own(T resource) {
    opened.push(resource);
    return resource;
  }

  private void open() throws IOException, InterruptedException {
    NodeDirectory directory = own(NodeDirectory.open(config.directory()));
    NodeIdentity stored = directory.identity();
    requireOwn(stored);
    List<Address> ports = ports(stored);
    NodeIdentity identity =
        (stored != null
                ? stored
                : NodeIdentity.create(
                    config.name(),
                    !config.join().isEmpty(),
                    config.shards(),
                    config.replicationTarget()))
            .withPorts(ports.get(0).port(), ports.get(1).port(), ports.get(2).port());
    NodeRecord record = record(identity, ports);
    self = record;
    NodeThreads threads = own(new NodeThreads(config.name()));
    NodeViews views = new NodeViews();
    NetworkFilter network = (from, to) -> !cutOff && hooks.network().allows(from, to);
    NodeParts parts = new NodeParts(identity, record, ports, directory, threads, views, network);
    GrpcPeers peers =
        own(
            new GrpcPeers(
                identity.incarnation(),
                parts::clusterId,
                views::node,
                Limits.DEFAULT,
                network));
    parts.requireSameCluster(peers);
    directory.store(identity);
    parts.assemble(peers);
  }

  private void requireOwn(@Nullable NodeIdentity stored) {
    if (stored == null) {
      return;
    }
    if (!stored.name().equals(config.name())) {
      throw HengeException.invalid(
          "directory: " + config.directory() + " belongs to node '" + stored.name() + "', not to '"
              + config.name() + "'; start it under its own name, or give another directory");
    }
    if (stored.phase() == NodeIdentity.Phase.JOINING && config.join().isEmpty()) {
      throw HengeException.invalid(
          "join: node '" + stored.name() + "' was to enter a cluster and has not been let in yet;"
              + " give the addresses again, or an empty directory to make a new cluster");
    }
  }

  private List<Address> ports(@Nullable NodeIdentity stored) {
    Address listen = Address.parse("listen", config.listen());
    Address any = listen.withPort(0);
    Address raft =
        config.raftListen().isEmpty() ? any : Address.parse("raftListen", config.raftListen());
    Address http =
        config.httpListen().isEmpty() ? any : Address.parse("httpListen", config.httpListen());
    return Ports.choose(
        List.of(
            new Ports.Wish("listen", listen, stored == null ? 0 : stored.clientPort()),
            new Ports.Wish("raftListen", raft, stored == null ? 0 : stored.raftPort()),
            new Ports.Wish("httpListen", http, stored == null ? 0 : stored.httpPort())));
  }

  private NodeRecord record(NodeIdentity identity, List<Address> ports) {
    return NodeRecord.newBuilder()
        .setNodeId(identity.incarnation())
        .setName(identity.name())
        .setClientAddress(announced(ports.get(0)))
        .setRaftAddress(announced(ports.get(1)))
        .setHttpAddress(announced(ports.get(2)))
        .setZone(config.zone())
        .setWeight(100)
        .setFeatureLevel(FEATURE_LEVEL)
        .build();
  }

  /** Others cannot connect to "any address": tell them this machine's own. */
  private static String announced(Address address) {
    try {
      InetAddress host = InetAddress.getByName(address.host());
      return host.isAnyLocalAddress()
          ? new Address(InetAddress.getLocalHost().getHostAddress(), address.port()).toString()
          : address.toString();
    } catch (UnknownHostException e) {
      return address.toString();
    }
  }

  /** The parts of a node while they are being put together. */
  private final class NodeParts {
    private final NodeIdentity identity;
    private final NodeRecord record;
    private final List<Address> ports;
    private final NodeDirectory directory;
    private final NodeThreads threads;
    private final NodeViews views;
    private final NetworkFilter network;

    NodeParts(
        NodeIdentity identity,
        NodeRecord record,
        List<Address> ports,
        NodeDirectory directory,
        NodeThreads threads,
        NodeViews views,
        NetworkFilter network) {
      this.identity = identity;
      this.record = record;
      this.ports = ports;
      this.directory = directory;
      this.threads = threads;
      this.views = views;
      this.network = network;
    }

    String clusterId() {
      NodeCore running = core;
      return running == null ? identity.clusterId() : running.clusterId();
    }

    void requireSameCluster(GrpcPeers peers) throws InterruptedException {
      if (!config.join().isEmpty() && !identity.clusterId().isEmpty()) {
        NodeCore.requireSameCluster(peers, config.join(), identity);
      }
    }

    void assemble(GrpcPeers peers) throws IOException, InterruptedException {
      Path path = directory.path();
      NodeMetrics metrics = own(new NodeMetrics());
      RocksSettings storage = RocksSettings.of(config.memoryBytes());
      RocksStorageEngine engine = own(new RocksStorageEngine(storage));
      FlushScheduler flushing =
          own(
              new FlushScheduler(
                  FlushPolicy.of(storage.memory().writeBufferBytes()), System::nanoTime));
      flushing.start();
      SnapshotFetcher fetcher =
          new SnapshotFetcher(
              new GrpcSnapshots(peers, threads.blocking()),
              threads.blocking(),
              SnapshotFetcher.Options.standard());
      RatisConsensus consensus =
          RatisConsensus.builder(record.getNodeId(), path.resolve("raft"))
              .settings(hooks.replication())
              .listen(ports.get(1).host(), ports.get(1).port())
              .addresses(this::raftAddress)
              .snapshots(
                  (group, from, target, progress) ->
                      fetcher
                          .fetch(group, from, target, progress)
                          .whenComplete(
                              (position, failure) -> {
                                if (failure == null) {
                                  metrics.snapshotReceived();
                                }
                              }))
              .filter(network)
              .open();
      NodeCore built = core(peers, engine, flushing, consensus, metrics);
      core = built;
      // Replicas end with consensus; what is left of them after it.
      own(built);
      own(consensus);
      SnapshotHost snapshots =
          own(
              new SnapshotHost(
                  path.resolve("snapshots"),
                  built::checkpoint,
                  SnapshotHost.Limits.standard(),
                  System::nanoTime));
      gauges(metrics, built);
      endpoint =
          own(
              new GrpcNode(
                      Limits.DEFAULT,
                      built.control(),
                      built.replicas(),
                      peers,
                      snapshots,
                      built.groups(),
                      threads.timer(),
                      threads.blocking(),
                      metrics,
                      metrics::snapshotSent)
                  .start(ports.get(0)));
      own(
          HttpEndpoint.start(
              ports.get(2), config.name(), metrics::scrape, HengeNode.this::health));
      threads.every(200, () -> lookAfter(peers));
      threads.every(10_000, () -> threads.blocking().execute(snapshots::sweep));
      built.start(config.join());
      LOG.info(
          "node {} ({}) of cluster {}: clients {}, replication {}, http {}; {}",
          config.name(),
          record.getNodeId(),
          built.clusterId(),
          record.getClientAddress(),
          record.getRaftAddress(),
          record.getHttpAddress(),
          config);
    }

    private @Nullable String raftAddress(String nodeId) {
      NodeRecord node = views.node(nodeId);
      return node == null ? null : node.getRaftAddress();
    }

    private NodeCore core(
        GrpcPeers peers,
        RocksStorageEngine engine,
        FlushScheduler flushing,
        RatisConsensus consensus,
        NodeMetrics metrics) {
      return new NodeCore(
          new NodeCore.Parts(
              directory,
              identity,
              record,
              engine,
              flushing,
              consensus,
              peers,
              views,
              threads,
              readers(),
              new NodeCore.ReplicaListener() {
                @Override
                public void added(long shardId, ShardReplica replica) {
                  metrics.addShard(shardId, replica);
                }

                @Override
                public void removed(long shardId) {
                  metrics.removeShard(shardId);
                }
              },
              (what, reason) -> {
                metrics.replicaFailed();
                hooks.faults().failed(config.name(), what, reason);
              },
              VERSION));
    }

    private ThreadPoolExecutor readers() {
      AtomicInteger count = new AtomicInteger();
      int threadsMax = Math.max(2, Runtime.getRuntime().availableProcessors());
      ThreadPoolExecutor readers =
          new ThreadPoolExecutor(
              threadsMax,
              threadsMax,
              30,
              TimeUnit.SECONDS,
              new ArrayBlockingQueue<>(READERS_WAITING_MAX),
              task -> {
                Thread thread =
                    new Thread(
                        task, "henge-reader-" + config.name() + "-" + count.incrementAndGet());
                thread.setDaemon(true);
                return thread;
              });
      readers.allowCoreThreadTimeOut(true);
      own(readers::shutdownNow);
      return readers;
    }
  }

  private static void gauges(NodeMetrics metrics, NodeCore core) {
    metrics.gauge(Metric.META_VERSION, () -> core.control().view().version());
    metrics.gauge(Metric.NODES, () -> core.control().view().map().nodes().size());
    metrics.gauge(
        Metric.META_LEADER,
        () -> {
          String leader = core.control().metaLeader();
          return core.control().self().getNodeId().equals(leader) ? 1 : 0;
        });
  }

  private void lookAfter(GrpcPeers peers) {
    peers.expire();
    GrpcEndpoint port = endpoint;
    if (port != null && !closed.get()) {
      port.serving(core().hindrances().isEmpty());
    }
  }

  private Health health() {
    List<String> hindrances = core().hindrances();
    return new Health(
        hindrances.isEmpty(),
        id(),
        name(),
        hindrances.isEmpty() ? core().remarks() : hindrances);
  }

  private NodeCore core() {
    return Objects.requireNonNull(core, "the node has been started");
  }

  private NodeRecord self() {
    return Objects.requireNonNull(self, "the node has been started");
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
    while (true) {
      List<String> hindrances = core().hindrances();
      if (hindrances.isEmpty()) {
        GrpcEndpoint port = endpoint;
        if (port != null) {
          port.serving(true);
        }
        return;
      }
      if (core().hasFailed() || System.nanoTime() - deadline > 0) {
        throw new HengeException(
            ErrorCode.UNAVAILABLE,
            "node " + name() + " is not ready: " + String.join("; ", hindrances));
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
      closeAll();
      LOG.info("node {} has stopped", name());
    }
  }

  /**
   * Stops as if the process had died: nobody hears of it, nothing is handed over or flushed. What
   * the operating system would take back (ports, locks, native memory) is given back.
   */
  public void kill() {
    if (closed.compareAndSet(false, true)) {
      cutOff = true;
      core().abandon();
      GrpcEndpoint port = endpoint;
      if (port != null) {
        port.kill();
      }
      closeAll();
    }
  }

  /** Makes everything durable and drops the logs behind it. For tests. */
  void dropLogs() {
    core().dropLogs().join();
  }

  /** Stops together with all other nodes: there is nobody to hand over to. */
  void closeWithOthers() {
    if (closed.compareAndSet(false, true)) {
      core().stopAdmission();
      closeAll();
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
        return "shard " + shard.getShardId() + " has " + shard.getReplicaNodeIdsCount() + " of "
            + wanted + " replicas";
      }
    }
    return null;
  }

  private void closeAll() {
    closed.set(true);
    while (!opened.isEmpty()) {
      AutoCloseable resource = opened.pop();
      long began = System.nanoTime();
      try {
        resource.close();
      } catch (Exception e) {
        LOG.warn("{} did not close in order", resource, e);
      }
      LOG.debug(
          "closed {} in {} ms",
          resource.getClass().getSimpleName(),
          (System.nanoTime() - began) / 1_000_000);
    }
  }
}
