package io.henge.testkit.simulation;

import io.henge.engine.DurableFiles;
import io.henge.engine.StoreSlot;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.Consensus.Start;
import io.henge.replication.GroupId;
import io.henge.replication.Member;
import io.henge.replication.shard.ClusterClock;
import io.henge.replication.shard.Creation;
import io.henge.replication.shard.LeaderIndex;
import io.henge.replication.shard.LeaseInheritance;
import io.henge.replication.shard.LeaseTiming;
import io.henge.replication.shard.ReplicaEnvironment;
import io.henge.replication.shard.ReplicaLimits;
import io.henge.replication.shard.ReplicatedShard;
import io.henge.replication.sim.SimulatedCluster;
import io.henge.replication.sim.SimulatedNode;
import io.henge.replication.sim.SimulationSettings;
import io.henge.replication.sim.VirtualTime;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.ChildSeed;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.SeedMaker;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardStateMachine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The shards of a ring on three simulated nodes: the product's replicas over consensus in virtual
 * time. It begins as one; {@link Reshapes} cuts and joins.
 */
final class SimulatedShard {
  static final List<String> NODES =
      List.of("00000000000000a1", "00000000000000a2", "00000000000000a3");
  static final CollectionInfo COLLECTION = new CollectionInfo(1, "things", 0, false, false, 1);

  /** The shard that is there from the beginning to the end. */
  static final long ROOT = 1;

  private static final List<Member> MEMBERS = NODES.stream().map(id -> new Member(id, "")).toList();
  private static final Creation CREATION =
      new Creation(new ShardDescription(ROOT, 1, new byte[0], new byte[0]), List.of(COLLECTION));

  /** What a test may make different on a node. */
  record Options(
      Function<String, LeaseTiming> lease,
      Function<SimulatedNode, LongSupplier> wallMillis,
      Reshaping reshaping) {
    static final Options SOUND = new Options(node -> LeaseTiming.DEFAULT, node -> node::wallMillis);
    static final Options SPLITTING = SOUND.with(Reshaping.SOUND);

    Options(Function<String, LeaseTiming> lease, Function<SimulatedNode, LongSupplier> wallMillis) {
      this(lease, wallMillis, Reshaping.NONE);
    }

    Options with(Reshaping changed) {
      return new Options(lease, wallMillis, changed);
    }
  }

  /** Whether shards are cut and joined, and what is wrong with how that is done. */
  enum Reshaping {
    NONE,
    SOUND,
    /** The right shard is not sealed before the left one has its range. */
    NOT_SEALED
  }

  /** A node's replica in one of its lives. */
  record Replica(ShardStateMachine machine, ReplicatedShard shard) {}

  private final VirtualTime time;
  private final SimulatedCluster cluster;
  private final Path directory;
  private final Options options;
  private final Map<String, Map<Long, Replica>> replicas = new TreeMap<>();

  /** Shards that are removed: no replica of them is made or started any more. */
  private final Set<Long> removed = new HashSet<>();

  SimulatedShard(long seed, SimulationSettings settings, Path directory, Options options) {
    this.time = new VirtualTime(seed);
    // A member that lags behind a purged log gets a checkpoint, and no replica of what was split
    // off: to mend that is not for here.
    Path scratch = options.reshaping == Reshaping.NONE ? directory : null;
    this.cluster = new SimulatedCluster(time, settings, scratch);
    this.directory = directory;
    this.options = options;
    for (String id : NODES) {
      replicas.put(id, new TreeMap<>());
      start(cluster.node(id), ROOT, Start.CREATE, null);
    }
  }

  Reshaping reshaping() {
    return options.reshaping;
  }

  VirtualTime time() {
    return time;
  }

  SimulatedCluster cluster() {
    return cluster;
  }

  /** A node's replica of the shard that is always there. */
  Replica replica(String node) {
    return Objects.requireNonNull(replica(node, ROOT));
  }

  @Nullable Replica replica(String node, long shardId) {
    return its(node).get(shardId);
  }

  private Map<Long, Replica> its(String node) {
    return Objects.requireNonNull(replicas.get(node));
  }

  /** Any of a node's replicas. */
  Replica any(String node) {
    return oneOf(List.copyOf(its(node).values()));
  }

  /** A node's replica that has the key in its range, as far as it knows. */
  Replica serving(String node, byte[] key) {
    List<Replica> able =
        its(node).values().stream()
            .filter(replica -> replica.shard.description().contains(key))
            .toList();
    return able.isEmpty() ? replica(node) : oneOf(able);
  }

