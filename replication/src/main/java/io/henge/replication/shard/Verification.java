package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StoreClosedException;
import io.henge.replication.statemachine.FamilyPlace;
import io.henge.replication.statemachine.RepairPart;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.Verifier;
import io.henge.replication.statemachine.VerifyPage;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On the leader: holds what is derived from documents against the documents, when somebody asks,
 * and slowly all the time; and has mended what is wrong. Thread-safe; reads on the reader threads.
 */
final class Verification implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Verification.class);
  private static final int PAGE_DOCUMENTS = 500;
  private static final long PAGE_BYTES = 4 << 20;
  private static final long PERIOD_NANOS = 1_000_000_000;

  /** Who asks gets an answer by then, although a pass over a large family is not done. */
  private static final long PASS_MILLIS = 2_000;

  /** A longer pass is given up. */
  private static final long PASS_NANOS_MAX = 3600L * 1_000_000_000;

  private static final byte[] START = {};

  private final ReplicaEnvironment environment;
  private final ShardStateMachine machine;
  private final ShardStore store;
  private final Proposer proposer;
  private final Mending mending;
  private final TotalsPasses passes;
  private final LongAdder differences = new LongAdder();
  private final LongAdder mended = new LongAdder();
  private final LongAdder documents = new LongAdder();
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile long lastNanos;

  /** Where the slow walk goes on. */
  private volatile byte[] position = START;

  Verification(
      ReplicaEnvironment environment,
      ShardStateMachine machine,
      ShardStore store,
      Proposer proposer) {
    this.environment = environment;
    this.machine = machine;
    this.store = store;
    this.proposer = proposer;
    this.mending = new Mending(environment, machine, store, proposer);
    this.passes = new TotalsPasses(environment, store, proposer, mending, PASS_NANOS_MAX);
    this.lastNanos = environment.nanoTime().getAsLong();
  }

  /** Differences found by the slow walk. */
  long differences() {
    return differences.sum();
  }

  /** Families mended by it. */
  long mended() {
    return mended.sum();
  }

  /** Documents that it has looked at. */
  long documents() {
    return documents.sum();
  }

  /**
   * Looks at some families.
   *
   * @param from physical key to begin at, or where a page ended
   * @param collectionId 0 = all
   */
  CompletableFuture<VerifyOutcome> page(byte[] from, int collectionId, boolean repair) {
    return page(from, collectionId, repair, PAGE_DOCUMENTS, false);
  }

  private CompletableFuture<VerifyOutcome> page(
      byte[] from, int collectionId, boolean repair, int documentsMax, boolean slow) {
    if (!proposer.isLeading()) {
      return CompletableFuture.failedFuture(Refusals.notLeader(null));
    }
    CompletableFuture<VerifyPage> found;
    try {
      found =
          CompletableFuture.supplyAsync(
              () -> read(from, collectionId, documentsMax), environment.readers());
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          Refusals.readersBusy(environment.limits().retryAfterMillis()));
    }
    MendedFamilies families = new MendedFamilies(from);
    return found.thenCompose(
        page -> {
          FamilyPlace pass = page.pass();
          // What a page has found before a pass is told first.
          if (pass != null && Arrays.equals(pass.encode(), from)) {
            return totals(new TotalsPasses.Question(pass, collectionId, repair, slow), families);
          }
          return repair ? mend(page, families) : told(page, families);
        });
  }

  private static CompletableFuture<VerifyOutcome> told(VerifyPage page, MendedFamilies families) {
    return CompletableFuture.completedFuture(families.outcome(page));
  }

  private VerifyPage read(byte[] from, int collectionId, int documentsMax) {
    try (ReadView view = store.snapshot()) {
      return Verifier.page(view, from, collectionId, documentsMax, PAGE_BYTES);
    } catch (StoreClosedException e) {
      throw new HengeException(ErrorCode.UNAVAILABLE, "the replica is being closed", e);
    }
  }

  private CompletableFuture<VerifyOutcome> mend(VerifyPage page, MendedFamilies families) {
    List<RepairPart> parts = page.parts();
    return mending
        .families(page.damaged())
        .thenCompose(
            count -> {
              families.whole(count);
              return mending.parts(parts);
            })
        .thenApply(
            done -> {
              parts.forEach(part -> families.part(part.key()));
              return families.outcome(page);
            });
  }

  // ---- Totals of large families ----

  private CompletableFuture<VerifyOutcome> totals(
      TotalsPasses.Question question, MendedFamilies families) {
    CompletableFuture<TotalsPasses.Outcome> result = passes.join(question);
    return inTime(result)
        .thenApply(
            found -> {
              FamilyPlace place = question.place();
              if (found == null) {
                return families.outcome(VerifyPage.nothing(place.encode()));
              }
              passes.taken(result);
              if (found.mended() > 0) {
                families.part(place.family());
              }
              return families.outcome(found.page());
            });
  }

  /** What becomes of a pass; null if it takes longer than anybody waits. */
  private CompletableFuture<TotalsPasses.@Nullable Outcome> inTime(
      CompletableFuture<TotalsPasses.Outcome> result) {
    CompletableFuture<TotalsPasses.@Nullable Outcome> answer = new CompletableFuture<>();
    result.whenComplete(
        (found, failure) -> {
          if (failure == null) {
            answer.complete(found);
          } else {
            answer.completeExceptionally(failure);
          }
        });
    if (!answer.isDone()) {
      try {
        environment
            .timer()
            .schedule(() -> answer.complete(null), PASS_MILLIS, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        answer.completeExceptionally(
            new HengeException(ErrorCode.UNAVAILABLE, "the node is stopping"));
      }
    }
    return answer;
  }

  // ---- The slow walk ----

  /** The slow walk, if it is time. */
  void tick(long nowNanos) {
    passes.tick();
    int pace = environment.pace().verifiedPerSecond();
    ShardState state = machine.state();
    ShardDescription shard = state.shard();
    boolean due = nowNanos - lastNanos >= PERIOD_NANOS;
    if (!due || pace == 0 || shard == null || state.derived().isEmpty() || !proposer.isLeading()) {
      return;
    }
    if (state.reshaping().isFrozen() || !busy.compareAndSet(false, true)) {
      return;
    }
    lastNanos = nowNanos;
    byte[] from = shard.contains(position) ? position : shard.start();
    page(from, 0, true, pace, true)
        .whenComplete(
            (outcome, failure) -> {
              if (outcome != null) {
                walked(outcome);
              }
              busy.set(false);
            });
  }

  private void walked(VerifyOutcome outcome) {
    VerifyPage page = outcome.page();
    byte[] next = page.next();
    position = next == null ? START : next;
    documents.add(page.documents());
    mended.add(outcome.mended());
    if (page.skipped() > 0) {
      LOG.warn("totals of {} families could not be compared", page.skipped());
    }
    if (!page.differences().isEmpty()) {
      differences.add(page.differences().size());
      LOG.warn(
          "{} differences between documents and what is derived from them, the first: {} of {};"
              + " {} families mended",
          page.differences().size(),
          page.differences().get(0).kind(),
          Integer.toUnsignedString(page.differences().get(0).id()),
          outcome.mended());
    }
  }

  @Override
  public void close() {
    passes.close();
  }
}
