package io.henge.replication.shard;

import io.henge.engine.KeySpace;
import io.henge.engine.ShardStore;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.ChangeQuery;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.DerivedState;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The replica of a shard over its state machine and its group: wires {@link Proposer}, {@link
 * Lease}, {@link StoreReads} and {@link FollowerReads} together. docs/internals/leases-and-reads.md
 * tells why its reads are right.
 *
 * <p>Make it, start the group with the same state machine, then {@link #attach}. Until then it
 * answers NOT_LEADER.
 */
public final class ReplicatedShard implements ShardReplica {
  private static final long TICK_MILLIS = 100;

  private static final long WATCHED_TIME_BEHIND_MAX = 30_000;

  /** Of a replica that knows no range yet: nothing lies in it. */
  private static final ShardDescription NOTHING =
      new ShardDescription(0, 0, new byte[] {0}, new byte[] {0});

  private final ReplicaEnvironment environment;
  private final ShardStateMachine machine;
  private final ShardStore store;
  private final Lease lease;
  private final WaitingReads waitingReads;
  private final StoreReads reads;
  private final FollowerReads followerReads;
  private final Proposer proposer;
  private final WriteIntake writes;
  private final FrozenRows frozenRows;
  private final Takeover takeover;
  private final ChangeReads changeReads;
  private final ChangeTrimming changeTrimming;
  private final Verification verification;
  private final ReplicaRole role;
  private final LeveledReads leveledReads;
  private final LeaderCommands commands;
  private final LeadershipTransfer transfer;
  private final LoadSample load = new LoadSample();
  private final ScheduledFuture<?> ticking;

  private volatile @Nullable ConsensusGroup group;

  /** How a replica comes to be, as far as leases go. */
  public enum Origin {
    /** Of a group that did not exist before, anywhere: {@code Consensus.Start.CREATE}. */
    NEW_GROUP,
    /** Restarted, or joining: another node may hold a lease. */
    STARTED,
    /**
     * A child's first start, {@code Consensus.Start.SEED}: with what its parent's replica has
     * bequeathed it ({@link #inheritance}); without, as {@link #STARTED}.
     */
    CHILD
  }

  /**
   * @param machine must not be driven yet
   * @param store the machine's
   * @param creation what the shard begins with, if its log may not say so yet; must be given at a
   *     restart, too, until it does. The first one in the log counts
   */
  public ReplicatedShard(
      ReplicaEnvironment environment,
      ShardStateMachine machine,
      ShardStore store,
      Origin origin,
      @Nullable Creation creation) {
    this(environment, machine, store, leaseOf(environment, origin, null), creation);
  }

  /**
   * The first start of a child's replica.
   *
   * @param inherited the parent's {@link #inheritance} on this node
   */
  public static ReplicatedShard ofChild(
      ReplicaEnvironment environment,
      ShardStateMachine machine,
      ShardStore store,
      @Nullable LeaseInheritance inherited) {
    return new ReplicatedShard(
        environment, machine, store, leaseOf(environment, Origin.CHILD, inherited), null);
  }

  private static Lease leaseOf(
      ReplicaEnvironment environment, Origin origin, @Nullable LeaseInheritance inherited) {
    LeaseTiming timing = environment.lease();
    if (origin == Origin.NEW_GROUP) {
      return Lease.ofNewGroup(timing, environment.nanoTime(), environment.wallMillis());
    }
    return origin == Origin.CHILD && inherited != null
        ? Lease.ofChild(timing, environment.nanoTime(), environment.wallMillis(), inherited)
        : Lease.ofStartedReplica(timing, environment.nanoTime(), environment.wallMillis());
  }

  private ReplicatedShard(
      ReplicaEnvironment environment,
      ShardStateMachine machine,
      ShardStore store,
      Lease lease,
      @Nullable Creation creation) {
    this.environment = environment;
    this.machine = machine;
    this.store = store;
    ReplicaLimits limits = environment.limits();
    this.lease = lease;
    this.waitingReads = new WaitingReads(limits.waitingReadsMax(), limits.retryAfterMillis());
    this.reads =
        new StoreReads(
            machine, store, environment.readers(), this::ageMillis, limits.retryAfterMillis());
    this.followerReads = new FollowerReads(environment, machine, reads);
    this.takeover = new Takeover(environment.nanoTime());
    this.proposer =
        new Proposer(environment, machine, lease, waitingReads, reads, takeover, creation);
    this.frozenRows =
        new FrozenRows(
            machine, store, environment.readers(), limits.retryAfterMillis(), proposer::isLeading);
    this.writes = new WriteIntake(environment, machine, store, proposer, load);
    this.changeReads =
        new ChangeReads(machine, store, environment.readers(), limits.retryAfterMillis());
    this.changeTrimming = new ChangeTrimming(environment, machine, store, proposer);
    this.verification = new Verification(environment, machine, store, proposer);
    this.leveledReads =
        new LeveledReads(
            environment, machine, lease, proposer, waitingReads, reads, followerReads, () -> group);
    this.commands = new LeaderCommands(machine, proposer, () -> group);
    this.transfer =
        new LeadershipTransfer(proposer, environment.timer(), environment.nanoTime(), () -> group);
    this.role =
        new ReplicaRole(
            EntryHeader.node(environment.nodeId()),
            lease,
            takeover,
            proposer,
            followerReads,
            changeReads,
            () -> group,
            this::close);
    machine.observe(role);
    this.ticking =
        environment
            .timer()
            .scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** The group runs. */
  public void attach(ConsensusGroup running) {
    group = running;
    followerReads.attach(running);
    proposer.attach(running);
  }

  private long ageMillis() {
    return lease.isValid() ? 0 : followerReads.ageMillis();
  }

  private void tick() {
    long now = environment.nanoTime().getAsLong();
    if (waitingReads.any()) {
      waitingReads.expire(now);
    }
    followerReads.tick();
    proposer.tick();
    if (changeReads.any()) {
      changeReads.expire(now);
      keepTimeMoving();
    }
    changeTrimming.tick(now);
    verification.tick(now);
  }

  /**
   * Somebody watches a shard that nobody writes to. Its time has to move on now and then, and with
   * it what the watcher knows to have seen: otherwise a merge with a busy neighbour, which keeps no
   * such old changes, would end the watch.
   */
  private void keepTimeMoving() {
    long behind = environment.clock().millis() - machine.state().timeMillis();
    if (behind > WATCHED_TIME_BEHIND_MAX && proposer.isLeading()) {
      readIndex(environment.nanoTime().getAsLong() + 5_000_000_000L).exceptionally(failure -> 0L);
    }
  }

  @Override
  public ShardDescription description() {
    ShardDescription shard = machine.state().shard();
    return shard == null ? NOTHING : shard;
  }

  @Override
  public ConsensusGroup group() {
    ConsensusGroup running = group;
    if (running == null) {
      throw new IllegalStateException("the group has not been started");
    }
    return running;
  }

  @Override
  public void write(WriteCommand command, long deadlineNanos, Completion<WriteOutcome> completion) {
    writes.take(command, deadlineNanos, completion, group);
  }

  @Override
  public List<SourceKey> likelyLacking(WriteCommand command) {
    return writes.likelyLacking(command);
  }

  @Override
  public void flush() {
    proposer.pump();
  }

  @Override
  public void read(ReadCommand command, long deadlineNanos, Completion<ReadOutcome> completion) {
    if (!command.keys().isEmpty()) {
      load.note(command.keys().get(0));
    }
    read(ReadTask.of(command, deadlineNanos, completion));
  }

  @Override
  public void range(RangeCommand command, long deadlineNanos, Completion<ReadOutcome> completion) {
    load.note(command.from());
    read(ReadTask.of(command, deadlineNanos, completion));
  }

  private void read(ReadTask task) {
    if (role.isClosed()) {
      task.fail(Refusals.notLeaderOf(group));
    } else {
      leveledReads.read(task);
    }
  }

  @Override
  public void changes(ChangeQuery query, long untilNanos, Completion<ChangesOutcome> completion) {
    if (role.isClosed() || group == null) {
      Completions.deliver(completion, new ChangesOutcome(Refusals.notLeader(null), null, -1));
      return;
    }
    changeReads.serve(query, untilNanos, environment.nanoTime().getAsLong(), completion);
  }

  @Override
  public CompletableFuture<VerifyOutcome> verify(byte[] from, int collectionId, boolean repair) {
    return verification.page(from, collectionId, repair);
  }

  @Override
  public CompletableFuture<Long> readIndex(long deadlineNanos) {
    return leveledReads.readIndex(deadlineNanos);
  }

  @Override
  public CompletableFuture<Void> installCatalogue(List<CollectionInfo> collections) {
    return commands.installCatalogue(collections);
  }

  @Override
  public CompletableFuture<ReshapeOutcome> reshape(ReshapeCommand command) {
    return commands.reshape(command);
  }

  @Override
  public CompletableFuture<List<FollowOutcome>> follow(List<FollowCommand> follow) {
    return commands.follow(follow);
  }

  @Override
  public CompletableFuture<Void> transferLeadership(String nodeId) {
    return transfer.to(nodeId);
  }

  @Override
  public CompletableFuture<FrozenPage> frozenRows(long operationId, byte[] after, int bytesMax) {
    return frozenRows.page(operationId, after, bytesMax);
  }

  @Override
  public CompletableFuture<FrozenDigest> frozenDigest(long operationId) {
    return frozenRows.digest(operationId);
  }

  @Override
  public ShardState state() {
    return machine.state();
  }

  /**
   * What this node's replica of a child may begin with; null if this replica did not split it off
   * in this life of the process, and in the leadership in which it has applied the split. Given out
   * once.
   */
  public @Nullable LeaseInheritance inheritance(long childId) {
    return role.inheritance(childId);
  }

  @Override
  public boolean knows(CollectionInfo collection) {
    return machine.state().knows(collection);
  }

  @Override
  public ReplicaStatistics statistics() {
    return new ReplicaStatistics(
        machine.applied(),
        machine.durable(),
        proposer.writesApplied(),
        role.entries(),
        reads.served(),
        proposer.queued(),
        lease.isValid(),
        takeover.leaderships(),
        takeover.lastMillis(),
        store.statistics(),
        liveBytes(),
        machine.documents());
  }

  @Override
  public DocumentFigures documents() {
    return new DocumentFigures(
        machine.changeBytes(),
        changeTrimming.oldestAgeMillis(),
        (int) machine.state().derived().all().stream().filter(DerivedState::isFilling).count(),
        verification.documents(),
        verification.differences());
  }

  @Override
  public LoadShape load() {
    ShardDescription shard = machine.state().shard();
    return shard == null ? LoadShape.UNKNOWN : load.shape(shard.start(), shard.end());
  }

  /** Items in the range, and remembered requests. */
  private long liveBytes() {
    ShardDescription shard = machine.state().shard();
    byte[] all = new byte[0];
    return shard == null
        ? 0
        : store.approximateBytes(KeySpace.DATA, shard.start(), shard.end())
            + store.approximateBytes(KeySpace.REQUESTS, all, all);
  }

  @Override
  public void measure(EntryMeter meter) {
    proposer.measure(meter);
  }

  /** Takes no more and answers what waits. The state machine is closed by the group. */
  @Override
  public void close() {
    if (!role.close()) {
      return;
    }
    ticking.cancel(false);
    verification.close();
    changeReads.failAll(Refusals.notLeader(null));
    proposer.pump();
    followerReads.close();
  }
}
