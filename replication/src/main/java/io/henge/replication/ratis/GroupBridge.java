package io.henge.replication.ratis;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.GroupId;
import io.henge.replication.GroupStateMachine;
import io.henge.replication.LeftGroupException;
import io.henge.replication.LogPosition;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import io.henge.replication.snapshot.DurableFiles;
import io.henge.replication.snapshot.SnapshotSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Ratis drives: turns its calls into those of a {@link GroupStateMachine}.
 *
 * <p>Threads. Ratis' updater thread applies; a thread of ours installs snapshots; {@code drive}
 * keeps them apart and is otherwise uncontended. Changes of leadership come to Ratis' attention
 * under the lock of its server, so they are passed on by an event thread, which looks at the state
 * as it is then: the state machine may propose from there.
 */
final class GroupBridge extends BaseStateMachine {
  private static final Logger LOG = LoggerFactory.getLogger(GroupBridge.class);
  private static final CompletableFuture<Message> DONE =
      CompletableFuture.completedFuture(Message.EMPTY);

  private record Role(boolean leader, long term, @Nullable String leaderId) {}

  private record Snapshot(TermIndex termIndex) implements SnapshotInfo {
    @Override
    public TermIndex getTermIndex() {
      return termIndex;
    }

    @Override
    public List<FileInfo> getFiles() {
      return List.of();
    }
  }

  /** How long a replica that failed may take to close. */
  private static final long CLOSING_MILLIS = 2_000;

  private final GroupId group;
  private final GroupStateMachine machine;
  private final SnapshotSource source;
  private final Path incoming;
  private final Ids.Addresses addresses;
  private final Executor events;
  private final Executor workers;
  private final Object drive = new Object();
  private final AtomicLong fetches = new AtomicLong();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile RaftServer.@Nullable Division division;
  private volatile LifeCycle.State state = LifeCycle.State.NEW;

  /**
   * What Ratis has been told is durable. Moves only in takeSnapshot and reinitialize: Ratis takes
   * it for the entry before its log, and compares it with what it has itself counted as applied.
   */
  private volatile @Nullable Snapshot snapshot;

  /** An installed snapshot that Ratis has not taken note of yet. */
  private volatile boolean reloadPending;

  private volatile @Nullable Throwable fault;
  private final AtomicBoolean toldStopped = new AtomicBoolean();
  private volatile boolean expectedToClose;
  private volatile boolean deleting;
  private @Nullable Role told;

  GroupBridge(
      GroupId group,
      GroupStateMachine machine,
      SnapshotSource source,
      Path incoming,
      Ids.Addresses addresses,
      Executor events,
      Executor workers) {
    this.group = group;
    this.machine = machine;
    this.source = source;
    this.incoming = incoming;
    this.addresses = addresses;
    this.events = events;
    this.workers = workers;
  }

  // ---- Life ----

