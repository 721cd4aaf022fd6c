package io.henge.server;

import io.henge.api.Limits;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.NodeRecord;
import io.henge.engine.FlushPolicy;
import io.henge.engine.FlushScheduler;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import io.henge.replication.NetworkFilter;
import io.henge.replication.ratis.RatisConsensus;
import io.henge.replication.ratis.RatisSettings;
import io.henge.replication.shard.EntryMeter;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.snapshot.SnapshotFetcher;
import io.henge.replication.snapshot.SnapshotHost;
import io.henge.replication.snapshot.SnapshotSource;
import io.henge.router.meta.MetaSettings;
import io.henge.server.copies.Copies;
import io.henge.server.copies.NodeCopyClock;
import io.henge.server.grpc.GrpcEndpoint;
import io.henge.server.grpc.GrpcNode;
import io.henge.server.grpc.GrpcPeers;
import io.henge.server.grpc.GrpcSnapshots;
import io.henge.server.http.Health;
import io.henge.server.http.HttpEndpoint;
import io.henge.server.http.Metric;
import io.henge.server.http.NodeMetrics;
import io.henge.server.node.Address;
import io.henge.server.node.Arrivals;
import io.henge.server.node.NodeCore;
import io.henge.server.node.NodeDirectory;
import io.henge.server.node.NodeIdentity;
import io.henge.server.node.NodeThreads;
import io.henge.server.node.NodeViews;
import io.henge.server.node.Ports;
import io.henge.server.node.ReplicaListener;
import io.henge.server.reshape.ShardReshapers;
import java.io.IOException;
import java.net.BindException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The parts of one node: opened in order, each over those before it, and closed in reverse order.
 */
