package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.Entry;
import io.henge.replication.statemachine.EntryHeader;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.replication.statemachine.ReshapeOutcome;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Entries that wait to be proposed one by one: of the catalogue, the range, copies, repairs. Few.
 * Thread-safe; nothing blocks.
 */
final class EntryQueue {
  private static final int WAITING_MAX = 64;

  private final long retryAfterMillis;
  private final Runnable pump;
  private final Queue<Flight> entries = new ConcurrentLinkedQueue<>();
  private final AtomicInteger count = new AtomicInteger();

  /**
   * @param pump called when there is one more
   */
  EntryQueue(long retryAfterMillis, Runnable pump) {
    this.retryAfterMillis = retryAfterMillis;
    this.pump = pump;
  }

  CompletableFuture<Void> install(List<CollectionInfo> collections) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    enqueue(Flight.ofCatalogue(collections, done));
    return done;
  }

  CompletableFuture<ReshapeOutcome> propose(ReshapeCommand command) {
    Flight.Step step = new Flight.Step(command, new CompletableFuture<>());
    enqueue(Flight.ofReshaping(step));
    return step.outcome();
  }

  CompletableFuture<List<FollowOutcome>> propose(List<FollowCommand> commands) {
    Flight.Follow follow = new Flight.Follow(List.copyOf(commands), new CompletableFuture<>());
    enqueue(Flight.ofFollow(follow));
    return follow.outcomes();
  }

  /** One that mends something; completes with how much, as the kind's entry says. */
  CompletableFuture<Integer> repair(EntryKind kind, Function<EntryHeader, Entry> entry) {
    Flight.Repair repair = new Flight.Repair(kind, entry, new CompletableFuture<>());
    enqueue(Flight.ofRepair(repair));
    return repair.mended();
  }

  CompletableFuture<Void> trimChanges(long version) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    enqueue(Flight.ofTrim(version, done));
    return done;
  }

  private void enqueue(Flight entry) {
    if (count.incrementAndGet() > WAITING_MAX) {
      count.decrementAndGet();
      entry.fail(
          new HengeException(
              ErrorCode.BUSY,
              "too many changes of the catalogue, of the range or of copies wait",
              retryAfterMillis,
              null));
      return;
    }
    entries.add(entry);
    pump.run();
  }

  /** The next one; null if none waits. */
  @Nullable Flight poll() {
    Flight entry = entries.poll();
    if (entry != null) {
      count.decrementAndGet();
    }
    return entry;
  }
}