  @Override
  public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage storage)
      throws IOException {
    super.initialize(server, groupId, storage);
    division = server.getDivision(groupId);
    reportDurable();
    state = LifeCycle.State.RUNNING;
  }

  RaftServer.Division division() {
    return Objects.requireNonNull(division, "the replica has not been started");
  }

  /** From now on an end is an end that we asked for. */
  void expectClose(boolean delete) {
    deleting = delete;
    expectedToClose = true;
  }

  @Override
  public LifeCycle.State getLifeCycleState() {
    return state;
  }

  @Override
  public void pause() {
    // Ratis refuses to reload a state machine that does not say so. Entries may still come before
    // the reload: they are older than the snapshot, which is installed already, and are skipped.
    state = LifeCycle.State.PAUSED;
  }

  @Override
  public void reinitialize() {
    reportDurable();
    reloadPending = false;
    state = LifeCycle.State.RUNNING;
    // The change of members that the snapshot covers will not be replayed.
    machine.membersChanged(membership());
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    state = LifeCycle.State.CLOSED;
    Throwable cause = fault;
    if (cause != null) {
      // Whoever is told decides how loud that is.
      tellStopped(cause);
    } else if (!expectedToClose) {
      // It was removed from its group and learned of it, or Ratis gave up on its log.
      machine.stopped(
          new LeftGroupException(
              "the replica of "
                  + group
                  + " was closed: it is not a member any more, or its log failed"));
    } else if (deleting) {
      machine.stopped(null);
    }
    synchronized (drive) {
      machine.close();
    }
  }

  private void fail(Throwable cause) {
    if (fault == null) {
      fault = cause;
    }
    RaftServer.Division running = division;
    if (running != null) {
      // Not here: Ratis is in the middle of something, and closing waits for that.
      workers.execute(() -> giveUp(running, cause));
    }
  }

  private void tellStopped(Throwable cause) {
    if (toldStopped.compareAndSet(false, true)) {
      LOG.info("{} of node {} has stopped: {}", group, getId(), cause.toString());
      machine.stopped(cause);
    }
  }

  /**
   * Says so first: closing may take for ever. Ratis waits until everything committed is applied,
   * but what the failed log could not take never will be; it spins. Interrupted, it goes on to
   * close the log, and that ends the spinning.
   */
  private void giveUp(RaftServer.Division running, Throwable cause) {
    tellStopped(cause);
    Thread closing = new Thread(running::close, "henge-raft-closing-" + getId());
    closing.setDaemon(true);
    closing.start();
    try {
      closing.join(CLOSING_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closing.interrupt();
  }

  @Override
  public void notifyLogFailed(Throwable cause, @Nullable LogEntryProto failedEntry) {
    // The log never recovers from a failed write; Ratis would keep the replica as a zombie.
    fail(new IllegalStateException("the log of " + group + " failed", cause));
  }

  // ---- Proposing and applying ----

  @Override
  public TransactionContext startTransaction(RaftClientRequest request) {
    TransactionContext.Builder builder =
        TransactionContext.newBuilder().setStateMachine(this).setClientRequest(request);
    if (request.getMessage() instanceof Proposal proposal) {
      builder.setStateMachineContext(proposal);
      return builder.build();
    }
    // Only this process proposes; what comes over the network is refused by PeerTraffic.
    return builder
        .build()
        .setException(new IllegalStateException("entries are proposed by the leader's process"));
  }

  @Override
  public TransactionContext preAppendTransaction(TransactionContext transaction) {
    if (transaction.getStateMachineContext() instanceof Proposal proposal) {
      proposal.markAppended();
    }
    return transaction;
  }

  /**
   * On followers, before an entry is appended; but also at apply, for entries that are in the log
   * since before a restart or that this replica proposed before it lost its leadership. Those are
   * committed, one that is being appended cannot be.
   */
  @Override
  public TransactionContext startTransaction(LogEntryProto entry, RaftPeerRole role) {
    byte[] bytes = entry.getStateMachineLogEntry().getLogData().toByteArray();
    RaftServer.Division running = division;
    if (running == null || entry.getIndex() > running.getRaftLog().getLastCommittedIndex()) {
      machine.foreignEntryAppended(bytes);
    }
    return super.startTransaction(entry, role).setStateMachineContext(bytes);
  }

  /**
   * Never throws: Ratis would stop to apply, and whoever closes the replica just then would wait
   * for the rest for ever. What follows a failure has no effect either, and is not acknowledged.
   */
  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
    LogEntryProto entry = Objects.requireNonNull(transaction.getLogEntry());
    LogPosition position = new LogPosition(entry.getTerm(), entry.getIndex());
    Throwable failed = fault;
    if (failed != null) {
      return CompletableFuture.failedFuture(failed);
    }
    Object given = transaction.getStateMachineContext();
    Proposal proposal = given instanceof Proposal p ? p : null;
    byte[] bytes =
        proposal != null
            ? proposal.entry
            : given instanceof byte[] b
                ? b
                : entry.getStateMachineLogEntry().getLogData().toByteArray();
    try {
      synchronized (drive) {
        if (isNext(position)) {
          Object result =
              machine.apply(position, bytes, proposal == null ? null : proposal.context);
          if (proposal != null) {
            proposal.result(result);
          }
        }
      }
      return DONE;
    } catch (RuntimeException | Error e) {
      fail(e);
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Called with {@code drive} held. False: a snapshot that is installed covers the entry. */
  private boolean isNext(LogPosition position) {
    long applied = machine.applied().index();
    if (position.index() <= applied) {
      return false;
    }
    if (position.index() != applied + 1) {
      throw new IllegalStateException(
          "entry "
              + position.index()
              + " of "
              + group
              + " follows "
              + applied
              + ": entries are missing");
    }
    return true;
  }

  @Override
  public TermIndex getLastAppliedTermIndex() {
    return Ids.termIndex(machine.applied());
  }

  @Override
  public void notifyTermIndexUpdated(long term, long index) {
    advance(new LogPosition(term, index));
  }

  private boolean advance(LogPosition position) {
    if (fault != null) {
      return false;
    }
    try {
      synchronized (drive) {
        if (!isNext(position)) {
          return false;
        }
        machine.advance(position);
        return true;
      }
    } catch (RuntimeException | Error e) {
      fail(e);
      return false;
    }
  }

  // ---- Members and leadership ----

  @Override
  public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto conf) {
    // Also called when a snapshot is announced, with a configuration that is not ours yet.
    if (index != machine.applied().index() + 1) {
      return;
    }
    if (advance(new LogPosition(term, index))) {
      List<Member> members =
          conf.getPeersList().stream()
              .map(RaftPeerProto::getId)
              .map(id -> id.toStringUtf8())
              .map(id -> new Member(id, addresses.of(id)))
              .sorted(Comparator.comparing(Member::nodeId))
              .toList();
      machine.membersChanged(new Membership(members, index, conf.getOldPeersCount() == 0));
    }
  }

  Membership membership() {
    RaftServer.Division running = division();
    return Ids.membership(
        running.getRaftConf(), running.getRaftLog().getLastCommittedIndex(), addresses);
  }

  @Override
  public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId newLeader) {
    events.execute(this::tellRole);
  }

  @Override
  public void notifyLeaderReady() {
    events.execute(this::tellRole);
  }

  @Override
  public void notifyNotLeader(Collection<TransactionContext> pending) {
    events.execute(this::tellRole);
  }

  /** On the event thread only. Leading means: its first entry has been applied here. */
  private void tellRole() {
    RaftServer.Division running = division;
    if (running == null || closed.get()) {
      return;
    }
    DivisionInfo info = running.getInfo();
    long term;
    boolean leader;
    String leaderId;
    do {
      term = info.getCurrentTerm();
      leader = info.isLeader() && info.isLeaderReady();
      RaftPeerId known = info.getLeaderId();
      leaderId = known == null ? null : known.toString();
    } while (term != info.getCurrentTerm());
    Role role = new Role(leader, term, leaderId);
    if (!role.equals(told)) {
      told = role;
      machine.leadershipChanged(leader, term, leaderId);
    }
  }

  // ---- Snapshots ----

  private void reportDurable() {
    LogPosition durable = machine.durable();
    snapshot = durable.index() < 0 ? null : new Snapshot(Ids.termIndex(durable));
  }

  @Override
  public @Nullable SnapshotInfo getLatestSnapshot() {
    return snapshot;
  }

  /** Takes none: says how far the state is on disk, so that the log may be purged up to there. */
  @Override
  public long takeSnapshot() {
    if (machine.holdsLog()) {
      return RaftLog.INVALID_LOG_INDEX;
    }
    if (!reloadPending) {
      reportDurable();
    }
    Snapshot reported = snapshot;
    return reported == null ? RaftLog.INVALID_LOG_INDEX : reported.getIndex();
  }

  boolean holdsLog() {
    return machine.holdsLog();
  }

  @Override
  public CompletableFuture<TermIndex> notifyInstallSnapshotFromLeader(
      RoleInfoProto role, TermIndex firstInLog) {
    if (firstInLog.getIndex() <= RaftLog.LEAST_VALID_LOG_INDEX) {
      // Ratis sends every newcomer this way. The leader has the whole log: no need of a snapshot.
      return CompletableFuture.completedFuture(null);
    }
    String leader = role.getFollowerInfo().getLeaderInfo().getId().getId().toStringUtf8();
    Path target = incoming.resolve(group.uuid() + "-" + fetches.incrementAndGet());
    LOG.info(
        "{} of node {} lags behind the log and fetches a snapshot from {}", group, getId(), leader);
    return source
        .fetch(group, leader, target, SnapshotSource.Progress.NONE)
        .thenApplyAsync(position -> install(target, position), workers)
        .whenComplete(
            (done, thrown) -> {
              if (thrown != null) {
                LOG.warn("{} of node {} could not install a snapshot", group, getId(), thrown);
                workers.execute(() -> DurableFiles.delete(target));
              }
            });
  }

  /**
   * Durably in place before Ratis hears of it: it purges the log first and reloads later, and a
   * crash between the two would make this replica forget entries that it has acknowledged.
   */
  private TermIndex install(Path target, LogPosition position) {
    LogPosition before = machine.applied();
    try {
      synchronized (drive) {
        if (closed.get()) {
          throw new HengeException(ErrorCode.UNAVAILABLE, "the replica has been closed");
        }
        if (position.index() <= machine.applied().index()) {
          DurableFiles.delete(target);
          return Ids.termIndex(machine.flush());
        }
        before = machine.applied();
        reloadPending = true;
        machine.install(target);
        LogPosition installed = machine.durable();
        if (!installed.equals(position)) {
          throw new IllegalStateException(
              "the snapshot was said to stand for " + position + " but stands for " + installed);
        }
        LOG.info("{} of node {} has installed a snapshot at {}", group, getId(), position);
        return Ids.termIndex(installed);
      }
    } catch (RuntimeException | Error e) {
      boolean untouched = machine.applied().equals(before);
      if (untouched) {
        // Otherwise Ratis must go on not to hear of what it has not counted, until the end.
        reloadPending = false;
      }
      if (!untouched || !(e instanceof HengeException)) {
        fail(e);
      }
      throw e;
    }
  }

  @Override
  public String toString() {
    return group + " on " + getId();
  }
}