  private Replica oneOf(List<Replica> some) {
    return some.get(some.size() == 1 ? 0 : time.random().nextInt(some.size()));
  }

  /** Shards that have a replica somewhere. */
  Set<Long> shards() {
    Set<Long> ids = new TreeSet<>();
    replicas.values().forEach(its -> ids.addAll(its.keySet()));
    return ids;
  }

  /**
   * Those that have not been absorbed: nobody begins anything with a shard that meta has removed.
   */
  List<Long> standing() {
    return shards().stream().filter(id -> !removed.contains(id)).toList();
  }

  boolean isComplete(long shardId) {
    return removed.contains(shardId) || NODES.stream().allMatch(id -> its(id).containsKey(shardId));
  }

  /** A replica that thinks it leads, on a node that runs. */
  @Nullable Replica leader(long shardId) {
    return NODES.stream()
        .filter(id -> cluster.node(id).isUp() && !cluster.node(id).isPaused())
        .map(id -> its(id).get(shardId))
        .filter(replica -> replica != null && replica.shard.group().isLeader())
        .findFirst()
        .orElse(null);
  }

  void restart(SimulatedNode node) {
    node.restart();
    its(node.id()).clear();
    for (GroupId group : node.consensus().stored()) {
      if (!removed.contains(group.shard())) {
        start(node, group.shard(), Start.RESTART, null);
      }
    }
    for (Replica replica : List.copyOf(its(node.id()).values())) {
      replica.shard.state().reshaping().children().forEach(child -> makeSoon(node, child));
    }
  }

  /** An empty replica on one more node; it takes no part until a leader adds it. */
  Replica join(String node, long shardId) {
    replicas.computeIfAbsent(node, id -> new TreeMap<>());
    start(cluster.node(node), shardId, Start.JOIN, null);
    return Objects.requireNonNull(replica(node, shardId));
  }

  /** Nodes delete their replicas, sooner or later. */
  void remove(long shardId) {
    if (removed.add(shardId)) {
      for (SimulatedNode node : cluster.nodes()) {
        node.schedule((long) (time.random().nextDouble() * 300_000_000), () -> drop(node, shardId));
      }
    }
  }

  private void drop(SimulatedNode node, long shardId) {
    Replica replica = its(node.id()).remove(shardId);
    if (replica != null) {
      replica.shard.group().stop(true);
    }
  }

  /** Everything works again; runs until a leader serves and all replicas are equally far. */
  boolean settle(Duration limit) {
    heal();
    return time.runUntil(() -> shards().stream().allMatch(this::isSettled), limit);
  }

  /** Everything works again. */
  void heal() {
    cluster.heal();
    cluster.settings(SimulationSettings.CALM);
    for (SimulatedNode node : cluster.nodes()) {
      node.resume();
      if (!node.isUp()) {
        restart(node);
      }
    }
  }

  private boolean isSettled(long shardId) {
    if (removed.contains(shardId)) {
      return false;
    }
    if (!isComplete(shardId)) {
      return false;
    }
    List<Replica> all = NODES.stream().map(id -> its(id).get(shardId)).toList();
    long applied = all.get(0).machine.applied().index();
    List<Replica> leaders = all.stream().filter(it -> it.shard.group().isLeader()).toList();
    return all.stream().allMatch(it -> it.machine.applied().index() == applied)
        && !leaders.isEmpty()
        && leaders.stream()
            .allMatch(
                it ->
                    it.shard.group().committedIndex() == applied
                        && it.shard.group().term() == it.machine.applied().term());
  }

  private void start(
      SimulatedNode node, long shardId, Start how, @Nullable LeaseInheritance inherited) {
    InMemoryStorageEngine engine = new InMemoryStorageEngine();
    StoreSlot slot = StoreSlot.open(engine, place(node, shardId));
    ShardStateMachine machine = new ShardStateMachine(engine, slot, slot::swap);
    machine.seedMaker(new Seeds(node));
    ReplicaEnvironment environment = environment(node);
    ReplicatedShard shard;
    if (how == Start.SEED) {
      shard = ReplicatedShard.ofChild(environment, machine, slot, inherited);
    } else {
      shard =
          new ReplicatedShard(
              environment,
              machine,
              slot,
              how == Start.CREATE
                  ? ReplicatedShard.Origin.NEW_GROUP
                  : ReplicatedShard.Origin.STARTED,
              shardId == ROOT && how != Start.JOIN ? CREATION : null);
    }
    its(node.id()).put(shardId, new Replica(machine, shard));
    shard.attach(node.consensus().start(new GroupId(5, shardId), how, MEMBERS, machine).join());
  }

