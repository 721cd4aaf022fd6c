package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.RingRange;
import io.henge.replication.statemachine.ShardState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the changes of one shard's sources to wherever there are holders. Remembers nothing that
 * matters: whatever is not done is in the shard's FANOUT rows, for this leader or the next one.
 * Thread-safe.
 */
final class ChangeSender {
  private static final Logger LOG = LoggerFactory.getLogger(ChangeSender.class);

  /** Sources that are being sent at the same time. */
  static final int UNDER_WAY_MAX = 16;

  /** Shards that one change is being sent to at the same time. */
  private static final int LANES = 4;

  private static final int PAGE = 64;

  /**
   * A part whose shard does not answer (its leader has died, it is being merged) is asked again so
   * often before the whole change is put off: the parts that are done need not be gone through
   * again then. About a second, which is what an election takes.
   */
  private static final int TRIES_MAX = 7;

  private static final long TRY_FIRST_MILLIS = 20;
  private static final long TRY_LAST_MILLIS = 250;

  private static final byte[] START = new byte[0];

  private final FollowedShard shard;
  private final CopyTransport transport;
  private final CopyPace pace;
  private final CopyClock clock;
  private final CopyMeter meter;
  private final Runnable more;
  private final Rounds<CopyWork.Change> rounds;

  // Guarded by this.
  private final Deque<Reached> reached = new ArrayDeque<>();
  private boolean proposing;

  /** A change that has reached all holders. */
  private record Reached(CopyWork.Change change, List<FollowCommand> forgets) {}

  /**
   * @param more told when it pays to look again
   */
  ChangeSender(
      FollowedShard shard,
      CopyTransport transport,
      CopyPace pace,
      CopyClock clock,
      CopyMeter meter,
      Runnable more) {
    this.shard = shard;
    this.transport = transport;
    this.pace = pace;
    this.clock = clock;
    this.meter = meter;
    this.more = more;
    this.rounds = new Rounds<>(UNDER_WAY_MAX, PAGE, clock);
  }

  /** Nothing new is begun, and nothing proposed any more. */
  void close() {
    rounds.close();
  }

  /**
   * Begins with changes that wait. May wait for the disk; one call at a time.
   *
   * @return whether there are any, be they under way
   */
  boolean look() {
    ShardState state = shard.state();
    Rounds.Round<CopyWork.Change> round =
        rounds.begin(from -> shard.read(view -> CopyWork.changes(view, state, from, PAGE)));
    round.begun().forEach(this::send);
    return round.any();
  }

  private void send(CopyWork.Change change) {
    List<FollowCommand> forgets = new ArrayList<>();
    Deque<Part> parts = new ArrayDeque<>();
    for (CopyWork.Target target : change.targets()) {
      for (RingRange range : transport.divide(target.range())) {
        parts.add(new Part(change, target.number(), range, forgets));
      }
    }
    CompletableFuture<?>[] lanes = new CompletableFuture<?>[Math.min(LANES, parts.size())];
    for (int i = 0; i < lanes.length; i++) {
      lanes[i] = lane(parts);
    }
    CompletableFuture.allOf(lanes).whenComplete((done, failure) -> ended(change, forgets, failure));
  }

  /** One part after another, until none is left. */
  private CompletableFuture<Void> lane(Deque<Part> parts) {
    Part next;
    synchronized (parts) {
      next = parts.poll();
    }
    return next == null
        ? CompletableFuture.completedFuture(null)
        : pursue(next, START).thenCompose(done -> lane(parts));
  }

  /** A part of the ring that a change still has to reach. */
  private record Part(
      CopyWork.Change change, long number, RingRange range, List<FollowCommand> forgets) {
    Part with(RingRange rest) {
      return new Part(change, number, rest, forgets);
    }
  }

  private CompletableFuture<Void> pursue(Part part, byte[] behind) {
    return pursue(part, behind, 1);
  }

  private CompletableFuture<Void> pursue(Part part, byte[] behind, int tries) {
    CopyWork.Change change = part.change();
    return paced()
        .thenCompose(
            ready ->
                transport.send(
                    part.range().start(),
                    List.of(
                        new FollowCommand.Learn(
                            change.source(), change.version(), change.fields(), behind))))
        .thenApply(outcomes -> answered(part, outcomes.get(0)))
        .handle(
            (outcome, failure) ->
                failure == null ? further(part, outcome) : again(part, behind, tries, failure))
        .thenCompose(next -> next);
  }

  private CompletableFuture<Void> again(Part part, byte[] behind, int tries, Throwable failure) {
    if (tries == TRIES_MAX || rounds.isClosed() || !isTransient(failure)) {
      return CompletableFuture.failedFuture(failure);
    }
    LOG.trace("{} once more, behind {}: {}", part.change().source(), tries, failure.toString());
    CompletableFuture<Void> ready = new CompletableFuture<>();
    clock.after(
        Math.min(TRY_LAST_MILLIS, TRY_FIRST_MILLIS << (tries - 1)), () -> ready.complete(null));
    return ready.thenCompose(done -> pursue(part, behind, tries + 1));
  }

