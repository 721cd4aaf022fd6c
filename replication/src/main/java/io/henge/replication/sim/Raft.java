package io.henge.replication.sim;

import io.henge.replication.LogPosition;
import io.henge.replication.Member;
import io.henge.replication.sim.DurableLog.Entry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Elections and replication of one replica, after the Raft paper: terms, votes, log matching,
 * commit of entries of the own term only, changes of one member at a time. Without pre-vote and
 * without regard for a living leader, so that leaders are deposed more often than Ratis would.
 */
final class Raft {
  /** Whom the log drives. */
  interface Replica {
    /** Another node's entry is in the log, not yet committed. */
    void appended(Entry entry);

    void committed();

    void roleChanged();

    /** Makes a checkpoint for a member that is too far behind; null if that is not possible. */
    @Nullable Checkpoint checkpoint();

    /** Takes a checkpoint over; false if it is not newer than what is here. */
    boolean install(Checkpoint checkpoint);
  }

  /** A state that stands for the log up to a position. */
  record Checkpoint(
      LogPosition position, List<Member> members, long membersIndex, Path directory) {}

  private static final int ENTRIES_PER_MESSAGE = 64;

  private final SimulatedCluster cluster;
  private final SimulatedNode node;
  private final SimulatedGroup group;
  private final DurableLog log;
  private final Replica replica;

  private final Map<String, Long> next = new HashMap<>();
  private final Map<String, Long> matched = new HashMap<>();
  private final Map<String, Long> heardNanos = new HashMap<>();
  private final Set<String> votes = new HashSet<>();
  private boolean leading;
  private @Nullable String leader;
  private long commitIndex;
  private long timer;
  private boolean stopped;
  private @Nullable String transferTarget;

  Raft(
      SimulatedCluster cluster,
      SimulatedNode node,
      SimulatedGroup group,
      DurableLog log,
      long durableIndex,
      Replica replica) {
    this.cluster = cluster;
    this.node = node;
    this.group = group;
    this.log = log;
    this.replica = replica;
    this.commitIndex = Math.max(durableIndex, log.base().index());
  }

  void start() {
    armElection();
  }

  void stop() {
    stopped = true;
  }

  boolean isLeading() {
    return leading;
  }

  @Nullable String leader() {
    return leader;
  }

  long commitIndex() {
    return commitIndex;
  }

  @Nullable String transferTarget() {
    return transferTarget;
  }

  void transferTo(@Nullable String target) {
    transferTarget = target;
    if (target != null) {
      offerLeadership(target);
    }
  }

  long matchedByAll() {
    long least = log.syncedIndex();
    for (Member member : log.members()) {
      least = Math.min(least, matchedBy(member.nodeId()));
    }
    return least;
  }

  /** On the leader: appends an entry and sends it around. */
  LogPosition append(byte @Nullable [] command, @Nullable List<Member> members) {
    LogPosition position = new LogPosition(log.term, log.lastIndex() + 1);
    log.append(new Entry(position, command, members));
    syncLater(
        position,
        () -> {
          if (leading) {
            advanceCommit();
          }
        });
    for (Member member : log.members()) {
      replicateTo(member.nodeId());
    }
    return position;
  }

  void standForElection() {
    if (stopped || leading || !isMember()) {
      return;
    }
    log.term++;
    log.votedFor = node.id();
    leader = null;
    votes.clear();
    votes.add(node.id());
    replica.roleChanged();
    armElection();
    LogPosition last = log.last();
    long term = log.term;
    for (Member member : log.members()) {
      if (!member.nodeId().equals(node.id())) {
        send(member.nodeId(), peer -> peer.voteAsked(node.id(), term, last));
      }
    }
    countVotes();
  }

  private boolean isMember() {
    return log.members().stream().anyMatch(member -> member.nodeId().equals(node.id()));
  }

