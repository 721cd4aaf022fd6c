package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ReshapeOutcome;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.WriteOutcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Tells those who wait for an entry, or for a place in one, what became of it. */
final class Replies {
  private final ShardStateMachine machine;
  private final WaitingReads waitingReads;
  private final long retryAfterMillis;
  private final LongAdder writesApplied = new LongAdder();

  Replies(ShardStateMachine machine, WaitingReads waitingReads, long retryAfterMillis) {
    this.machine = machine;
    this.waitingReads = waitingReads;
    this.retryAfterMillis = retryAfterMillis;
  }

  long writesApplied() {
    return writesApplied.sum();
  }

  void applied(Flight landed, @Nullable Object outcome) {
    List<PendingWrite> writes = landed.writes;
    if (landed.step != null) {
      if (!(outcome instanceof ReshapeOutcome of)) {
        throw new IllegalStateException("apply gave " + outcome + " for " + landed.kind);
      }
      landed.step.outcome().complete(of);
    }
    if (landed.repair != null) {
      landed.repair.mended().complete(outcome instanceof Integer count ? count : 0);
    }
    if (landed.follow != null) {
      followed(landed.follow, outcome);
    }
    if (writes.isEmpty()) {
      return;
    }
    if (!(outcome instanceof List<?> outcomes) || outcomes.size() != writes.size()) {
      throw new IllegalStateException(
          "apply gave " + outcome + " for " + writes.size() + " writes");
    }
    writesApplied.add(writes.size());
    Completions completions = new Completions();
    for (int i = 0; i < writes.size(); i++) {
      completions.complete(writes.get(i).completion(), (WriteOutcome) outcomes.get(i));
    }
    completions.flush();
  }

  private static void followed(Flight.Follow follow, @Nullable Object outcome) {
    List<FollowOutcome> outcomes = new ArrayList<>(follow.commands().size());
    if (outcome instanceof List<?> found) {
      found.forEach(one -> outcomes.add((FollowOutcome) one));
    }
    if (outcomes.size() != follow.commands().size()) {
      throw new IllegalStateException(
          "apply gave " + outcome + " for " + follow.commands().size() + " commands");
    }
    follow.outcomes().complete(outcomes);
  }

  /**
   * @param leading whether this replica still leads, as far as is known
   */
  void failed(Flight landed, Throwable failure, boolean leading, @Nullable String leader) {
    Throwable cause = failure instanceof CompletionException e ? e.getCause() : failure;
    HengeException error =
        cause instanceof HengeException known
            ? known
            : new HengeException(ErrorCode.UNAVAILABLE, "the proposal failed: " + cause, 0, cause);
    ShardState state = machine.state();
    Completions completions = new Completions();
    for (PendingWrite write : landed.writes) {
      completions.complete(write.completion(), Refusals.of(error, state, leader, retryAfterMillis));
    }
    completions.flush();
    waitingReads.alighted(landed.riders);
    boolean over = !leading || error.code() == ErrorCode.NOT_LEADER;
    WaitingReads.failAll(
        landed.riders,
        () ->
            over
                ? Refusals.notLeader(leader)
                : new HengeException(
                    ErrorCode.UNAVAILABLE, "the leader could not renew its lease", error));
    landed.fail(over ? Refusals.notLeader(leader) : error);
  }

  /** Answers and removes all that is queued. */
  void notLeader(WriteQueue queue, @Nullable String leader) {
    ShardState state = machine.state();
    Completions completions = new Completions();
    for (PendingWrite write = queue.poll(); write != null; write = queue.poll()) {
      completions.complete(write.completion(), Refusals.notLeader(state, leader));
    }
    completions.flush();
  }

  void expired(List<PendingWrite> late) {
    if (late.isEmpty()) {
      return;
    }
    ShardState state = machine.state();
    Completions completions = new Completions();
    for (PendingWrite write : late) {
      completions.complete(
          write.completion(),
          Refusals.of(
              ErrorCode.DEADLINE, "the deadline passed before the write was proposed", state));
    }
    completions.flush();
  }

  HengeException clockNotAgreed() {
    return new HengeException(
        ErrorCode.BUSY,
        "the shard's time is far behind, and a majority of clocks has not been heard of yet",
        retryAfterMillis,
        null);
  }
}
