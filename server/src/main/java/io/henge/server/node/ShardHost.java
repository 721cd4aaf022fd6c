package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ShardRow;
import io.henge.replication.Consensus;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.LeftGroupException;
import io.henge.replication.Member;
import io.henge.replication.shard.LeaseInheritance;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.Child;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The replicas on this node: starts what is on disk and what meta announces, sees to it that shards
 * led here exist and know the collections. Everything is repeated until it is so, so that a crash
 * at any point is made good. Thread-safe; nothing here blocks its caller.
 */
final class ShardHost implements Replicas, LocalShards {
  private static final Logger LOG = LoggerFactory.getLogger(ShardHost.class);

  /** Told of what happens to replicas. Any thread; must not block. */
  interface Listener {
    void started(long shardId, HostedShard shard);

    /** Leaders or members may have changed. */
    void changed();

    void stopped(long shardId, @Nullable HostedShard shard);

    /** A replica cannot go on; the node has to. */
    void failed(String what, Throwable fault);
  }

  private final Member self;
  private final Supplier<GroupId> anyGroup;
  private final Consensus consensus;
  private final ShardOpener opener;
  private final Supplier<MetaView> view;
  private final NodeThreads threads;
  private final OpenMachines machines;
  private final Registry registry;
  private final Departures departures;
  private final Births births;
  private final Fences fences;
  private final Listener listener;
  private final Map<Long, HostedShard> shards = new ConcurrentHashMap<>();
  private final Starts starts = new Starts(shards::containsKey);
  private final CatalogueInstalls catalogues = new CatalogueInstalls();
  private final List<Runnable> leaderListeners = new CopyOnWriteArrayList<>();
  private volatile boolean closed;

  /** The node has a fault: no replica starts any more. */
  private volatile boolean failed;

  /**
   * A host without replicas.
   *
   * @param anyGroup a group of the cluster, for its upper half of ids
   */
  ShardHost(
      Member self,
      Supplier<GroupId> anyGroup,
      Consensus consensus,
      ShardOpener opener,
      Supplier<MetaView> view,
      NodeThreads threads,
      OpenMachines machines,
      Registry registry,
      Departures departures,
      Births births,
      Fences fences,
      Listener listener) {
    this.self = self;
    this.anyGroup = anyGroup;
    this.consensus = consensus;
    this.opener = opener;
    this.view = view;
    this.threads = threads;
    this.machines = machines;
    this.registry = registry;
    this.departures = departures;
    this.births = births;
    this.fences = fences;
    this.listener = listener;
  }

  Collection<HostedShard> all() {
    return shards.values();
  }

  @Nullable HostedShard hosted(long shardId) {
    return shards.get(shardId);
  }

  @Override
  public @Nullable ShardReplica replica(long shardId) {
    HostedShard shard = shards.get(shardId);
    return shard == null || shard.group() == null || shard.description() == null
        ? null
        : shard.replica();
  }

  @Override
  public void onLeaders(Runnable told) {
    leaderListeners.add(told);
  }

  private void changed() {
    listener.changed();
    leaderListeners.forEach(Runnable::run);
  }

  @Override
  public List<ShardReplica> serving() {
    List<ShardReplica> serving = new ArrayList<>(shards.size());
    for (HostedShard shard : shards.values()) {
      if (shard.group() != null && shard.description() != null) {
        serving.add(shard.replica());
      }
    }
    return serving;
  }

  @Override
  public boolean isNascent(long shardId) {
    HostedShard shard = shards.get(shardId);
    ConsensusGroup group = shard == null ? null : shard.group();
    if (group != null) {
      return fences.isOpen(shardId) && group.leader() == null;
    }
    return births.isUnderWay(shardId) || starts.isUnderWay(shardId);
  }

  @Override
  public boolean isMember(ShardReplica replica) {
    return replica.group().membership().contains(self.nodeId());
  }

  // ---- Starting ----

  /**
   * Starts every replica that is on this node's disk. Not while the cluster is being formed: then
   * what is there may have to be created first, and meta says how.
   */
  void restart() {
    for (GroupId group : consensus.stored()) {
      if (!group.isMeta() && group.cluster() == anyGroup.get().cluster()) {
        start(group.shard(), Consensus.Start.RESTART, List.of());
      }
    }
  }

