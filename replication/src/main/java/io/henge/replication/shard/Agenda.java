package io.henge.replication.shard;

import io.henge.replication.ConsensusGroup;
import io.henge.replication.statemachine.DerivedState;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a leader proposes next: of all that waits, and of what is due although nobody waits for it.
 *
 * <p>Threads: any thread may add to what waits and say that something is due; only whoever pumps
 * asks for the {@link #next} entry.
 */
final class Agenda {
  private final ReplicaEnvironment environment;
  private final ReplicaLimits limits;
  private final ShardStateMachine machine;
  private final WaitingReads waitingReads;
  private final ShardTime time;
  private final Replies replies;
  private final @Nullable Creation creation;
  private final LongConsumer wakeAfter;

  final WriteQueue writes;

  /** Entries that are not made of clients' writes. */
  final EntryQueue entries;

  final Handover handover;
  private final EntryWeights weights;
  private final FillPace fills;

  private volatile boolean extensionWanted;
  private volatile boolean tickChecked = true;
  private volatile boolean createTried;

  /** The last entry was one of those for copies. Of whoever pumps. */
  private boolean followed;

  /**
   * @param creation what a shard without description is to be; null if nobody here knows
   * @param pump called when there is one more of {@link #entries}
   * @param wakeAfter calls whoever pumps after so many nanoseconds, if nothing does before
   */
  Agenda(
      ReplicaEnvironment environment,
      ShardStateMachine machine,
      WaitingReads waitingReads,
      ShardTime time,
      Replies replies,
      @Nullable Creation creation,
      Runnable pump,
      LongConsumer wakeAfter) {
    this.environment = environment;
    this.limits = environment.limits();
    this.machine = machine;
    this.waitingReads = waitingReads;
    this.time = time;
    this.replies = replies;
    this.creation = creation;
    this.wakeAfter = wakeAfter;
    this.writes = new WriteQueue(limits.queuedWritesMax(), limits.queuedBytesMax());
    this.entries = new EntryQueue(limits.retryAfterMillis(), pump);
    this.handover = new Handover(limits.retryAfterMillis());
    this.weights = new EntryWeights(machine.documents());
    this.fills = new FillPace(environment.nanoTime(), environment.pace());
  }

  /** Whether it knows what a shard without description is to be. */
  boolean canCreate() {
    return creation != null;
  }

  /** What was looked at and not due, or tried, may be looked at and tried again. */
  void lookAgain() {
    tickChecked = false;
    createTried = false;
  }

  /** There may be more to sweep than one entry does. */
  void ticked() {
    tickChecked = false;
  }

  /** The lease is about to end and there are reads; false if that was known. */
  boolean wantExtension() {
    if (extensionWanted) {
      return false;
    }
    extensionWanted = true;
    return true;
  }

  /** An entry is about to be proposed: it renews the lease, too. */
  void renews() {
    extensionWanted = false;
  }

  /** An entry has been applied here. */
  void applied() {
    weights.applied();
  }

  /** The next entry; null if there is nothing to propose now. */
  @Nullable Flight next(ConsensusGroup running) {
    if (handover.isUnderWay()) {
      return handover.take();
    }
    ShardState state = machine.state();
    if (state.shard() == null && creation != null) {
      if (createTried || isRefusing(state)) {
        return null;
      }
      createTried = true;
      return Flight.ofCreation(creation);
    }
    if (followed) {
      // They take turns with writes: a change that thousands follow brings one after another.
      followed = false;
      Flight taken = nextWrites(running);
      if (taken != null) {
        return taken;
      }
    }
    Flight entry = entries.poll();
    if (entry != null) {
      followed = entry.follow != null;
      return entry;
    }
    DerivedState work = FillPace.work(state);
    if (work != null && fills.waitNanos(!writes.isEmpty()) <= 0) {
      fills.goesOn();
      return Flight.ofFill(work);
    }
    Flight taken = nextWrites(running);
    if (taken != null) {
      return taken;
    }
    if (waitingReads.any() || extensionWanted) {
      return Flight.ofLease();
    }
    if (!tickChecked) {
      tickChecked = true;
      if (isTickDue(state)) {
        return Flight.ofTick();
      }
    }
    if (work != null) {
      wakeAfter.accept(fills.waitNanos(false));
    }
    return null;
  }

  private @Nullable Flight nextWrites(ConsensusGroup running) {
    if (writes.isEmpty()) {
      return null;
    }
    List<PendingWrite> late = new ArrayList<>(0);
    List<PendingWrite> taken =
        writes.take(
            limits.entryWritesMax(),
            entryBytesMax(running) - EntryCodec.WRITES_BYTES,
            weights,
            environment.nanoTime().getAsLong(),
            late);
    replies.expired(late);
    return taken.isEmpty() ? null : Flight.ofWrites(taken);
  }

  int entryBytesMax(ConsensusGroup running) {
    return Math.min(limits.entryBytesMax(), running.entryBytesMax());
  }

  private boolean isRefusing(ShardState state) {
    time.millis(state.timeMillis());
    return time.isRefusing();
  }

  /** Something expires, or memory is short and something can be forgotten. */
  private boolean isTickDue(ShardState state) {
    if (state.reshaping().isFrozen()) {
      // Its time stands still: nothing would come of it.
      return false;
    }
    long expiry = machine.nextExpiry();
    boolean scarce = machine.requestBytes() > limits.requestBytesMax() / 2;
    long due = scarce ? Math.min(expiry, machine.nextForgetting()) : expiry;
    return due != Long.MAX_VALUE && due <= time.millis(state.timeMillis());
  }

  /** Nobody leads here: tells all that wait who does, if that is known. */
  void refuseAll(@Nullable String leader) {
    replies.notLeader(writes, leader);
    for (Flight entry = entries.poll(); entry != null; entry = entries.poll()) {
      entry.fail(Refusals.notLeader(leader));
    }
    Flight ending = handover.take();
    if (ending != null && ending.done != null) {
      ending.done.completeExceptionally(Refusals.notLeader(leader));
    }
    WaitingReads.failAll(waitingReads.takeAll(), () -> Refusals.notLeader(leader));
  }
}