  private Path place(SimulatedNode node, long shardId) {
    return directory.resolve(node.id()).resolve(Long.toString(shardId));
  }

  // ---- Children ----

  private final class Seeds implements SeedMaker {
    private final SimulatedNode node;

    Seeds(SimulatedNode node) {
      this.node = node;
    }

    @Override
    public void seed(Child child, Consumer<Path> checkpoint) {
      if (removed.contains(child.childId()) || Files.exists(place(node, child.childId()))) {
        return;
      }
      Path seed = seedOf(node, child);
      try {
        DurableFiles.deleteTree(seed);
        DurableFiles.createDirectories(seed.getParent());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      checkpoint.accept(seed);
    }

    @Override
    public void split(Child child) {
      makeSoon(node, child);
    }
  }

  private Path seedOf(SimulatedNode node, Child child) {
    return directory.resolve(node.id()).resolve("seed-" + child.childId());
  }

  /** In two steps: the node may die before each of them. */
  private void makeSoon(SimulatedNode node, Child child) {
    node.schedule(
        soonNanos(),
        () -> {
          finishSeed(node, child);
          node.schedule(soonNanos(), () -> startChild(node, child));
        });
  }

  private long soonNanos() {
    double chance = time.random().nextDouble();
    return (long) (chance * chance * chance * 40_000_000);
  }

  private void finishSeed(SimulatedNode node, Child child) {
    Path seed = seedOf(node, child);
    Path place = place(node, child.childId());
    if (removed.contains(child.childId()) || Files.exists(place) || !Files.exists(seed)) {
      return;
    }
    InMemoryStorageEngine engine = new InMemoryStorageEngine();
    ChildSeed.finish(engine, seed, child);
    try (StoreSlot slot = StoreSlot.open(engine, place)) {
      slot.swap(seed);
    }
  }

  private void startChild(SimulatedNode node, Child child) {
    long id = child.childId();
    if (removed.contains(id) || its(node.id()).containsKey(id)) {
      return;
    }
    Replica parent =
        its(node.id()).values().stream()
            .filter(it -> it.shard.state().reshaping().child(id) != null)
            .findAny()
            .orElse(null);
    LeaseInheritance inherited = parent == null ? null : parent.shard.inheritance(id);
    start(node, id, Start.SEED, inherited);
    if (parent != null && parent.shard.group().isLeader()) {
      standUntilLed(node, id);
    }
  }

  private void standUntilLed(SimulatedNode node, long shardId) {
    Replica replica = its(node.id()).get(shardId);
    if (replica != null && replica.shard.group().leader() == null) {
      replica.shard.group().standForElection();
      node.schedule(60_000_000, () -> standUntilLed(node, shardId));
    }
  }

  private ReplicaEnvironment environment(SimulatedNode node) {
    ClusterClock clock =
        new ClusterClock() {
          @Override
          public long millis() {
            return node.wallMillis();
          }

          @Override
          public boolean majorityReached(long millis) {
            return true;
          }
        };
    Executor readers = task -> node.schedule((long) (time.random().nextDouble() * 5_000_000), task);
    return new ReplicaEnvironment(
        node.id(),
        clock,
        node::nanoTime,
        options.wallMillis.apply(node),
        node.scheduler(),
        readers,
        leaderIndex(node),
        options.lease.apply(node.id()),
        ReplicaLimits.DEFAULT);
  }

  private LeaderIndex leaderIndex(SimulatedNode node) {
    return (group, leader, deadlineNanos) -> {
      CompletableFuture<Long> answer = new CompletableFuture<>();
      cluster.send(
          node.id(),
          leader,
          () -> {
            long leaderDeadline = cluster.node(leader).nanoTime() + 1_000_000_000L;
            Replica asked = replica(leader, group.shard());
            if (asked == null) {
              return;
            }
            asked
                .shard
                .readIndex(leaderDeadline)
                .whenComplete(
                    (index, failure) ->
                        cluster.send(
                            leader,
                            node.id(),
                            () -> {
                              if (failure != null) {
                                answer.completeExceptionally(failure);
                              } else {
                                answer.complete(index);
                              }
                            }));
          });
      return answer;
    };
  }
}
