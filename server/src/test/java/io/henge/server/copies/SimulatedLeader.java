package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.ReadView;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ShardState;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Who leads a shard: its worker, as long as it lives. */
final class SimulatedLeader implements FollowedShard {
  private final SimulatedShard shard;
  private final FaultyNetwork network;
  private final CopyPace pace;
  private final VirtualClock clock;
  private final Faults faults;
  private final CopyInvariants invariants;
  private final CopyGate gate;
  private final CopyChecks checks;
  private ShardCopies worker;
  private boolean ended;

  SimulatedLeader(
      SimulatedShard shard,
      FaultyNetwork network,
      CopyPace pace,
      VirtualClock clock,
      Faults faults,
      CopyInvariants invariants) {
    this.shard = shard;
    this.network = network;
    this.pace = pace;
    this.clock = clock;
    this.faults = faults;
    this.invariants = invariants;
    this.gate = new CopyGate(this);
    this.checks =
        new CopyChecks(this, this::confirmed, network, network::audit, clock, CopyMeter.NONE);
    this.worker = begin();
    tick();
  }

  private ShardCopies begin() {
    return new ShardCopies(this, network, pace, clock, CopyMeter.NONE);
  }

  private void tick() {
    if (!ended) {
      worker.tick();
      clock.after(20, this::tick);
    }
  }

  /** Of a shard that is no more. */
  void end() {
    ended = true;
    worker.close();
  }

  /** The next leader knows nothing of what this one was about to do. */
  void die() {
    worker.close();
    worker = begin();
  }

  CopyGate gate() {
    return gate;
  }

  CopyChecks checks() {
    return checks;
  }

  @Override
  public long id() {
    return shard.id;
  }

  @Override
  public ShardState state() {
    return shard.state();
  }

  private CompletableFuture<Long> confirmed() {
    return CompletableFuture.completedFuture(shard.state().applied().index());
  }

  @Override
  public <T> T read(Function<ReadView, T> reader) {
    return shard.read(reader);
  }

  @Override
  public CompletableFuture<List<FollowOutcome>> follow(List<FollowCommand> commands) {
    CompletableFuture<List<FollowOutcome>> outcomes = new CompletableFuture<>();
    if (faults.strikes(20)) {
      // It fails for whoever asked, and may yet be applied, late.
      clock.after(
          faults.delay(50, 50),
          () ->
              outcomes.completeExceptionally(
                  new HengeException(ErrorCode.UNAVAILABLE, "not known")));
      boolean applied = faults.strikes(2);
      if (!applied) {
        return outcomes;
      }
    }
    clock.after(
        1 + faults.delay(40, 4),
        () -> {
          List<FollowOutcome> done = shard.follow(commands, clock.millis());
          invariants.check();
          outcomes.complete(done);
        });
    return outcomes;
  }
}
