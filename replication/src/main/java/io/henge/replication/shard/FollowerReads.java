package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.ShardStateMachine;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads that any replica may serve once it is new enough: at a version, or at most so old.
 *
 * <p>A replica knows its age only by asking: it notes its own time, <em>then</em> asks a leader
 * that holds its lease for the applied index. Once it has applied that, it was no older than that
 * time. One question serves all who wait. Bounded. Thread-safe; the lock is never held while asking
 * or answering.
 */
final class FollowerReads {
  private static final long QUESTION_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);
  private static final long PATIENCE_NANOS_MAX = TimeUnit.MILLISECONDS.toNanos(500);

  /** Questions after which a reader that wants to be fresher than they can make it is sent on. */
  private static final int QUESTIONS_MAX = 3;

  private static final class Waiting {
    final ReadTask task;

    /** Version to be reached, or the greatest age in milliseconds. */
    final long wanted;

    final long patienceNanos;
    int questions;

    Waiting(ReadTask task, long wanted, long patienceNanos) {
      this.task = task;
      this.wanted = wanted;
      this.patienceNanos = patienceNanos;
    }
  }

  /** A moment by both clocks: the monotonic one may stand still while the machine is suspended. */
  private record Moment(long nanos, long wallMillis) {}

  /** A question to the leader, open until its answer has been applied here. */
  private static final class Question {
    final Moment asked;
    long index = Long.MAX_VALUE;

    Question(Moment asked) {
      this.asked = asked;
    }
  }

  private final ReplicaEnvironment environment;
  private final ShardStateMachine machine;
  private final StoreReads reads;

  // Guarded by this.
  private final List<Waiting> forVersion = new ArrayList<>();
  private final List<Waiting> forAge = new ArrayList<>();
  private @Nullable Question question;
  private boolean closed;

  /** Whether {@link #applied} has anything to look at. */
  private volatile boolean watching;

  /** This replica is no older than this time; null = unknown. */
  private volatile @Nullable Moment fresh;

  private volatile @Nullable ConsensusGroup group;

  FollowerReads(ReplicaEnvironment environment, ShardStateMachine machine, StoreReads reads) {
    this.environment = environment;
    this.machine = machine;
    this.reads = reads;
  }

  void attach(ConsensusGroup running) {
    group = running;
  }

  /** How far behind this replica may be now, at most, in milliseconds; -1 = unknown. */
  long ageMillis() {
    Moment since = fresh;
    return since == null ? -1 : ageMillis(since);
  }

  /** By whichever clock has gone further: one may have stood still, the other been set back. */
  private long ageMillis(Moment since) {
    long nanos = environment.nanoTime().getAsLong() - since.nanos;
    long monotonic = (nanos + 999_999) / 1_000_000;
    long wall = environment.wallMillis().getAsLong() - since.wallMillis;
    // Clocks that go together never differ by a whole millisecond here, so as a rule the rounding
    // of the wall clock costs nothing.
    return wall > monotonic ? wall + 1 : monotonic;
  }

  private Moment now() {
    return new Moment(environment.nanoTime().getAsLong(), environment.wallMillis().getAsLong());
  }

  /** Serves a read once the shard has reached a version here. */
  void atVersion(ReadTask task, long version) {
    if (machine.state().version() >= version) {
      reads.serve(task);
    } else if (add(forVersion, task, version)) {
      // It may have been reached meanwhile.
      applied();
    }
  }

  /** Serves a read once this replica is known to be at most so old. */
  void atMostSoOld(ReadTask task, long ageMillis) {
    Moment since = fresh;
    long age = since == null ? Long.MAX_VALUE : ageMillis(since);
    if (age <= ageMillis) {
      task.stalenessMillis = age;
      reads.serve(task);
    } else if (add(forAge, task, ageMillis)) {
      ask();
    }
  }

  private boolean add(List<Waiting> to, ReadTask task, long wanted) {
    long now = environment.nanoTime().getAsLong();
    // Half of the time is left for whoever it is sent on to.
    long patience = Math.min((task.deadlineNanos - now) / 2, PATIENCE_NANOS_MAX);
    boolean over;
    synchronized (this) {
      over = closed;
      if (!over && forVersion.size() + forAge.size() < environment.limits().waitingReadsMax()) {
        to.add(new Waiting(task, wanted, now + patience));
        watching = true;
        return true;
      }
    }
    task.fail(
        over
            ? notHere()
            : new HengeException(
                ErrorCode.BUSY,
                "reads wait for this replica to catch up: all places are taken",
                environment.limits().retryAfterMillis(),
                null));
    return false;
  }

  private void ask() {
    ConsensusGroup running = group;
    String leader = running == null ? null : running.leader();
    if (running == null || leader == null || leader.equals(environment.nodeId())) {
      // Asked again from time to time.
      return;
    }
    Question asked;
    synchronized (this) {
      if (question != null || forAge.isEmpty()) {
        return;
      }
      // Before asking: the answer is not older than this.
      asked = new Question(now());
      question = asked;
      forAge.forEach(waiting -> waiting.questions++);
    }
    environment
        .leaderIndex()
        .ask(running.id(), leader, asked.asked.nanos + QUESTION_NANOS_MAX)
        .whenComplete((index, failure) -> answered(asked, index, failure));
  }

  private void answered(Question asked, @Nullable Long index, @Nullable Throwable failure) {
    synchronized (this) {
      if (question != asked) {
        return;
      }
      if (failure != null || index == null) {
        question = null;
        return;
      }
      asked.index = index;
      watching = true;
    }
    applied();
  }

  /** An entry has been applied, or a snapshot installed. */
  void applied() {
    if (!watching) {
      return;
    }
    List<ReadTask> ready = new ArrayList<>();
    List<ReadTask> hopeless = new ArrayList<>();
    boolean askAgain;
    synchronized (this) {
      long version = machine.state().version();
      forVersion.removeIf(waiting -> waiting.wanted <= version && ready.add(waiting.task));
      Question open = question;
      if (open != null && open.index <= machine.state().applied().index()) {
        question = null;
        // One question at a time: this one was asked after the one before.
        fresh = open.asked;
        long age = ageMillis(open.asked);
        for (Iterator<Waiting> each = forAge.iterator(); each.hasNext(); ) {
          Waiting waiting = each.next();
          if (age <= waiting.wanted) {
            waiting.task.stalenessMillis = age;
            ready.add(waiting.task);
            each.remove();
          }
        }
        forAge.removeIf(
            waiting -> waiting.questions >= QUESTIONS_MAX && hopeless.add(waiting.task));
      }
      askAgain = question == null && !forAge.isEmpty();
      watching = question != null || !forVersion.isEmpty();
    }
    reads.serveLater(ready);
    sendOn(hopeless);
    if (askAgain) {
      ask();
    }
  }

  /** From time to time: who has waited long enough is sent on; a lost question is asked again. */
  void tick() {
    long now = environment.nanoTime().getAsLong();
    List<ReadTask> late = new ArrayList<>();
    boolean askAgain;
    synchronized (this) {
      if (question != null && now - question.asked.nanos > QUESTION_NANOS_MAX) {
        question = null;
      }
      takeLate(forVersion, now, late);
      takeLate(forAge, now, late);
      askAgain = question == null && !forAge.isEmpty();
    }
    sendOn(late);
    if (askAgain) {
      ask();
    }
  }

  private static void takeLate(List<Waiting> from, long now, List<ReadTask> late) {
    for (Iterator<Waiting> each = from.iterator(); each.hasNext(); ) {
      Waiting waiting = each.next();
      if (waiting.patienceNanos - now <= 0) {
        each.remove();
        late.add(waiting.task);
      }
    }
  }

  /** The replica is being closed. */
  void close() {
    List<ReadTask> all = new ArrayList<>();
    synchronized (this) {
      // A read that came just before may be added only now: nobody would answer it.
      closed = true;
      forVersion.forEach(waiting -> all.add(waiting.task));
      forAge.forEach(waiting -> all.add(waiting.task));
      forVersion.clear();
      forAge.clear();
      question = null;
      watching = false;
    }
    sendOn(all);
  }

  private void sendOn(List<ReadTask> tasks) {
    WaitingReads.failAll(tasks, this::notHere);
  }

  private HengeException notHere() {
    ConsensusGroup running = group;
    String leader = running == null ? null : running.leader();
    return environment.nodeId().equals(leader)
        ? new HengeException(
            ErrorCode.UNAVAILABLE, "the shard has not got as far as the read asks for")
        : Refusals.notLeader(leader);
  }
}