  private void armElection() {
    long armed = ++timer;
    node.schedule(
        cluster
            .time()
            .between(
                cluster.settings().electionTimeoutMin(), cluster.settings().electionTimeoutMax()),
        () -> {
          if (armed == timer && !stopped && !leading) {
            if (isMember()) {
              standForElection();
            } else {
              armElection();
            }
          }
        });
  }

  private void voteAsked(String candidate, long term, LogPosition last) {
    if (term > log.term) {
      follow(term, null);
    }
    boolean granted =
        term == log.term
            && (log.votedFor == null || log.votedFor.equals(candidate))
            && last.compareTo(log.last()) >= 0;
    if (granted) {
      log.votedFor = candidate;
      armElection();
    }
    long answerTerm = log.term;
    boolean answer = granted;
    send(candidate, peer -> peer.voteAnswered(node.id(), answerTerm, answer));
  }

  private void voteAnswered(String voter, long term, boolean granted) {
    if (term > log.term) {
      follow(term, null);
    } else if (granted && term == log.term && !leading && node.id().equals(log.votedFor)) {
      votes.add(voter);
      countVotes();
    }
  }

  private void countVotes() {
    long of = log.members().stream().filter(member -> votes.contains(member.nodeId())).count();
    if (of * 2 <= log.members().size()) {
      return;
    }
    leading = true;
    leader = node.id();
    transferTarget = null;
    next.clear();
    matched.clear();
    heardNanos.clear();
    for (Member member : log.members()) {
      heardNanos.put(member.nodeId(), node.nanoTime());
    }
    replica.roleChanged();
    // The new leader's first entry: commits what its predecessors left.
    append(null, null);
    beat(log.term);
  }

  private void beat(long term) {
    if (stopped || !leading || log.term != term) {
      return;
    }
    if (!hearsMajority()) {
      follow(log.term, null);
      return;
    }
    for (Member member : log.members()) {
      // Whatever was sent and not acknowledged may be lost: send it again. Where a member stands
      // that has never answered is found out by asking.
      Long known = matched.get(member.nodeId());
      next.put(member.nodeId(), (known == null ? log.lastIndex() : known) + 1);
      replicateTo(member.nodeId());
    }
    node.schedule(cluster.settings().heartbeat().toNanos(), () -> beat(term));
  }

  private boolean hearsMajority() {
    long since = node.nanoTime() - cluster.settings().stepDownAfter().toNanos();
    long heard =
        log.members().stream()
            .filter(
                member ->
                    member.nodeId().equals(node.id())
                        || heardNanos.getOrDefault(member.nodeId(), Long.MIN_VALUE) >= since)
            .count();
    return heard * 2 > log.members().size();
  }

  /** See {@link io.henge.replication.ConsensusGroup#silentMillis}. */
  long silentMillis(String member) {
    Long heard = leading ? heardNanos.get(member) : null;
    return heard == null ? Long.MAX_VALUE : (node.nanoTime() - heard) / 1_000_000;
  }

  /** See {@link io.henge.replication.ConsensusGroup#reachedIndex}. */
  long reachedIndex(String member) {
    return leading ? matched.getOrDefault(member, -1L) : -1;
  }

  private long matchedBy(String member) {
    return member.equals(node.id()) ? log.syncedIndex() : matched.getOrDefault(member, -1L);
  }

  private void replicateTo(String member) {
    if (member.equals(node.id())) {
      return;
    }
    long from = next.getOrDefault(member, log.lastIndex() + 1);
    long term = log.term;
    if (from <= log.base().index()) {
      Checkpoint checkpoint = replica.checkpoint();
      if (checkpoint != null) {
        next.put(member, checkpoint.position().index() + 1);
        send(member, peer -> peer.installAsked(node.id(), term, checkpoint));
      }
      return;
    }
    LogPosition previous = log.positionOf(from - 1);
    List<Entry> entries = log.from(from, ENTRIES_PER_MESSAGE);
    long commit = commitIndex;
    next.put(member, from + entries.size());
    send(member, peer -> peer.appendAsked(node.id(), term, previous, entries, commit));
  }

