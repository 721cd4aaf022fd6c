package io.henge.replication.ratis;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.AddressBook;
import io.henge.replication.Consensus;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.GroupStateMachine;
import io.henge.replication.LogPosition;
import io.henge.replication.Member;
import io.henge.replication.NetworkFilter;
import io.henge.replication.snapshot.DurableFiles;
import io.henge.replication.snapshot.SnapshotSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.GroupManagementRequest;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.util.ExitUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consensus by Apache Ratis: one Ratis server for the node, one division of it for each replica.
 *
 * <p>Directories under the given one: one for each replica, named by its group's UUID (Ratis' own
 * format), and {@code incoming} for snapshots on their way. Replicas start only when {@link #start}
 * says so: Ratis, left alone, would start all it finds, with state machines that are not there yet.
 */
public final class RatisConsensus implements Consensus {
  private static final Logger LOG = LoggerFactory.getLogger(RatisConsensus.class);
  private static final int FREE_PORT_ATTEMPTS = 5;
  private static final String INCOMING = "incoming";
  private static final long KEEP_OPEN_MILLIS = 1_000;

  static {
    // Ratis ends the process when its port is taken, and on some other occasions.
    ExitUtils.disableSystemExit();
    ExitUtils.setTerminateOnUncaughtException(false);
  }

  private final RatisSettings settings;
  private final String nodeId;
  private final Path directory;
  private final String address;
  private final AddressBook book;
  private final SnapshotSource snapshots;
  private final RaftServer server;
  private final ClientId client = ClientId.randomId();
  private final AtomicLong callIds = new AtomicLong();
  private final Map<GroupId, GroupBridge> bridges = new ConcurrentHashMap<>();
  private final Map<GroupId, RatisGroup> groups = new ConcurrentHashMap<>();
  private final ReplicaGate gate;
  private final SlowCalls slow;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final ScheduledExecutorService events;
  private final ExecutorService workers;

  private RatisConsensus(Builder b, int port) throws IOException {
    this.settings = b.settings;
    this.nodeId = b.nodeId;
    this.directory = b.directory;
    this.address = b.host + ":" + port;
    this.book = b.book;
    this.snapshots = b.snapshots;
    this.events = Executors.newSingleThreadScheduledExecutor(threads("events"));
    this.workers = Executors.newCachedThreadPool(threads("worker"));
    this.gate = new ReplicaGate(this::block);
    this.slow = new SlowCalls(threads("slow"));
    Files.createDirectories(directory);
    DurableFiles.delete(directory.resolve(INCOMING));
    Files.createDirectories(directory.resolve(INCOMING));

    RaftProperties properties = settings.toProperties(b.host, port);
    Parameters parameters = new Parameters();
    PeerTraffic traffic =
        new PeerTraffic(nodeId, b.filter, gate, slow, new LeaderWatch(this)::connectionLost);
    // Handlers hand over to Ratis' own threads; another hop costs 22-25 us for each message.
    GrpcConfigKeys.Server.setServicesCustomizer(
        parameters, (builder, types) -> traffic.addTo(builder.directExecutor()));
    // Nothing is found there; after this the real one is set, for the replicas that are started.
    RatisSettings.setDirectory(properties, directory.resolve("none"));
    this.server =
        RaftServer.newBuilder()
            .setServerId(RaftPeerId.valueOf(nodeId))
            .setProperties(properties)
            .setParameters(parameters)
            .setStateMachineRegistry(this::machineOf)
            .build();
    RatisSettings.setDirectory(properties, directory);
    PeerAddresses.add(book);
    try {
      server.start();
    } catch (IOException | RuntimeException e) {
      PeerAddresses.remove(book);
      server.close();
      stopThreads();
      BindException taken = new BindException(address + ": " + e.getMessage());
      taken.initCause(e);
      throw taken;
    }
    PeerChannels channels = new PeerChannels(server.getServerRpc());
    events.scheduleWithFixedDelay(
        () -> guarded(() -> tick(channels)),
        PeerChannels.PERIOD_MILLIS,
        PeerChannels.PERIOD_MILLIS,
        TimeUnit.MILLISECONDS);
    events.scheduleWithFixedDelay(
        () -> guarded(() -> channels.keepOpen(fellows())),
        KEEP_OPEN_MILLIS,
        KEEP_OPEN_MILLIS,
        TimeUnit.MILLISECONDS);
  }

  private void tick(PeerChannels channels) {
    channels.retryFailed();
    for (RatisGroup group : running()) {
      gate.keepAhead(group.raftGroup(), group.division().getInfo().getCurrentTerm());
      group.takePart();
      if (!group.division().getInfo().isAlive()) {
        gate.ended(group.raftGroup());
      }
    }
  }

  public static Builder builder(String nodeId, Path directory) {
    return new Builder(nodeId, directory);
  }

  /** What a node's consensus is made of. */
  public static final class Builder {
    private final String nodeId;
    private final Path directory;
    private RatisSettings settings = RatisSettings.normal();
    private String host = "127.0.0.1";
    private int port;
    private AddressBook book = nodeId -> null;
    private NetworkFilter filter = NetworkFilter.OPEN;
    private SnapshotSource snapshots =
        (group, from, target, progress) ->
            CompletableFuture.failedFuture(
                new HengeException(ErrorCode.UNAVAILABLE, "no source of snapshots has been set"));

    private Builder(String nodeId, Path directory) {
      this.nodeId = nodeId;
      this.directory = directory;
    }

    public Builder settings(RatisSettings given) {
      settings = given;
      return this;
    }

    /** Where to listen. Port 0: a free one, which the node should note and use from then on. */
    public Builder listen(String givenHost, int givenPort) {
      host = givenHost;
      port = givenPort;
      return this;
    }

    /** Asked at every connection, so that nodes may move. */
    public Builder addresses(AddressBook given) {
      book = given;
      return this;
    }

    public Builder snapshots(SnapshotSource given) {
      snapshots = given;
      return this;
    }

    public Builder filter(NetworkFilter given) {
      filter = given;
      return this;
    }

    /**
     * Opens the port; starts no replicas yet.
     *
     * @throws BindException if the port cannot be opened
     * @throws IOException if the directory cannot be used
     */
    public RatisConsensus open() throws IOException {
      if (port != 0) {
        return new RatisConsensus(this, port);
      }
      // Ratis must be told a port; a free one may be taken before it opens it.
      for (int left = FREE_PORT_ATTEMPTS; ; left--) {
        try {
          return new RatisConsensus(this, freePort(host));
        } catch (IOException e) {
          if (left <= 1) {
            throw e;
          }
        }
      }
    }

    private static int freePort(String host) throws IOException {
      try (ServerSocket socket = new ServerSocket()) {
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getByName(host), 0));
        return socket.getLocalPort();
      }
    }
  }

  @Override
  public CompletableFuture<ConsensusGroup> start(
      GroupId group, Start how, List<Member> members, GroupStateMachine machine) {
    GroupBridge bridge =
        new GroupBridge(
            group,
            machine,
            snapshots,
            directory.resolve(INCOMING),
            this::addressOf,
            this::execute,
            workers);
    if (bridges.putIfAbsent(group, bridge) != null) {
      return CompletableFuture.failedFuture(
          new HengeException(
              ErrorCode.ALREADY_EXISTS, "the replica of " + group + " runs already"));
    }
    CompletableFuture<ConsensusGroup> started =
        CompletableFuture.runAsync(() -> prepare(group, how, members, machine), workers)
            .thenCompose(ignored -> add(group, how, members))
            .thenApplyAsync(ignored -> running(group, bridge), workers);
    return started.handle(
        (done, thrown) -> {
          if (thrown == null) {
            gate.started(Ids.group(group), bridge.division());
            return done;
          }
          bridges.remove(group, bridge);
          gate.stopped(Ids.group(group));
          bridge.expectClose(false);
          bridge.close();
          throw Failures.of(thrown);
        });
  }

  private RatisGroup running(GroupId id, GroupBridge bridge) {
    try {
      if (!gate.isBound(Ids.group(id))) {
        // Ratis has just made its directory. It does not vote before a leader has taken it in.
        gate.bound(Ids.group(id), TermBound.open(directory.resolve(id.uuid().toString())));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    RatisGroup group = new RatisGroup(this, id, bridge);
    groups.put(id, group);
    return group;
  }

  private void prepare(GroupId group, Start how, List<Member> members, GroupStateMachine machine) {
    Path replica = directory.resolve(group.uuid().toString());
    boolean exists = Files.isDirectory(replica);
    if (how == Start.RESTART && !exists) {
      throw new HengeException(ErrorCode.NOT_FOUND, "there is no replica of " + group + " here");
    }
    if ((how == Start.CREATE || how == Start.SEED) && exists) {
      throw new HengeException(
          ErrorCode.ALREADY_EXISTS, "there is a replica of " + group + " on disk");
    }
    try {
      if (how == Start.CREATE) {
        GroupSeed.write(directory, group, members, LogPosition.NONE);
      } else if (how == Start.SEED) {
        requireSeed(group, machine);
        GroupSeed.write(directory, group, members, SEED_POSITION);
      } else {
        CoveredLog.drop(replica, machine.durable().index(), RatisSettings.frame(settings));
      }
      if (how == Start.CREATE || exists) {
        gate.bound(Ids.group(group), TermBound.open(replica));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void requireSeed(GroupId group, GroupStateMachine machine) {
    if (!machine.applied().equals(SEED_POSITION) || !machine.durable().equals(SEED_POSITION)) {
      throw new IllegalStateException(
          "the state of "
              + group
              + " must stand at "
              + SEED_POSITION
              + ", durably; found "
              + machine.applied()
              + ", durable "
              + machine.durable());
    }
  }

  private CompletableFuture<RaftClientReply> add(GroupId group, Start how, List<Member> members) {
    RaftGroupId id = Ids.group(group);
    RaftGroup raftGroup =
        how == Start.CREATE ? RaftGroup.valueOf(id, Ids.peers(members)) : RaftGroup.valueOf(id);
    GroupManagementRequest request =
        GroupManagementRequest.newAdd(
            client, RaftPeerId.valueOf(nodeId), nextCallId(), raftGroup, false);
    return reply(s -> s.groupManagementAsync(request));
  }

  private GroupBridge machineOf(RaftGroupId id) {
    GroupBridge bridge = bridges.get(Ids.group(id));
    if (bridge == null) {
      throw new IllegalStateException("nobody has started " + Ids.group(id));
    }
    return bridge;
  }

  String addressOf(String id) {
    if (id.equals(nodeId)) {
      return address;
    }
    String known = book.raftAddress(id);
    return known == null ? "" : known;
  }

  @Override
  public List<GroupId> stored() {
    List<GroupId> groups = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isDirectory)::iterator) {
        try {
          groups.add(GroupId.of(UUID.fromString(file.getFileName().toString())));
        } catch (IllegalArgumentException e) {
          LOG.trace("{} is no replica", file);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return groups;
  }

  @Override
  public void remove(GroupId group) {
    if (bridges.containsKey(group)) {
      throw new IllegalStateException("the replica of " + group + " runs");
    }
    try {
      DurableFiles.delete(directory.resolve(group.uuid().toString()));
      DurableFiles.sync(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String nodeId() {
    return nodeId;
  }

  @Override
  public String address() {
    return address;
  }

  /** Where seeds of groups are written: see {@link GroupSeed}. */
  public Path directory() {
    return directory;
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    bridges.values().forEach(bridge -> bridge.expectClose(false));
    try {
      server.close();
    } catch (IOException e) {
      LOG.warn("closing the replicas of node {}", nodeId, e);
    } finally {
      PeerAddresses.remove(book);
      stopThreads();
    }
  }

  private void stopThreads() {
    events.shutdownNow();
    workers.shutdownNow();
    slow.close();
  }

  // ---- For the groups ----

  /** Something that is asked of Ratis. */
  @FunctionalInterface
  interface Request {
    CompletableFuture<RaftClientReply> send(RaftServer server) throws IOException;
  }

  /** Sends from a thread that may block; a reply that holds an exception fails with it. */
  CompletableFuture<RaftClientReply> reply(Request request) {
    try {
      return CompletableFuture.supplyAsync(
              () -> {
                try {
                  return request.send(server);
                } catch (IOException e) {
                  return CompletableFuture.<RaftClientReply>failedFuture(e);
                }
              },
              workers)
          .thenCompose(future -> future)
          .thenCompose(
              reply ->
                  reply.isSuccess()
                      ? CompletableFuture.completedFuture(reply)
                      : CompletableFuture.failedFuture(reply.getException()));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new HengeException(ErrorCode.NOT_LEADER, "the node is shutting down"));
    }
  }

  RatisSettings settings() {
    return settings;
  }

  long nextCallId() {
    return callIds.incrementAndGet();
  }

  List<RatisGroup> running() {
    return closed.get() ? List.of() : List.copyOf(groups.values());
  }

  /** Other members of the groups that run here. */
  private Set<String> fellows() {
    Set<String> fellows = new HashSet<>();
    for (RatisGroup group : running()) {
      group.membership().members().stream().map(Member::nodeId).forEach(fellows::add);
    }
    fellows.remove(nodeId);
    return fellows;
  }

  void forget(GroupId group, GroupBridge bridge) {
    groups.remove(group);
    gate.stopped(Ids.group(group));
    bridges.remove(group, bridge);
  }

  /** Runs something that blocks. */
  void block(Runnable work) {
    try {
      workers.execute(work);
    } catch (RejectedExecutionException e) {
      LOG.debug("node {} is shutting down", nodeId);
    }
  }

  /** Runs something that may not run here, one after another. */
  void execute(Runnable work) {
    schedule(work, 0);
  }

  void schedule(Runnable work, long delayMillis) {
    try {
      events.schedule(() -> guarded(work), delayMillis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("node {} is shutting down", nodeId);
    }
  }

  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      LOG.error("on the event thread of node {}", nodeId, e);
    }
  }

  private ThreadFactory threads(String what) {
    AtomicLong count = new AtomicLong();
    return work -> {
      Thread thread =
          new Thread(work, "henge-raft-" + what + "-" + nodeId + "-" + count.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
