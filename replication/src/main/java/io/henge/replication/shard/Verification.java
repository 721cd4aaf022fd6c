package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StoreClosedException;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import io.henge.replication.statemachine.Verifier;
import io.henge.replication.statemachine.VerifyPage;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On the leader: holds what is derived from documents against the documents, when somebody asks,
 * and slowly all the time; and has mended what is wrong. Thread-safe; reads on the reader threads.
 */
final class Verification {
  private static final Logger LOG = LoggerFactory.getLogger(Verification.class);
  private static final int PAGE_DOCUMENTS = 500;
  private static final long PAGE_BYTES = 4 << 20;
  private static final long PERIOD_NANOS = 1_000_000_000;
  private static final byte[] START = {};

  private final ReplicaEnvironment environment;
  private final ShardStateMachine machine;
  private final ShardStore store;
  private final Proposer proposer;
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
   * @param from physical key to begin at
   * @param collectionId 0 = all
   */
  CompletableFuture<VerifyOutcome> page(byte[] from, int collectionId, boolean repair) {
    return page(from, collectionId, repair, PAGE_DOCUMENTS);
  }

  private CompletableFuture<VerifyOutcome> page(
      byte[] from, int collectionId, boolean repair, int documentsMax) {
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
          new HengeException(
              ErrorCode.BUSY,
              "too many reads wait for the disk",
              environment.limits().retryAfterMillis(),
              null));
    }
    return found.thenCompose(
        page -> {
          List<byte[]> damaged = page.damaged();
          if (!repair || damaged.isEmpty()) {
            return CompletableFuture.completedFuture(new VerifyOutcome(page, 0));
          }
          return mend(page, 0, 0);
        });
  }

  private VerifyPage read(byte[] from, int collectionId, int documentsMax) {
    try (ReadView view = store.snapshot()) {
      return Verifier.page(view, from, collectionId, documentsMax, PAGE_BYTES);
    } catch (StoreClosedException e) {
      throw new HengeException(ErrorCode.UNAVAILABLE, "the replica is being closed", e);
    }
  }

  /** One entry after the other. */
  private CompletableFuture<VerifyOutcome> mend(VerifyPage page, int at, long soFar) {
    List<byte[]> damaged = page.damaged();
    if (at >= damaged.size()) {
      return CompletableFuture.completedFuture(new VerifyOutcome(page, soFar));
    }
    int end = Math.min(damaged.size(), at + Verifier.FAMILIES_MENDED_MAX);
    return proposer
        .entries()
        .repair(damaged.subList(at, end))
        .thenCompose(count -> mend(page, end, soFar + count));
  }

  /** The slow walk, if it is time. */
  void tick(long nowNanos) {
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
    page(from, 0, true, pace)
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
    if (!page.differences().isEmpty()) {
      differences.add(page.differences().size());
      mended.add(outcome.mended());
      LOG.warn(
          "{} differences between documents and what is derived from them, the first: {} of {};"
              + " {} families mended",
          page.differences().size(),
          page.differences().get(0).kind(),
          Integer.toUnsignedString(page.differences().get(0).id()),
          outcome.mended());
    }
  }
}
