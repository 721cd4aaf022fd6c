package io.henge.replication.sim;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.GroupStateMachine;
import io.henge.replication.LogPosition;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import io.henge.replication.sim.DurableLog.Entry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One simulated replica: what {@link Raft} agrees on, handed to a state machine. */
final class SimulatedGroup implements ConsensusGroup, Raft.Replica {
  private static final int ENTRY_BYTES_MAX = 4 << 20;

  private record Pending(
      long term, CompletableFuture<@Nullable Object> future, @Nullable Object context) {}

  private final SimulatedCluster cluster;
  private final SimulatedNode node;
  private final SimulatedConsensus consensus;
  private final GroupId id;
  private final DurableLog log;
  private final GroupStateMachine machine;
  private final Raft raft;
  private final Map<Long, Pending> pending = new TreeMap<>();
  private long appliedIndex;
  private boolean applyScheduled;
  private boolean stopped;
  private @Nullable CompletableFuture<Membership> change;
  private List<Member> changeTarget = List.of();
  private @Nullable CompletableFuture<Void> transfer;

  SimulatedGroup(
      SimulatedCluster cluster,
      SimulatedNode node,
      SimulatedConsensus consensus,
      GroupId id,
      DurableLog log,
      GroupStateMachine machine) {
    this.cluster = cluster;
    this.node = node;
    this.consensus = consensus;
    this.id = id;
    this.log = log;
    this.machine = machine;
    this.appliedIndex = machine.durable().index();
    this.raft = new Raft(cluster, node, this, log, appliedIndex, this);
  }

  void start() {
    raft.start();
  }

  Raft raft() {
    return raft;
  }

  @Override
  public GroupId id() {
    return id;
  }

  @Override
  public boolean isLeader() {
    return raft.isLeading();
  }

  @Override
  public long term() {
    return log.term;
  }

  @Override
  public @Nullable String leader() {
    return raft.leader();
  }

  @Override
  public Membership membership() {
    long applied = Math.max(appliedIndex, log.base().index());
    return new Membership(
        sorted(log.membersAt(applied)), log.membersIndexAt(applied), log.membersIndex() <= applied);
  }

  @Override
  public CompletableFuture<@Nullable Object> propose(byte[] entry, @Nullable Object context) {
    if (entry.length > ENTRY_BYTES_MAX) {
      return failed(
          ErrorCode.INVALID_ARGUMENT,
          "entry: at most " + ENTRY_BYTES_MAX + " bytes expected, found " + entry.length);
    }
    if (stopped || !raft.isLeading() || raft.transferTarget() != null) {
      return failed(ErrorCode.NOT_LEADER, node.id() + " does not lead " + id);
    }
    CompletableFuture<@Nullable Object> future = new CompletableFuture<>();
    LogPosition position = raft.append(entry, null);
    pending.put(position.index(), new Pending(position.term(), future, context));
    if (cluster.time().random().nextDouble() < cluster.settings().replyLoss()) {
      node.schedule(
          cluster.time().between(Duration.ZERO, Duration.ofMillis(100)),
          () -> future.completeExceptionally(unknown("the answer was lost")));
    }
    return future;
  }

  @Override
  public int entryBytesMax() {
    return ENTRY_BYTES_MAX;
  }

  @Override
  public long committedIndex() {
    return raft.commitIndex();
  }

  @Override
  public long logStartIndex() {
    return log.firstIndex();
  }

  @Override
  public CompletableFuture<Membership> changeMembers(List<Member> members, Duration timeout) {
    if (!raft.isLeading()) {
      return failed(ErrorCode.NOT_LEADER, node.id() + " does not lead " + id);
    }
    if (change != null) {
      return failed(ErrorCode.BUSY, "another change of members is under way in " + id);
    }
    if (log.positionOf(raft.commitIndex()).term() != log.term) {
      // Else two leaders might each make a change on the same old members.
      return failed(ErrorCode.BUSY, node.id() + " has not committed an entry of its own yet");
    }
    CompletableFuture<Membership> started = new CompletableFuture<>();
    change = started;
    changeTarget = List.copyOf(members);
    node.schedule(
        timeout.toNanos(), () -> endChange(started, unknown("members did not change in time")));
    nextChange();
    return started;
  }

  /** One newcomer, or one who leaves, at a time; itself last. */
  private void nextChange() {
    CompletableFuture<Membership> running = change;
    if (running == null) {
      return;
    }
    List<Member> now = new ArrayList<>(log.members());
    for (Member wanted : changeTarget) {
      if (now.stream().noneMatch(member -> member.nodeId().equals(wanted.nodeId()))) {
        now.add(wanted);
        raft.append(null, List.copyOf(now));
        return;
      }
    }
    List<Member> leaving =
        now.stream()
            .filter(
                member -> changeTarget.stream().noneMatch(w -> w.nodeId().equals(member.nodeId())))
            .sorted(Comparator.comparing(member -> member.nodeId().equals(node.id())))
            .toList();
    if (leaving.isEmpty()) {
      change = null;
      running.complete(membership());
      return;
    }
    now.remove(leaving.get(0));
    raft.append(null, List.copyOf(now));
  }

  private void endChange(CompletableFuture<Membership> of, HengeException why) {
    if (change == of) {
      change = null;
      of.completeExceptionally(why);
    }
  }

  @Override
  public long silentMillis(String nodeId) {
    return raft.silentMillis(nodeId);
  }

