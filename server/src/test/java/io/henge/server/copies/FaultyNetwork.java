package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.RingRange;
import io.henge.replication.statemachine.SourceAudit;
import io.henge.replication.statemachine.SourceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Between shards: messages are late, lost, or come twice. */
final class FaultyNetwork implements CopyTransport {
  private static final int TIMEOUT_MILLIS = 300;

  private final SimulatedRing ring;
  private final VirtualClock clock;
  private final Faults faults;
  private final Random random;
  private int sent;
  private int lost;

  FaultyNetwork(SimulatedRing ring, VirtualClock clock, Faults faults, Random random) {
    this.ring = ring;
    this.clock = clock;
    this.faults = faults;
    this.random = random;
  }

  /** Whether messages were lost, and others were not. */
  boolean wasFaulty() {
    return lost > 0 && sent > lost;
  }

  /** What sources say. */
  CompletableFuture<List<SourceAudit>> audit(List<SourceKey> sources) {
    CompletableFuture<List<SourceAudit>> answer = withTimeout();
    if (faults.strikes(10)) {
      return answer;
    }
    clock.after(
        1 + faults.delay(100, 5),
        () -> {
          SimulatedShard shard = ring.shardFor(sources.get(0).key());
          if (!sources.stream().allMatch(source -> shard.description().contains(source.key()))) {
            answer.completeExceptionally(noAnswer());
            return;
          }
          List<SourceAudit> says =
              shard.read(
                  view ->
                      sources.stream()
                          .map(source -> SourceAudit.read(view, shard.state(), source))
                          .toList());
          clock.after(faults.delay(100, 5), () -> answer.complete(says));
        });
    return answer;
  }

  @Override
  public CompletableFuture<List<FollowOutcome>> send(
      byte[] position, List<FollowCommand> commands) {
    sent++;
    CompletableFuture<List<FollowOutcome>> answer = withTimeout();
    int times = faults.strikes(10) ? 2 : 1;
    for (int i = 0; i < times; i++) {
      if (faults.strikes(10)) {
        lost++;
      } else {
        clock.after(1 + faults.delay(100, 5), () -> arrive(position, commands, answer));
      }
    }
    return answer;
  }

  private void arrive(
      byte[] position,
      List<FollowCommand> commands,
      CompletableFuture<List<FollowOutcome>> answer) {
    ring.leader(ring.shardFor(position))
        .gate()
        .offer(commands)
        .whenComplete(
            (outcomes, failure) -> {
              if (faults.strikes(10)) {
                lost++;
                return;
              }
              clock.after(
                  faults.delay(100, 5),
                  () -> {
                    if (failure == null) {
                      answer.complete(outcomes);
                    } else {
                      answer.completeExceptionally(failure);
                    }
                  });
            });
  }

  private <T> CompletableFuture<T> withTimeout() {
    CompletableFuture<T> answer = new CompletableFuture<>();
    clock.after(TIMEOUT_MILLIS, () -> answer.completeExceptionally(noAnswer()));
    return answer;
  }

  private static HengeException noAnswer() {
    return new HengeException(ErrorCode.UNAVAILABLE, "no answer in time");
  }

  @Override
  public long shardOf(byte[] position) {
    return ring.shardFor(position).id;
  }

  @Override
  public List<RingRange> divide(RingRange range) {
    if (random.nextInt(3) == 0) {
      // Nothing is known of boundaries: found out on the way.
      return List.of(range);
    }
    List<RingRange> parts = new ArrayList<>();
    for (SimulatedShard shard : ring.shards()) {
      RingRange part = range.common(RingRange.of(shard.description()));
      if (part != null) {
        parts.add(part);
      }
    }
    return parts;
  }
}
