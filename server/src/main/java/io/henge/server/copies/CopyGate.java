package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.EntryCodec;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes commands of other shards' workers for one shard: one entry of them is in flight, and what
 * comes meanwhile goes together into the next. Thread-safe; nothing blocks.
 */
public final class CopyGate {
  static final int WAITING_MAX = 1_024;
  private static final int ENTRY_COMMANDS_MAX = 64;
  private static final long ENTRY_BYTES_MAX = 1 << 20;
  private static final long BUSY_MILLIS = 50;

  private record Asked(
      List<FollowCommand> commands, long bytes, CompletableFuture<List<FollowOutcome>> outcomes) {}

  private final FollowedShard shard;

  // Guarded by this.
  private final Deque<Asked> waiting = new ArrayDeque<>();
  private int waitingCommands;
  private boolean inFlight;

  public CopyGate(FollowedShard shard) {
    this.shard = shard;
  }

  /** Has commands of one kind applied. Fails with BUSY if too many wait, or as a proposal does. */
  public CompletableFuture<List<FollowOutcome>> offer(List<FollowCommand> commands) {
    long bytes = 0;
    for (FollowCommand command : commands) {
      bytes += EntryCodec.bytesMax(command);
    }
    Asked asked = new Asked(commands, bytes, new CompletableFuture<>());
    synchronized (this) {
      if (waitingCommands + commands.size() > WAITING_MAX) {
        return CompletableFuture.failedFuture(
            new HengeException(
                ErrorCode.BUSY,
                "too many changes of copies wait for shard " + shard.id(),
                BUSY_MILLIS,
                null));
      }
      waiting.add(asked);
      waitingCommands += commands.size();
    }
    pump();
    return asked.outcomes();
  }

  private void pump() {
    List<Asked> taken = take();
    if (taken.isEmpty()) {
      return;
    }
    List<FollowCommand> commands = new ArrayList<>();
    taken.forEach(asked -> commands.addAll(asked.commands()));
    shard
        .follow(commands)
        .whenComplete(
            (outcomes, failure) -> {
              synchronized (this) {
                inFlight = false;
              }
              answer(taken, outcomes, failure);
              pump();
            });
  }

  private synchronized List<Asked> take() {
    List<Asked> taken = new ArrayList<>();
    if (inFlight) {
      return taken;
    }
    int count = 0;
    long bytes = 0;
    for (Asked next = waiting.peek(); next != null; next = waiting.peek()) {
      boolean fits =
          taken.isEmpty()
              || (next.commands().get(0).kind() == taken.get(0).commands().get(0).kind()
                  && count + next.commands().size() <= ENTRY_COMMANDS_MAX
                  && bytes + next.bytes() <= ENTRY_BYTES_MAX);
      if (!fits) {
        break;
      }
      waiting.poll();
      waitingCommands -= next.commands().size();
      taken.add(next);
      count += next.commands().size();
      bytes += next.bytes();
    }
    inFlight = !taken.isEmpty();
    return taken;
  }

  private static void answer(
      List<Asked> taken, @Nullable List<FollowOutcome> outcomes, @Nullable Throwable failure) {
    int at = 0;
    for (Asked asked : taken) {
      if (outcomes == null) {
        asked
            .outcomes()
            .completeExceptionally(
                failure == null ? new IllegalStateException("no outcome") : failure);
      } else {
        int count = asked.commands().size();
        asked.outcomes().complete(List.copyOf(outcomes.subList(at, at + count)));
        at += count;
      }
    }
  }
}