  /**
   * Brings the replicas in line with what meta says; to be called after every change and now and
   * then.
   *
   * @param forming this node is making the cluster: replicas that are its own and not there have to
   *     be made
   */
  void reconcile(boolean forming) {
    MetaView now = view.get();
    Collection<GroupId> stored = forming ? consensus.stored() : List.of();
    for (HostedShard shard : shards.values()) {
      catalogues.ensure(shard, now.catalogue());
      ShardRow row = now.state().shard(shard.id());
      if (row != null) {
        departures.look(row, shard);
      }
      bearChildren(shard);
    }
    departures.lookAtLeft(now.state());
    for (ShardRow row : now.state().shards()) {
      long id = row.getShardId();
      if (row.getRemoved() || shards.containsKey(id)) {
        continue;
      }
      if (row.getJoiningNodeIdsList().contains(self.nodeId())) {
        start(id, Consensus.Start.JOIN, List.of());
      } else if (forming
          && row.getReplicaNodeIdsCount() == 1
          && row.getReplicaNodeIds(0).equals(self.nodeId())) {
        start(id, Consensus.Start.CREATE, List.of(self));
      } else if (row.getReplicaNodeIdsList().contains(self.nodeId())
          && stored.contains(group(id))) {
        // The cluster has grown before this node could note that it is made.
        start(id, Consensus.Start.RESTART, List.of());
      }
    }
  }

  /** Shards that meta says are here and that are not. */
  List<Long> missing() {
    return view.get().state().shards().stream()
        .filter(row -> !row.getRemoved() && row.getReplicaNodeIdsList().contains(self.nodeId()))
        .map(ShardRow::getShardId)
        .filter(id -> !shards.containsKey(id))
        .toList();
  }

  /** Why some replica here cannot be served yet; sentences. */
  List<String> hindrances() {
    List<String> reasons = new ArrayList<>();
    for (Long missing : missing()) {
      reasons.add("shard " + missing + " should be on this node and is not");
    }
    for (HostedShard shard : shards.values()) {
      ConsensusGroup group = shard.group();
      // What is being deleted may have lost its group already.
      if (group == null
          || departures.isLeaving(shard.id())
          || !group.membership().contains(self.nodeId())) {
        continue;
      }
      if (shard.description() == null) {
        reasons.add("shard " + shard.id() + " has no data here yet");
      } else if (group.leader() == null) {
        reasons.add("shard " + shard.id() + " has no leader that is known here");
      }
    }
    return reasons;
  }

  private void start(long id, Consensus.Start how, List<Member> members) {
    if (departures.isLeaving(id)
        || registry.of(id) == Registry.State.REMOVING
        || births.isUnderWay(id)) {
      return;
    }
    if (!closed && !failed && starts.begin(id)) {
      threads.blocking().execute(() -> machines.open(() -> startNow(id, how, members, null)));
    }
  }

  private GroupId group(long id) {
    return new GroupId(anyGroup.get().cluster(), id);
  }

  private void startNow(
      long id, Consensus.Start wish, List<Member> members, @Nullable LeaseInheritance inherited) {
    if (failed) {
      starts.ended(id);
      return;
    }
    GroupId group = group(id);
    try {
      // A crash may have come between the group's directory and our knowing of it.
      Consensus.Start how = consensus.stored().contains(group) ? Consensus.Start.RESTART : wish;
      HostedShard shard =
          opener.open(
              group,
              how,
              inherited,
              births.seedMaker(child -> split(id, child)),
              new ShardOpener.Listener() {
                @Override
                public void roleChanged() {
                  ShardHost.this.roleChanged(id);
                }

                @Override
                public void stopped(@Nullable Throwable fault) {
                  ShardHost.this.stopped(id, fault);
                }
              });
      LOG.info("{}: {} on node {}", group, how, self.nodeId());
      fences.reached(id, "open");
      consensus
          .start(group, how, members, shard.hosted())
          .whenComplete((running, failure) -> started(shard, running, failure));
    } catch (RuntimeException e) {
      starts.ended(id);
      births.ended(id);
      if (!closed) {
        listener.failed("shard " + id + " cannot be opened", e);
      }
    }
  }

  private void roleChanged(long id) {
    HostedShard shard = shards.get(id);
    if (shard != null) {
      fences.roleChanged(shard);
    }
    changed();
  }

  // ---- Splits ----

  /** A split of a shard has been applied here. On the applying thread. */
  private void split(long parentId, Child child) {
    HostedShard parent = shards.get(parentId);
    ConsensusGroup group = parent == null ? null : parent.group();
    if (group != null && group.isLeader() && births.isWanted(child)) {
      fences.began(parentId, child.childId());
    }
    bear(parentId, child);
    listener.changed();
  }

  private void bear(long parentId, Child child) {
    if (!closed && !failed) {
      threads.blocking().execute(() -> machines.open(() -> bearNow(parentId, child)));
    }
  }

  private void bearNow(long parentId, Child child) {
    try {
      fences.reached(child.childId(), "begun");
      births.birth(
          child,
          () -> {
            HostedShard parent = shards.get(parentId);
            return parent == null ? null : parent.replica().inheritance(child.childId());
          },
          (born, members, inherited) -> {
            fences.reached(born.childId(), "store");
            starts.began(born.childId());
            startNow(born.childId(), Consensus.Start.SEED, members, inherited);
          });
    } catch (RuntimeException e) {
      if (!closed) {
        listener.failed("shard " + child.childId() + " cannot be made from its seed", e);
      }
    }
  }