  @Override
  public long reachedIndex(String nodeId) {
    return raft.reachedIndex(nodeId);
  }

  @Override
  public CompletableFuture<Void> transferLeadership(String nodeId, Duration timeout) {
    if (!raft.isLeading()) {
      return failed(ErrorCode.NOT_LEADER, node.id() + " does not lead " + id);
    }
    CompletableFuture<Void> started = new CompletableFuture<>();
    if (nodeId.equals(node.id())) {
      started.complete(null);
      return started;
    }
    transfer = started;
    raft.transferTo(nodeId);
    node.schedule(
        timeout.toNanos(),
        () -> {
          if (transfer == started) {
            transfer = null;
            if (raft.isLeading()) {
              raft.transferTo(null);
            }
            started.completeExceptionally(unknown(nodeId + " did not take over in time"));
          }
        });
    return started;
  }

  @Override
  public void standForElection() {
    raft.standForElection();
  }

  @Override
  public CompletableFuture<Void> purgeLog() {
    if (machine.holdsLog()) {
      return CompletableFuture.completedFuture(null);
    }
    long upTo = Math.min(machine.durable().index(), appliedIndex);
    if (!cluster.hasScratch()) {
      upTo = raft.isLeading() ? Math.min(upTo, raft.matchedByAll()) : -1;
    }
    log.purgeUpTo(Math.min(upTo, log.syncedIndex()));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<Void> stop(boolean delete) {
    if (!stopped) {
      halt(null);
      consensus.stopped(id, delete);
    }
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public void appended(Entry entry) {
    byte[] command = entry.command();
    if (command != null) {
      machine.foreignEntryAppended(command);
    }
  }

  @Override
  public void committed() {
    if (applyScheduled || stopped) {
      return;
    }
    applyScheduled = true;
    node.schedule(
        cluster.time().between(Duration.ZERO, cluster.settings().applyMax()),
        () -> {
          applyScheduled = false;
          applyCommitted();
        });
  }

  private void applyCommitted() {
    // Only what is on this node's disk: the state machine may be flushed at any time, and the log
    // must never end before what is durable there.
    while (!stopped && appliedIndex < Math.min(raft.commitIndex(), log.syncedIndex())) {
      Entry entry = log.entry(appliedIndex + 1);
      appliedIndex++;
      try {
        apply(entry);
      } catch (RuntimeException e) {
        halt(e);
        consensus.stopped(id, false);
      }
    }
    if (!stopped && appliedIndex < raft.commitIndex()) {
      committed();
    }
  }

  private void apply(Entry entry) {
    byte[] command = entry.command();
    if (command == null) {
      machine.advance(entry.position());
      if (entry.members() != null) {
        machine.membersChanged(membership());
        if (raft.isLeading()) {
          nextChange();
        }
      }
      return;
    }
    Pending proposal = pending.remove(entry.position().index());
    boolean own = proposal != null && proposal.term() == entry.position().term();
    Object result =
        machine.apply(
            entry.position(), command, own && proposal != null ? proposal.context() : null);
    if (proposal != null) {
      if (own) {
        proposal.future().complete(result);
      } else {
        proposal.future().completeExceptionally(unknown("another entry took its place"));
      }
    }
  }

  @Override
  public void roleChanged() {
    if (stopped) {
      return;
    }
    boolean tellFirst = cluster.time().random().nextBoolean();
    if (tellFirst) {
      machine.leadershipChanged(raft.isLeading(), log.term, raft.leader());
    }
    if (!raft.isLeading()) {
      failPending(node.id() + " does not lead " + id + " any more");
      CompletableFuture<Membership> running = change;
      if (running != null) {
        endChange(running, unknown("leadership was lost"));
      }
    }
    if (!tellFirst) {
      machine.leadershipChanged(raft.isLeading(), log.term, raft.leader());
    }
    CompletableFuture<Void> waiting = transfer;
    if (waiting != null && raft.leader() != null && !raft.isLeading()) {
      transfer = null;
      waiting.complete(null);
    }
  }

  private void failPending(String why) {
    List<Pending> open = List.copyOf(pending.values());
    pending.clear();
    open.forEach(proposal -> proposal.future().completeExceptionally(unknown(why)));
  }

  @Override
  public Raft.@Nullable Checkpoint checkpoint() {
    Path directory = cluster.nextCheckpoint();
    if (directory == null) {
      return null;
    }
    LogPosition position = machine.checkpoint(directory);
    return new Raft.Checkpoint(
        position, log.membersAt(position.index()), log.membersIndexAt(position.index()), directory);
  }

  @Override
  public boolean install(Raft.Checkpoint checkpoint) {
    if (stopped || checkpoint.position().index() <= appliedIndex) {
      return false;
    }
    machine.install(checkpoint.directory());
    appliedIndex = checkpoint.position().index();
    return true;
  }

  private void halt(@Nullable Throwable fault) {
    stopped = true;
    raft.stop();
    failPending("the replica on " + node.id() + " has stopped");
    machine.stopped(fault);
    machine.close();
  }

  private static List<Member> sorted(List<Member> members) {
    return members.stream().sorted(Comparator.comparing(Member::nodeId)).toList();
  }

  private static HengeException unknown(String message) {
    return new HengeException(ErrorCode.UNAVAILABLE, message);
  }

  private static <T> CompletableFuture<T> failed(ErrorCode code, String message) {
    return CompletableFuture.failedFuture(new HengeException(code, message));
  }
}
