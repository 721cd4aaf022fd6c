package io.henge.replication.shard;

import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StoreClosedException;
import io.henge.replication.statemachine.ChangeReader;
import io.henge.replication.statemachine.ChangesInfo;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.ShardStateMachine;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On the leader: has changes deleted that are older than the longest retention of a collection, or
 * more than a shard keeps. Looks now and then, on a reader thread. Thread-safe.
 */
final class ChangeTrimming {
  private static final Logger LOG = LoggerFactory.getLogger(ChangeTrimming.class);
  private static final long PERIOD_NANOS = 1_000_000_000;

  private final ReplicaEnvironment environment;
  private final ShardStateMachine machine;
  private final ShardStore store;
  private final Proposer proposer;
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile long lastNanos;
  private volatile long oldestMillis;

  ChangeTrimming(
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

  /** Looks whether there is something to delete, if it is time. */
  void tick(long nowNanos) {
    boolean due = nowNanos - lastNanos >= PERIOD_NANOS;
    if (!due || machine.changeBytes() == 0 || !proposer.isLeading()) {
      return;
    }
    if (!busy.compareAndSet(false, true)) {
      return;
    }
    lastNanos = nowNanos;
    try {
      environment.readers().execute(this::look);
    } catch (RejectedExecutionException e) {
      busy.set(false);
    }
  }

  private void look() {
    long version = 0;
    try (ReadView view = store.snapshot()) {
      oldestMillis = ChangeReader.oldest(view) >>> 16;
      long oldest = environment.clock().millis() - retentionMillis();
      version =
          ChangeReader.trimmable(
              view, Math.max(0, oldest) << 16, environment.pace().changeBytesMax());
    } catch (StoreClosedException e) {
      // The replica is being closed.
    } catch (RuntimeException e) {
      LOG.warn("looking for old changes failed", e);
    }
    if (version == 0 || machine.state().reshaping().isFrozen()) {
      busy.set(false);
      return;
    }
    proposer.entries().trimChanges(version).whenComplete((done, failure) -> busy.set(false));
  }

  /** Age of the oldest change that is kept, as far as this leader has looked; else 0. */
  long oldestAgeMillis() {
    long since = oldestMillis;
    return since == 0 || machine.changeBytes() == 0 || !proposer.isLeading()
        ? 0
        : Math.max(0, environment.clock().millis() - since);
  }

  /** Of the collection that keeps them longest: the shard has one stream. */
  private long retentionMillis() {
    long longest = 0;
    for (CollectionInfo collection : machine.state().collections()) {
      CollectionInfo.Documents documents = collection.documents();
      ChangesInfo changes = documents == null ? null : documents.changes();
      if (changes != null && !collection.dropped()) {
        longest = Math.max(longest, changes.retentionMillis());
      }
    }
    return longest;
  }
}