final class NodeAssembly implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeAssembly.class);

  private static final String VERSION =
      Objects.requireNonNullElse(
          NodeAssembly.class.getPackage().getImplementationVersion(), "0.1.0");
  private static final int READERS_WAITING_MAX = 4_096;
  private static final int PORTS_ATTEMPTS = 5;
  private static final long LOOK_MILLIS = 200;
  private static final long COPIES_MILLIS = 20;
  private static final long COPY_LAGS_MILLIS = 1_000;
  private static final long SWEEP_MILLIS = 10_000;

  private final NodeConfig config;
  private final NodeHooks hooks;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private final NodeThreads threads;
  private final NodeViews views = new NodeViews();
  private final Arrivals arrivals = new Arrivals();
  private final NodeDirectory directory;
  private final NodeIdentity identity;
  private final List<Address> ports;
  private final NodeRecord record;
  private final NetworkFilter network;
  private final boolean fresh;

  /** From here on the node may have entered a cluster, or made one. */
  private boolean entering;

  /** A node that was new came to nothing: its directory must not be bound to the attempt. */
  private boolean neverEntered;

  private volatile boolean cutOff;
  private volatile @Nullable NodeCore core;
  private volatile @Nullable GrpcEndpoint endpoint;

  private NodeAssembly(NodeConfig config, NodeHooks hooks, NodeDirectory directory) {
    this.config = config;
    this.hooks = hooks;
    this.directory = directory;
    NodeSelf self = NodeSelf.of(config, directory, hooks.featureLevel());
    this.fresh = self.fresh();
    this.ports = self.ports();
    this.identity = self.identity();
    this.record = self.record();
    this.network = (from, to) -> !cutOff && hooks.network().allows(from, to);
    opened.push(directory);
    opened.push(this::forgetIfRefused);
    this.threads = new NodeThreads(config.name());
    opened.push(threads);
  }

  /**
   * Opens everything and starts the node.
   *
   * @throws HengeException see {@link HengeNode#start(NodeConfig)}
   */
  static NodeAssembly open(NodeConfig config, NodeHooks hooks)
      throws IOException, InterruptedException {
    for (int left = PORTS_ATTEMPTS; ; left--) {
      try {
        return attempt(config, hooks);
      } catch (Ports.Taken e) {
        // A free port may be taken before it is opened. A node that is known by its ports must
        // have them; a new one chooses again, and those it was given are named as in use then.
        if (left <= 1 || NodeDirectory.isOwned(config.directory())) {
          throw e;
        }
        LOG.info("{}; trying again", e.getMessage());
      }
    }
  }

  private static NodeAssembly attempt(NodeConfig config, NodeHooks hooks)
      throws IOException, InterruptedException {
    NodeDirectory directory = NodeDirectory.open(config.directory());
    NodeAssembly assembly = null;
    boolean done = false;
    boolean refused = false;
    try {
      assembly = new NodeAssembly(config, hooks, directory);
      assembly.assemble();
      done = true;
      return assembly;
    } catch (HengeException e) {
      refused = e.code().retry() == ErrorCode.Retry.NEVER;
      throw e;
    } finally {
      if (!done) {
        if (assembly != null) {
          boolean joining = !config.join().isEmpty();
          assembly.neverEntered = assembly.fresh && (!assembly.entering || (joining && refused));
          assembly.close();
        }
        directory.close();
      }
    }
  }

  NodeCore core() {
    return Objects.requireNonNull(core, "the node has been started");
  }

  GrpcEndpoint endpoint() {
    return Objects.requireNonNull(endpoint, "the node has been started");
  }

  /** This node as it announces itself. */
  NodeRecord node() {
    return record;
  }

  private void forgetIfRefused() {
    if (neverEntered) {
      directory.forget();
    }
  }

  private <T extends AutoCloseable> T own(T resource) {
    opened.push(resource);
    return resource;
  }

  private String clusterId() {
    NodeCore running = core;
    return running == null ? identity.clusterId() : running.clusterId();
  }

  private void assemble() throws IOException, InterruptedException {
    GrpcPeers peers =
        own(
            new GrpcPeers(
                identity.incarnation(), this::clusterId, views::node, Limits.DEFAULT, network));
    if (!config.join().isEmpty() && !identity.clusterId().isEmpty()) {
      NodeCore.requireSameCluster(peers, config.join(), identity);
    }
    // Up to here nothing has been changed.
    FreeSpace.require(config.directory(), 2 * replication().segmentBytes());
    directory.store(identity);
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
    RatisConsensus consensus = consensus(arrivals.watched(metrics.metered(fetcher)));
    NodeCore built = core(peers, engine, flushing, consensus, metrics);
    core = built;
    // Replicas end with consensus; what is left of them after it.
    own(built);
    built.reshapedBy(
        own(
            new ShardReshapers(
                record.getNodeId(),
                config.name(),
                built.localShards(),
                peers,
                views::view,
                threads.blocking(),
                hooks.steps())));
    Copies copies = own(copies(peers, built, metrics));
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
                    built.groupIds(),
                    threads.timer(),
                    threads.blocking(),
                    heavy(),
                    metrics,
                    metrics::snapshotSent,
                    copies)
                .start(ports.get(0)));
    own(
        HttpEndpoint.start(
            ports.get(2), config.name(), metrics::scrape, this::health, built::digest));
    threads.every(LOOK_MILLIS, () -> lookAfter(peers, snapshots, copies));
    threads.every(COPIES_MILLIS, copies::tick);
    threads.every(COPY_LAGS_MILLIS, copies.lags()::tick);
    threads.every(SWEEP_MILLIS, () -> threads.blocking().execute(snapshots::sweep));
    entering = true;
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

  private RatisConsensus consensus(SnapshotSource snapshots) throws IOException {
    Address listen = ports.get(1);
    try {
      return RatisConsensus.builder(record.getNodeId(), directory.path().resolve("raft"))
          .settings(replication())
          .listen(listen.host(), listen.port())
          .addresses(this::raftAddress)
          .snapshots(snapshots)
          .filter(network)
          .open();
    } catch (BindException e) {
      throw new Ports.Taken("raftListen", listen, e);
    }
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
            new ReplicaListener() {
              @Override
              public EntryMeter added(long shardId, ShardReplica replica) {
                return metrics.addShard(shardId, replica);
              }

              @Override
              public void removed(long shardId) {
                metrics.removeShard(shardId);
              }

              @Override
              public void fenced(long shardId, long nanos) {
                metrics.fenced(nanos);
              }
            },
            (what, reason) -> {
              metrics.replicaFailed();
              hooks.faults().failed(config.name(), what, reason);
            },
            hooks.steps(),
            arrivals,
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
                  new Thread(task, "henge-reader-" + config.name() + "-" + count.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    readers.allowCoreThreadTimeOut(true);
    own(readers::shutdownNow);
    return readers;
  }

  private ThreadPoolExecutor heavy() {
    ThreadPoolExecutor heavy = GrpcNode.heavyThreads(config.name());
    own(heavy::shutdownNow);
    return heavy;
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

  private Copies copies(GrpcPeers peers, NodeCore built, NodeMetrics metrics) {
    return new Copies(
        record.getNodeId(),
        built.replicas(),
        built.localShards(),
        views::view,
        peers,
        new NodeCopyClock(threads, built.control()::clockMillis),
        metrics.copies(),
        settings().number(MetaSettings.COPY_RATE));
  }

  private MetaSettings settings() {
    return MetaSettings.of(views.view().state().cluster());
  }

  private void lookAfter(GrpcPeers peers, SnapshotHost snapshots, Copies copies) {
    peers.expire();
    snapshots.limitTo(settings().number(MetaSettings.MOVE_RATE));
    copies.limitTo(settings().number(MetaSettings.COPY_RATE));
    copies.verifyPerSecond((int) settings().number(MetaSettings.VERIFY_RATE));
    setPace(core());
    GrpcEndpoint port = endpoint;
    if (port != null) {
      port.serving(core().hindrances().isEmpty());
    }
  }

  private void setPace(NodeCore built) {
    MetaSettings settings = settings();
    built
        .pace()
        .set(
            settings.number(MetaSettings.FILL_INTERVAL),
            (int) settings.number(MetaSettings.VERIFY_RATE),
            settings.number(MetaSettings.CHANGES_BYTES_MAX));
  }

  private Health health() {
    List<String> hindrances = core().hindrances();
    return new Health(
        hindrances.isEmpty(),
        record.getNodeId(),
        record.getName(),
        hindrances.isEmpty() ? core().remarks() : hindrances);
  }

  /** From now on no message of this node gets through. */
  void cutOff() {
    cutOff = true;
  }

  @Override
  public void close() {
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

  private RatisSettings replication() {
    RatisSettings settings = hooks.replication();
    LogLimits log = config.log();
    if (log.segmentBytes() != 0) {
      settings = settings.withSegmentBytes(log.segmentBytes());
    }
    return log.keepEntries() == 0
        ? settings
        : settings.withLogKept(log.keepEntries(), log.purgeEvery());
  }
}
