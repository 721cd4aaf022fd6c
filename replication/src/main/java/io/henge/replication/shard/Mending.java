package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.replication.statemachine.Entry;
import io.henge.replication.statemachine.EntryKind;
import io.henge.replication.statemachine.RecountTarget;
import io.henge.replication.statemachine.RepairPart;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.Verifier;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Has mended what a verification has found, by entries in the log, one after the other: each is
 * small, and writes come between them. Thread-safe.
 */
final class Mending {
  /** Most bytes of keys in one entry. */
  private static final long ENTRY_BYTES_MAX = 256 << 10;

  /** So many parts of a recount may be without effect, since more was written there. */
  private static final int TRIES = 5;

  private static final byte[] START = {};

  private final ReplicaEnvironment environment;
  private final ShardStateMachine machine;
  private final ShardStore store;
  private final Proposer proposer;

  Mending(
      ReplicaEnvironment environment,
      ShardStateMachine machine,
      ShardStore store,
      Proposer proposer) {
    this.environment = environment;
    this.machine = machine;
    this.store = store;
    this.proposer = proposer;
  }

  /**
   * Why nothing became of something: it is another shard's by now, which is to be asked, or has to
   * wait. Null if there is no such reason.
   */
  private @Nullable HengeException refusal(byte[] key) {
    ShardState state = machine.state();
    ShardDescription shard = state.shard();
    if (shard == null || !shard.contains(key)) {
      return new HengeException(
          ErrorCode.WRONG_SHARD, "what is to be mended is another shard's by now");
    }
    return state.reshaping().isFrozen()
        ? new HengeException(
            ErrorCode.BUSY,
            "the shard is becoming part of its neighbour: nothing can be mended meanwhile",
            environment.limits().retryAfterMillis(),
            null)
        : null;
  }

  /** Families as a whole; completes with how many were mended. */
  CompletableFuture<Long> families(List<byte[]> families) {
    return families(families, 0, 0);
  }

  private CompletableFuture<Long> families(List<byte[]> families, int at, long soFar) {
    if (at >= families.size()) {
      return CompletableFuture.completedFuture(soFar);
    }
    int end = Math.min(families.size(), at + Verifier.FAMILIES_MENDED_MAX);
    List<byte[]> some = List.copyOf(families.subList(at, end));
    return proposer
        .entries()
        .repair(EntryKind.REPAIR, header -> new Entry.Repair(header, some))
        .thenCompose(
            count -> {
              for (byte[] family : count < some.size() ? some : List.<byte[]>of()) {
                HengeException why = refusal(family);
                if (why != null) {
                  return CompletableFuture.failedFuture(why);
                }
              }
              return families(families, end, soFar + count);
            });
  }

  /** Parts of large families; completes when all are done. */
  CompletableFuture<Void> parts(List<RepairPart> parts) {
    return parts(parts, 0);
  }

  private CompletableFuture<Void> parts(List<RepairPart> parts, int at) {
    if (at >= parts.size()) {
      return CompletableFuture.completedFuture(null);
    }
    int end = at;
    long bytes = 0;
    while (end < parts.size()
        && end - at < Verifier.PARTS_MENDED_MAX
        && (end == at || bytes < ENTRY_BYTES_MAX)) {
      bytes += parts.get(end++).key().length;
    }
    List<RepairPart> some = List.copyOf(parts.subList(at, end));
    return proposer
        .entries()
        .repair(EntryKind.REPAIR_PARTS, header -> new Entry.RepairParts(header, some))
        .thenCompose(
            done -> {
              HengeException why = done == 0 ? refusal(parts.get(at).key()) : null;
              return why == null
                  ? parts(parts, at + Math.max(1, done))
                  : CompletableFuture.failedFuture(why);
            });
  }

  /**
   * Totals of a large family; completes with how many were counted anew.
   *
   * @param targets by the collection of their sources
   */
  CompletableFuture<Integer> totals(byte[] family, Map<Integer, List<RecountTarget>> targets) {
    CompletableFuture<Integer> counted = CompletableFuture.completedFuture(0);
    for (Map.Entry<Integer, List<RecountTarget>> each : targets.entrySet()) {
      List<RecountTarget> all = each.getValue();
      for (int i = 0; i < all.size(); i += Verifier.RECOUNTED_MAX) {
        List<RecountTarget> some =
            List.copyOf(all.subList(i, Math.min(all.size(), i + Verifier.RECOUNTED_MAX)));
        int source = each.getKey();
        counted =
            counted.thenCompose(
                before -> new Recount(family, source, some).run().thenApply(n -> before + n));
      }
    }
    return counted;
  }

  /** Counts some totals anew, a part of the sources in each entry. */
  private final class Recount {
    private final byte[] family;
    private final int sourceId;
    private final List<RecountTarget> targets;
    private final CompletableFuture<Integer> done = new CompletableFuture<>();

    // Of one step at a time.
    private byte[] from = START;
    private int failed;

    Recount(byte[] family, int sourceId, List<RecountTarget> targets) {
      this.family = family;
      this.sourceId = sourceId;
      this.targets = targets;
    }

    CompletableFuture<Integer> run() {
      next();
      return done;
    }

    private void next() {
      try {
        environment.readers().execute(this::propose);
      } catch (RejectedExecutionException e) {
        done.completeExceptionally(Refusals.readersBusy(environment.limits().retryAfterMillis()));
      }
    }

    private void propose() {
      try {
        byte[] to;
        try (ReadView view = store.snapshot()) {
          to = Verifier.recountedTo(view, family, sourceId, from);
        }
        byte[] begin = from;
        proposer
            .entries()
            .repair(
                EntryKind.RECOUNT,
                header -> new Entry.Recount(header, family, sourceId, targets, begin, to))
            .whenComplete((count, failure) -> counted(to, count, failure));
      } catch (RuntimeException e) {
        done.completeExceptionally(e);
      }
    }

    private void counted(byte[] to, @Nullable Integer count, @Nullable Throwable failure) {
      if (failure != null || count == null) {
        done.completeExceptionally(
            failure == null ? new IllegalStateException("apply gave nothing") : failure);
      } else if (count > 0 && to.length == 0) {
        done.complete(count);
      } else if (count == 0) {
        failed(refusal(family));
      } else {
        from = to;
        failed = 0;
        next();
      }
    }

    private void failed(@Nullable HengeException why) {
      if (why != null) {
        done.completeExceptionally(why);
      } else if (++failed >= TRIES) {
        // Somebody else counts them, or they are not there any more.
        done.complete(0);
      } else {
        next();
      }
    }
  }
}