  private void appendAsked(
      String from, long term, LogPosition previous, List<Entry> entries, long commit) {
    if (term < log.term) {
      long answerTerm = log.term;
      send(from, peer -> peer.appendAnswered(node.id(), answerTerm, false, -1));
      return;
    }
    follow(term, from);
    armElection();
    if (previous.index() >= log.base().index() && !log.holds(previous)) {
      long hint = Math.min(log.lastIndex(), previous.index() - 1);
      send(from, peer -> peer.appendAnswered(node.id(), term, false, hint));
      return;
    }
    for (Entry entry : entries) {
      long index = entry.position().index();
      if (index <= log.base().index() || log.holds(entry.position())) {
        continue;
      }
      if (index <= log.lastIndex()) {
        log.truncateFrom(index);
      }
      log.append(entry);
      replica.appended(entry);
    }
    LogPosition last = entries.isEmpty() ? previous : entries.get(entries.size() - 1).position();
    syncLater(
        last,
        () -> {
          if (log.term == term) {
            send(from, peer -> peer.appendAnswered(node.id(), term, true, last.index()));
            learnCommit(Math.min(commit, last.index()));
          }
        });
  }

  private void appendAnswered(String member, long term, boolean success, long index) {
    if (term > log.term) {
      follow(term, null);
    } else if (leading && term == log.term) {
      heardNanos.put(member, node.nanoTime());
      if (success) {
        matched.merge(member, index, Math::max);
        advanceCommit();
        if (next.getOrDefault(member, 0L) <= log.lastIndex()) {
          replicateTo(member);
        }
        offerLeadership(member);
      } else {
        next.put(member, Math.max(0, index + 1));
        replicateTo(member);
      }
    }
  }

  private void installAsked(String from, long term, Checkpoint checkpoint) {
    if (term < log.term) {
      return;
    }
    follow(term, from);
    armElection();
    if (replica.install(checkpoint)) {
      log.replaceBy(checkpoint.position(), checkpoint.members(), checkpoint.membersIndex());
      commitIndex = checkpoint.position().index();
    }
    send(from, peer -> peer.appendAnswered(node.id(), term, true, checkpoint.position().index()));
  }

  private void offerLeadership(String member) {
    if (member.equals(transferTarget) && matchedBy(member) == log.lastIndex()) {
      send(member, Raft::standForElection);
    }
  }

  private void syncLater(LogPosition position, Runnable then) {
    long delay = cluster.time().between(Duration.ZERO, cluster.settings().syncMax());
    node.schedule(
        delay,
        () -> {
          if (!stopped && (log.holds(position) || position.index() < log.base().index())) {
            log.synced(position.index());
            then.run();
          }
        });
  }

  private void advanceCommit() {
    List<Member> members = log.members();
    long[] held =
        members.stream().mapToLong(member -> matchedBy(member.nodeId())).sorted().toArray();
    long byMajority = held[(held.length - 1) / 2];
    if (byMajority > commitIndex && log.positionOf(byMajority).term() == log.term) {
      learnCommit(byMajority);
    }
  }

  private void learnCommit(long index) {
    if (index > commitIndex) {
      commitIndex = index;
      replica.committed();
    }
  }

  /** A leader of this term is known, or at least that the term is over. */
  private void follow(long term, @Nullable String newLeader) {
    boolean changed = leading || term > log.term || !Objects.equals(leader, newLeader);
    if (term > log.term) {
      log.term = term;
      log.votedFor = null;
    }
    boolean wasLeading = leading;
    leading = false;
    leader = newLeader;
    transferTarget = null;
    if (changed) {
      replica.roleChanged();
    }
    if (wasLeading) {
      armElection();
    }
  }

  private void send(String to, Consumer<Raft> message) {
    cluster.send(
        node.id(),
        to,
        () -> {
          SimulatedGroup peer = cluster.node(to).consensus().group(group.id());
          if (peer != null) {
            message.accept(peer.raft());
          }
        });
  }
}
