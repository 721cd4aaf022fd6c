package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.ApplyLimits;
import io.henge.replication.statemachine.Entry;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.ShardStateMachine;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts what waits into log entries: one entry in flight, and everything that arrives meanwhile into
 * the next. A round through consensus costs about the same whatever it carries.
 *
 * <p>Threads: any thread may queue and {@link #pump}; one of them at a time does the work for all,
 * without a lock, and nobody waits. Answers are given on the thread that completes a proposal (the
 * applying one), and the next entry is proposed from there.
 */
final class Proposer {
  private static final Logger LOG = LoggerFactory.getLogger(Proposer.class);

  private final ReplicaEnvironment environment;
  private final ShardStateMachine machine;
  private final Lease lease;
  private final WaitingReads waitingReads;
  private final StoreReads reads;
  private final long proposer;
  private final ShardTime time;
  private final Takeover takeover;

  private final Replies replies;
  private final Agenda agenda;

  /** Calls of {@link #pump} that are not worked off; whoever raises it from 0 does the work. */
  private final AtomicInteger pumps = new AtomicInteger();

  private volatile @Nullable ConsensusGroup group;
  private volatile boolean leading;
  private volatile long term;
  private volatile @Nullable Flight flight;

  private volatile EntryMeter meter = EntryMeter.NONE;

  private volatile boolean sweepWanted;
  private volatile boolean wakeScheduled;

  /** Of whoever pumps. */
  private long sequence;

  Proposer(
      ReplicaEnvironment environment,
      ShardStateMachine machine,
      Lease lease,
      WaitingReads waitingReads,
      StoreReads reads,
      Takeover takeover,
      @Nullable Creation creation) {
    this.environment = environment;
    this.machine = machine;
    this.lease = lease;
    this.waitingReads = waitingReads;
    this.reads = reads;
    this.takeover = takeover;
    this.proposer = EntryHeader.node(environment.nodeId());
    this.time = new ShardTime(environment.clock(), environment.nanoTime());
    this.replies = new Replies(machine, waitingReads, environment.limits().retryAfterMillis());
    this.agenda =
        new Agenda(
            environment,
            machine,
            waitingReads,
            time,
            replies,
            creation,
            this::pump,
            this::wakeAfter);
  }

  void measure(EntryMeter newMeter) {
    meter = newMeter;
  }

  void attach(ConsensusGroup running) {
    group = running;
    pump();
  }

  boolean isLeading() {
    return leading;
  }

  /** Whether it knows what a shard without description is to be. */
  boolean canCreate() {
    return agenda.canCreate();
  }

  int queued() {
    return agenda.writes.count();
  }

  long writesApplied() {
    return replies.writesApplied();
  }

  /** To be followed by a {@link #pump}. */
  void leadershipBegan(long newTerm) {
    term = newTerm;
    agenda.handover.abandon();
    // Whatever is still in flight belongs to a leadership that is over.
    flight = null;
    agenda.lookAgain();
    leading = true;
  }

  /** To be followed by a {@link #pump}, as the one before. */
  void leadershipEnded() {
    leading = false;
  }

  /** Queues a write that has been checked; false if there is no room. */
  boolean offer(PendingWrite write) {
    return agenda.writes.offer(write);
  }

  /** The lease is about to end and there are reads. */
  void wantExtension() {
    if (agenda.wantExtension()) {
      pump();
    }
  }

  /** Entries that are not made of clients' writes. */
  EntryQueue entries() {
    return agenda.entries;
  }

  /** See {@link Handover#begin}. */
  @Nullable CompletableFuture<Void> release() {
    CompletableFuture<Void> done = agenda.handover.begin();
    if (done != null) {
      pump();
    }
    return done;
  }

  /** See {@link Handover#end}. */
  void resume(CompletableFuture<Void> ended) {
    agenda.handover.end(ended);
    pump();
  }

  /** From time to time: what is due although nobody asks. */
  void tick() {
    sweepWanted = agenda.writes.count() > 0;
    agenda.lookAgain();
    pump();
  }

  /** Does what can be done now. Never waits; may be called from anywhere, also from itself. */
  void pump() {
    if (pumps.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    do {
      try {
        step();
      } catch (RuntimeException e) {
        LOG.error("the proposer failed in a way that it must not", e);
      }
      seen = pumps.addAndGet(-seen);
    } while (seen != 0);
  }

  private void step() {
    agenda.handover.answerAbandoned();
    if (!leading) {
      agenda.refuseAll(leader());
      return;
    }
    if (sweepWanted) {
      sweepWanted = false;
      replies.expired(agenda.writes.takeExpired(environment.nanoTime().getAsLong()));
    }
    ConsensusGroup running = group;
    if (running == null || flight != null) {
      return;
    }
    long wait = lease.waitNanos();
    if (wait > 0) {
      wakeAfter(wait);
      return;
    }
    Flight next = agenda.next(running);
    if (next != null) {
      launch(running, next);
    }
  }

  int entryBytesMax(ConsensusGroup running) {
    return agenda.entryBytesMax(running);
  }

  private void launch(ConsensusGroup running, Flight next) {
    flight = next;
    CompletableFuture<@Nullable Object> result;
    try {
      long millis = time.millis(machine.state().timeMillis());
      if (next.kind == EntryKind.WRITES && time.isRefusing() && isFarAhead(next, millis)) {
        // Before reads board: they need no agreed clock, and ride on the next entry.
        land(next, null, replies.clockNotAgreed());
        return;
      }
      agenda.renews();
      if (next.kind == EntryKind.LEASE_RELEASE) {
        // Only now, when nothing is in flight and nothing else will be proposed: whatever could
        // renew the lease has been applied.
        lease.release();
      } else {
        next.riders = waitingReads.board();
      }
      long inTerm = term;
      next.stamp = lease.beforeProposal();
      Entry entry = next.entry(proposer, inTerm, sequence++, millis);
      takeover.proposes();
      next.proposedNanos = System.nanoTime();
      result = running.propose(EntryCodec.encode(entry), entry);
    } catch (RuntimeException e) {
      LOG.error("an entry could not be proposed", e);
      // It may have got into the log.
      result = CompletableFuture.failedFuture(e);
    }
    result.whenComplete((outcome, failure) -> done(next, outcome, failure));
  }

  private void done(Flight landed, @Nullable Object outcome, @Nullable Throwable failure) {
    if (failure == null) {
      meter.landed(System.nanoTime() - landed.proposedNanos);
    }
    // Leadership may have been lost and won again between the look at the wait and the append of
    // the entry, with another leader in between: its lease, too, must be over before anyone learns
    // of this entry.
    long wait = failure == null ? lease.waitNanos() : 0;
    if (wait <= 0) {
      land(landed, outcome, failure);
      return;
    }
    try {
      environment.timer().schedule(() -> land(landed, outcome, null), wait, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      land(landed, null, new HengeException(ErrorCode.UNAVAILABLE, "the node is stopping"));
    }
  }

  private void land(Flight landed, @Nullable Object outcome, @Nullable Throwable failure) {
    try {
      if (failure == null) {
        succeeded(landed, outcome);
      } else {
        replies.failed(landed, failure, leading, leader());
      }
    } finally {
      if (flight == landed) {
        flight = null;
      }
      pump();
    }
  }

  private void succeeded(Flight landed, @Nullable Object outcome) {
    ConsensusGroup running = group;
    if (running != null) {
      takeover.applied(running.id());
    }
    Lease.Stamp stamp = landed.stamp;
    if (landed.renews() && stamp != null) {
      lease.renew(stamp);
    }
    if (landed.kind == EntryKind.TICK) {
      agenda.ticked();
    }
    agenda.applied();
    replies.applied(landed, outcome);
    if (landed.done != null) {
      landed.done.complete(null);
    }
    waitingReads.alighted(landed.riders);
    reads.serveLater(landed.riders);
    if (waitingReads.any() && lease.isValid()) {
      reads.serveLater(waitingReads.takeFree());
    }
  }

  private static boolean isFarAhead(Flight writes, long millis) {
    for (PendingWrite write : writes.writes) {
      if (write.command().notAfterMillis() - millis > ApplyLimits.NOT_AFTER_AHEAD_MILLIS_MAX) {
        return true;
      }
    }
    return false;
  }

  private @Nullable String leader() {
    ConsensusGroup running = group;
    if (running == null) {
      return null;
    }
    String leader = running.leader();
    // While it does not lead here, it is no use to send anyone back.
    return leader != null && !leading && leader.equals(environment.nodeId()) ? null : leader;
  }

  private void wakeAfter(long nanos) {
    if (wakeScheduled) {
      return;
    }
    wakeScheduled = true;
    try {
      environment
          .timer()
          .schedule(
              () -> {
                wakeScheduled = false;
                pump();
              },
              nanos,
              TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("the node is stopping");
    }
  }
}
