package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.ReadLevel;
import io.henge.api.item.SessionToken;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StoreClosedException;
import io.henge.engine.StoreFailedException;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.LogPosition;
import io.henge.replication.statemachine.ChangeQuery;
import io.henge.replication.statemachine.Child;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.DerivedState;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.EntryObserver;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.SourceGuess;
import io.henge.replication.statemachine.SourceKey;
import io.henge.replication.statemachine.WriteCommand;
import io.henge.replication.statemachine.WriteOutcome;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
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
  /** Meanwhile nobody serves. Who has not won an election by then is not about to. */
  private static final Duration TRANSFER_TIMEOUT = Duration.ofMillis(1_500);

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
  private final WriteChecks checks;
  private final FrozenRows frozenRows;
  private final Map<Long, LeaseInheritance> inheritances = new ConcurrentHashMap<>();
  private final Takeover takeover;
  private final ChangeReads changeReads;
  private final ChangeTrimming changeTrimming;
  private final Verification verification;
  private final long proposerId;
  private final LongAdder entries = new LongAdder();
  private final LoadSample load = new LoadSample();
  private final ScheduledFuture<?> ticking;
  private final Object roles = new Object();

  // Guarded by roles.
  private boolean leads;
  private long ledTerm;

  private volatile @Nullable ConsensusGroup group;
  private volatile boolean closed;

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
    this.proposerId = EntryHeader.node(environment.nodeId());
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
    this.checks = new WriteChecks(environment, machine, proposer);
    this.changeReads =
        new ChangeReads(machine, store, environment.readers(), limits.retryAfterMillis());
    this.changeTrimming = new ChangeTrimming(environment, machine, store, proposer);
    this.verification = new Verification(environment, machine, store, proposer);
    machine.observe(new Observer());
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

  /** What the log does here. */
  private final class Observer implements EntryObserver {
    @Override
    public void onApplied(EntryHeader header, LogPosition position) {
      entries.increment();
      followerReads.applied();
      changeReads.applied();
    }

    @Override
    public void onSplit(EntryHeader header, Child child) {
      synchronized (roles) {
        if (leads && header.proposer() == proposerId && header.term() == ledTerm) {
          inheritances.put(child.childId(), lease.bequeath());
        }
      }
    }

    @Override
    public void onAdvanced(LogPosition position) {
      followerReads.applied();
    }

    @Override
    public void onForeignAppended(@Nullable EntryHeader header) {
      if (header == null) {
        lease.foreignEntry(0, 0);
      } else if (header.proposer() != proposerId) {
        if (header.kind() == EntryKind.LEASE_RELEASE) {
          lease.foreignReleased(header.term(), header.sequence());
        } else {
          lease.foreignEntry(header.term(), header.sequence());
        }
      }
    }

    @Override
    public void onInstalled(LogPosition position) {
      lease.replaced();
      followerReads.applied();
      changeReads.applied();
    }

    @Override
    public void onLeadershipChanged(boolean isLeader, long term, @Nullable String leader) {
      roleChanged(isLeader, term);
    }

    @Override
    public void onStopped(@Nullable Throwable fault) {
      close();
    }
  }

  private void roleChanged(boolean isLeader, long term) {
    if (changeRole(isLeader, term)) {
      // Not under the lock: what is proposed goes through the library's own locks.
      proposer.pump();
      if (!isLeader) {
        ConsensusGroup running = group;
        changeReads.failAll(Refusals.notLeader(running == null ? null : running.leader()));
      }
    }
  }

  private boolean changeRole(boolean isLeader, long term) {
    synchronized (roles) {
      if (closed || (leads == isLeader && ledTerm == term)) {
        return false;
      }
      if (isLeader) {
        leads = true;
        ledTerm = term;
        takeover.elected(term, lease.sinceForeignNanos());
        lease.leadershipBegan();
        proposer.leadershipBegan(term);
      } else {
        leads = false;
        takeover.ended();
        lease.leadershipEnded();
        proposer.leadershipEnded();
      }
      return true;
    }
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
    WriteOutcome refusal = checks.refusal(command, deadlineNanos, group);
    if (refusal == null) {
      PendingWrite write =
          new PendingWrite(
              command,
              deadlineNanos,
              completion,
              EntryCodec.bytesMax(command),
              EntryCodec.weight(command),
              EntryCodec.patches(command),
              machine.state().derivations(command));
      if (proposer.offer(write)) {
        load.note(command.mutations().get(0).key());
        return;
      }
      refusal =
          Refusals.busy(
              "too many writes wait: at most "
                  + environment.limits().queuedWritesMax()
                  + " writes and "
                  + environment.limits().queuedBytesMax()
                  + " bytes may",
              machine.state(),
              environment.limits().retryAfterMillis());
    }
    Completions.deliver(completion, refusal);
  }

  @Override
  public List<SourceKey> likelyLacking(WriteCommand command) {
    ShardState state = machine.state();
    ShardDescription shard = state.shard();
    if (!SourceGuess.isWorthIt(state, command)
        || shard == null
        || !shard.contains(command.mutations().get(0).key())
        || state.reshaping().isFrozen()) {
      return List.of();
    }
    try (ReadView view = store.latest()) {
      return SourceGuess.of(state, view, command);
    } catch (StoreClosedException | StoreFailedException e) {
      // Whoever proposes it will hear of that.
      return List.of();
    }
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

  @Override
  public void changes(ChangeQuery query, long untilNanos, Completion<ChangesOutcome> completion) {
    if (closed || group == null) {
      Completions.deliver(completion, new ChangesOutcome(Refusals.notLeader(null), null, -1));
      return;
    }
    changeReads.serve(query, untilNanos, environment.nanoTime().getAsLong(), completion);
  }

  @Override
  public CompletableFuture<VerifyOutcome> verify(byte[] from, int collectionId, boolean repair) {
    return verification.page(from, collectionId, repair);
  }

  private void read(ReadTask task) {
    ConsensusGroup running = group;
    if (closed || running == null) {
      task.fail(Refusals.notLeader(running == null ? null : running.leader()));
      return;
    }
    ReadLevel level = task.level();
    if (level instanceof ReadLevel.Eventual) {
      reads.serve(task);
    } else if (level instanceof ReadLevel.Session session) {
      readInSession(task, session.token());
    } else if (proposer.isLeading()) {
      readAsLeader(task);
    } else if (level instanceof ReadLevel.Bounded bounded) {
      followerReads.atMostSoOld(task, bounded.stalenessMillisMax());
    } else {
      task.fail(Refusals.notLeader(running.leader()));
    }
  }

  /**
   * A leader need not wait for a version that its shard may never reach: a token's parts may be
   * larger than what was seen. Its applied state may be behind what the session has seen on a
   * follower, though, so the lease does not help: the read rides on an entry, and sees whatever was
   * committed when it came. So what a session sees never rests on clocks.
   */
  private void readInSession(ReadTask task, SessionToken token) {
    ShardDescription shard = machine.state().shard();
    long version = shard == null ? 0 : token.versionFor(shard.start(), shard.end());
    if (proposer.isLeading() && machine.state().version() < version) {
      task.stalenessMillis = 0;
      task.needsEntry = true;
      waitingReads.add(task);
      proposer.pump();
    } else {
      followerReads.atVersion(task, version);
    }
  }

  private void readAsLeader(ReadTask task) {
    task.stalenessMillis = 0;
    long remaining = lease.remainingNanos();
    if (remaining > 0) {
      if (remaining < environment.lease().lengthNanos() / 3) {
        proposer.wantExtension();
      }
      reads.serve(task);
    } else {
      waitingReads.add(task);
      proposer.pump();
    }
  }

  private long ageMillis() {
    return lease.isValid() ? 0 : followerReads.ageMillis();
  }

  @Override
  public CompletableFuture<Long> readIndex(long deadlineNanos) {
    CompletableFuture<Long> index = new CompletableFuture<>();
    if (!proposer.isLeading()) {
      ConsensusGroup running = group;
      index.completeExceptionally(Refusals.notLeader(running == null ? null : running.leader()));
      return index;
    }
    readAsLeader(
        ReadTask.ofIndex(
            deadlineNanos,
            outcome -> {
              if (outcome.error() == null) {
                index.complete(outcome.appliedIndex());
              } else {
                index.completeExceptionally(outcome.error());
              }
            }));
    return index;
  }

  @Override
  public CompletableFuture<Void> installCatalogue(List<CollectionInfo> collections) {
    ConsensusGroup running = group;
    if (!proposer.isLeading()) {
      return CompletableFuture.failedFuture(
          Refusals.notLeader(running == null ? null : running.leader()));
    }
    ShardState state = machine.state();
    List<CollectionInfo> unknown =
        collections.stream().filter(collection -> !state.knows(collection)).toList();
    return unknown.isEmpty() ? CompletableFuture.completedFuture(null) : proposer.install(unknown);
  }

  @Override
  public CompletableFuture<ReshapeOutcome> reshape(ReshapeCommand command) {
    ConsensusGroup running = group;
    if (running == null || !proposer.isLeading()) {
      return CompletableFuture.failedFuture(
          Refusals.notLeader(running == null ? null : running.leader()));
    }
    String unreadable = command.unreadable();
    return unreadable == null
        ? proposer.propose(command)
        : CompletableFuture.failedFuture(HengeException.invalid(unreadable));
  }

  @Override
  public CompletableFuture<List<FollowOutcome>> follow(List<FollowCommand> commands) {
    ConsensusGroup running = group;
    if (running == null || !proposer.isLeading()) {
      return CompletableFuture.failedFuture(
          Refusals.notLeader(running == null ? null : running.leader()));
    }
    String refusal = unfit(commands, proposer.entryBytesMax(running));
    return refusal == null
        ? proposer.propose(commands)
        : CompletableFuture.failedFuture(HengeException.invalid(refusal));
  }

  private static @Nullable String unfit(List<FollowCommand> commands, int bytesMax) {
    if (commands.isEmpty() || commands.size() > FollowCommand.COMMANDS_MAX) {
      return "commands: 1 to " + FollowCommand.COMMANDS_MAX + " expected, found " + commands.size();
    }
    long bytes = EntryCodec.WRITES_BYTES;
    for (FollowCommand command : commands) {
      if (command.kind() != commands.get(0).kind()) {
        return "commands: they are of different kinds";
      }
      bytes += EntryCodec.bytesMax(command);
    }
    return bytes > bytesMax
        ? "commands: at most " + bytesMax + " bytes expected, found " + bytes
        : null;
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
    return inheritances.remove(childId);
  }

  @Override
  public boolean knows(CollectionInfo collection) {
    return machine.state().knows(collection);
  }

  @Override
  public CompletableFuture<Void> transferLeadership(String nodeId) {
    ConsensusGroup running = group;
    if (running == null || !proposer.isLeading()) {
      return CompletableFuture.failedFuture(
          Refusals.notLeader(running == null ? null : running.leader()));
    }
    if (!running.membership().contains(nodeId)) {
      return CompletableFuture.failedFuture(
          HengeException.invalid(
              "node: a member of "
                  + running.id()
                  + " expected, found "
                  + nodeId
                  + "; members are "
                  + running.membership().members()));
    }
    CompletableFuture<Void> released = proposer.release();
    if (released == null) {
      return CompletableFuture.failedFuture(
          new HengeException(ErrorCode.BUSY, "leadership is being handed over already"));
    }
    return released
        .thenCompose(done -> running.transferLeadership(nodeId, TRANSFER_TIMEOUT))
        .whenComplete((done, failure) -> transferred(released, failure));
  }

  private void transferred(CompletableFuture<Void> released, @Nullable Throwable failure) {
    if (failure != null) {
      proposer.resume(released);
      return;
    }
    // Leadership should be gone by now. If it is not, the shard must not stand still for ever.
    try {
      environment
          .timer()
          .schedule(
              () -> proposer.resume(released), TRANSFER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      proposer.resume(released);
    }
  }

  @Override
  public ReplicaStatistics statistics() {
    return new ReplicaStatistics(
        machine.applied(),
        machine.durable(),
        proposer.writesApplied(),
        entries.sum(),
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
    synchronized (roles) {
      if (closed) {
        return;
      }
      closed = true;
      leads = false;
      lease.leadershipEnded();
      proposer.leadershipEnded();
    }
    ticking.cancel(false);
    changeReads.failAll(Refusals.notLeader(null));
    proposer.pump();
    followerReads.close();
  }
}