  /** Children whose replicas are missing here, perhaps because a crash has come between. */
  private void bearChildren(HostedShard parent) {
    for (Child child : parent.machine().state().reshaping().children()) {
      long id = child.childId();
      // In this order: a start that ends puts the one before it takes away the other.
      if (!starts.isUnderWay(id) && !shards.containsKey(id) && !departures.isLeaving(id)) {
        bear(parent.id(), child);
      }
    }
  }

  private void started(
      HostedShard shard, @Nullable ConsensusGroup running, @Nullable Throwable failure) {
    if (running == null) {
      threads.blocking().execute(() -> discard(shard));
      if (!closed) {
        listener.failed(
            "shard " + shard.id() + " cannot be started",
            failure == null ? new IllegalStateException("no group") : failure);
      }
      return;
    }
    shard.started(running);
    shards.put(shard.id(), shard);
    starts.ended(shard.id());
    births.started(shard.id());
    fences.started(shard);
    bearChildren(shard);
    listener.started(shard.id(), shard);
  }

  /** Its group could not be started. */
  private void discard(HostedShard shard) {
    try {
      shard.replica().close();
      machines.close(shard.hosted());
    } catch (RuntimeException e) {
      LOG.warn("shard {} did not close in order", shard.id(), e);
    } finally {
      starts.ended(shard.id());
      births.ended(shard.id());
    }
  }

  private void stopped(long id, @Nullable Throwable fault) {
    if (closed) {
      return;
    }
    HostedShard shard = shards.remove(id);
    listener.stopped(id, shard);
    if (fault instanceof LeftGroupException && shard != null) {
      LOG.info("shard {}: {}", id, fault.getMessage());
      departures.hasLeft(shard);
      listener.changed();
    } else if (fault != null) {
      listener.failed("shard " + id + " has stopped", fault);
    }
  }

  // ---- What leaders see to ----

  @Override
  public CompletableFuture<Void> installCatalogue(ShardReplica replica) {
    return catalogues.install(replica, view.get().catalogue());
  }

  /** See {@link NodeCore#dropLogs}. */
  CompletableFuture<Void> dropLogs() {
    List<CompletableFuture<Void>> purges = new ArrayList<>();
    for (HostedShard shard : shards.values()) {
      ConsensusGroup group = shard.group();
      if (group != null) {
        shard.hosted().flush();
        purges.add(group.purgeLog());
      }
    }
    return CompletableFuture.allOf(purges.toArray(CompletableFuture<?>[]::new));
  }

  // ---- Stopping ----

  /** Hands leadership to others where there are any; completes when that is done or has failed. */
  CompletableFuture<Void> handOver() {
    return CompletableFuture.allOf(
        shards.values().stream().map(this::handOver).toArray(CompletableFuture<?>[]::new));
  }

  private CompletableFuture<Void> handOver(HostedShard shard) {
    ConsensusGroup group = shard.group();
    if (group == null || !group.isLeader()) {
      return CompletableFuture.completedFuture(null);
    }
    return group.membership().members().stream()
        .map(Member::nodeId)
        .filter(node -> !node.equals(self.nodeId()))
        // One of them may be down, too.
        .min(Comparator.comparingLong(group::silentMillis))
        .map(node -> shard.replica().transferLeadership(node).exceptionally(failure -> null))
        .orElseGet(() -> CompletableFuture.completedFuture(null));
  }

  /** No replica starts any more: the node has a fault. */
  void startNoMore() {
    failed = true;
  }

  /** No replica starts any more, and replicas that stop are not missed. */
  void stopAdmission() {
    closed = true;
  }

  /** Ends the replicas, whose groups have been stopped. */
  void close() {
    closed = true;
    for (HostedShard shard : shards.values()) {
      try {
        shard.replica().close();
      } catch (RuntimeException e) {
        LOG.warn("shard {} did not close in order", shard.id(), e);
      }
    }
    shards.clear();
  }

  /** For what runs on a replica of a shard that must be here. */
  HostedShard require(long shardId) {
    HostedShard shard = find(shardId);
    if (shard == null) {
      throw new HengeException(
          ErrorCode.NOT_LEADER, "node " + self.nodeId() + " has no replica of shard " + shardId);
    }
    return shard;
  }

  @Override
  public void rangeChanged() {
    listener.changed();
  }

  @Override
  public LocalShard here(long shardId) {
    return require(shardId);
  }

  @Override
  public @Nullable HostedShard find(long shardId) {
    HostedShard shard = shards.get(shardId);
    return shard == null || shard.group() == null ? null : shard;
  }
}