  /** Whether the same, asked a little later, may have an answer. */
  private static boolean isTransient(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof HengeException e
        && switch (e.code()) {
          case NOT_LEADER, UNAVAILABLE, BUSY, DEADLINE, WRONG_SHARD, OUTCOME_UNKNOWN -> true;
          default -> false;
        };
  }

  /** An outcome that says something about a part. */
  private FollowOutcome answered(Part part, FollowOutcome outcome) {
    if (rounds.isClosed()) {
      throw new HengeException(ErrorCode.NOT_LEADER, "the worker has ended");
    }
    ErrorCode code = outcome.code();
    if (code != null) {
      throw new HengeException(code, outcome.message());
    }
    RingRange answered = outcome.range();
    if (answered == null || !answered.contains(part.range().start())) {
      throw new HengeException(ErrorCode.WRONG_SHARD, "another shard has answered than was asked");
    }
    return outcome;
  }

  private CompletableFuture<Void> further(Part part, FollowOutcome outcome) {
    RingRange answered = Objects.requireNonNull(outcome.range());
    int ruleId = part.change().source().ruleId();
    if (outcome.changed() > 0) {
      pace.spent(outcome.changed());
      meter.changed(ruleId, outcome.changed());
    }
    byte[] next = outcome.next();
    if (next != null) {
      return pursue(part, next);
    }
    RingRange common = part.range().common(answered);
    if (outcome.forgotten() && common != null) {
      synchronized (part.forgets()) {
        part.forgets().add(new FollowCommand.Forget(part.change().source(), common, part.number()));
      }
    }
    RingRange rest = part.range().behind(answered.end());
    return rest == null ? CompletableFuture.completedFuture(null) : pursue(part.with(rest), START);
  }

  private CompletableFuture<Void> paced() {
    long wait = pace.waitMillis();
    CompletableFuture<Void> ready = new CompletableFuture<>();
    if (wait == 0) {
      ready.complete(null);
    } else {
      clock.after(wait, () -> ready.complete(null));
    }
    return ready;
  }

  private void ended(
      CopyWork.Change change, List<FollowCommand> forgets, @Nullable Throwable failure) {
    if (rounds.isClosed()) {
      return;
    }
    if (failure != null) {
      LOG.debug("a change of {} is not sent yet: {}", change.source(), failure.toString());
      rounds.failed(change);
    } else {
      synchronized (this) {
        reached.add(new Reached(change, forgets));
      }
    }
    propose();
    more.run();
  }

  /** What has reached all holders is noted: many at once. */
  private void propose() {
    List<Reached> batch = new ArrayList<>();
    synchronized (this) {
      if (rounds.isClosed() || proposing || reached.isEmpty()) {
        return;
      }
      proposing = true;
      while (!reached.isEmpty()) {
        batch.add(reached.poll());
      }
    }
    List<FollowCommand> sent = new ArrayList<>();
    List<FollowCommand> forgets = new ArrayList<>();
    for (Reached one : batch) {
      CopyWork.Change change = one.change();
      sent.add(new FollowCommand.Sent(change.source(), change.version()));
      forgets.addAll(one.forgets());
    }
    shard
        .follow(sent)
        .thenCompose(outcomes -> forget(forgets))
        .whenComplete((done, failure) -> proposed(batch, failure));
  }

  private CompletableFuture<List<FollowOutcome>> forget(List<FollowCommand> forgets) {
    CompletableFuture<List<FollowOutcome>> done = CompletableFuture.completedFuture(List.of());
    for (int i = 0; i < forgets.size(); i += Registrar.BATCH) {
      List<FollowCommand> some = forgets.subList(i, Math.min(forgets.size(), i + Registrar.BATCH));
      done = done.thenCompose(before -> shard.follow(some));
    }
    // A range that is watched too long does no harm.
    return done.exceptionally(failure -> List.of());
  }

  private void proposed(List<Reached> batch, @Nullable Throwable failure) {
    ShardState state = shard.state();
    synchronized (this) {
      proposing = false;
    }
    for (Reached one : batch) {
      if (failure == null) {
        rounds.succeeded(one.change());
      } else {
        rounds.failed(one.change());
      }
    }
    if (failure == null) {
      long now = clock.millis();
      for (Reached one : batch) {
        int ruleId = one.change().source().ruleId();
        CopyRule rule = CopyWork.rule(state, ruleId);
        if (rule != null) {
          meter.sent(ruleId, Math.max(0, now - one.change().sinceMillis()), rule.boundMillis());
        }
      }
    }
    propose();
    more.run();
  }
}
