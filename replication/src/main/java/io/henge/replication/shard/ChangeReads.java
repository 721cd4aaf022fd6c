package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.StoreClosedException;
import io.henge.replication.statemachine.ChangePage;
import io.henge.replication.statemachine.ChangeQuery;
import io.henge.replication.statemachine.ChangeReader;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.ShardStateMachine;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves requests for changes: at once if there are any, else when the log brings some, or when
 * their time is over. Those that wait cost nothing but their places, which are bounded.
 * Thread-safe; reads on the reader threads.
 *
 * <p>Whether this replica is up to date is nobody's concern here: a page says for itself how far it
 * goes, and whoever is behind shows less.
 */
final class ChangeReads {
  private static final Logger LOG = LoggerFactory.getLogger(ChangeReads.class);
  private static final int WAITING_MAX = 4096;

  private final ShardStateMachine machine;
  private final ShardStore store;
  private final Executor readers;
  private final long retryAfterMillis;

  /** Guarded by this. */
  private final List<Waiting> waiting = new ArrayList<>();

  private volatile boolean any;

  ChangeReads(
      ShardStateMachine machine, ShardStore store, Executor readers, long retryAfterMillis) {
    this.machine = machine;
    this.store = store;
    this.readers = readers;
    this.retryAfterMillis = retryAfterMillis;
  }

  /** A request that has seen everything up to a version. */
  private static final class Waiting {
    private ChangeQuery query;
    private final long untilNanos;
    private final Completion<ChangesOutcome> completion;
    private long seenVersion;
    private long seenEpoch;

    Waiting(ChangeQuery query, long untilNanos, Completion<ChangesOutcome> completion) {
      this.query = query;
      this.untilNanos = untilNanos;
      this.completion = completion;
    }
  }

  /**
   * Serves a request.
   *
   * @param untilNanos how long it may wait for a change; in the past = not at all
   */
  void serve(
      ChangeQuery query, long untilNanos, long nowNanos, Completion<ChangesOutcome> completion) {
    serve(new Waiting(query, untilNanos, completion), untilNanos - nowNanos > 0);
  }

  private void serve(Waiting task, boolean mayWait) {
    try {
      readers.execute(
          () -> {
            if (read(task, mayWait)) {
              task.completion.flush();
            }
          });
    } catch (RejectedExecutionException e) {
      answer(task, null, busy("too many reads wait for the disk"));
      task.completion.flush();
    }
  }

  /** False if it waits on. */
  private boolean read(Waiting task, boolean mayWait) {
    ChangePage page;
    try (ReadView view = store.snapshot()) {
      page = ChangeReader.read(view, task.query);
    } catch (RuntimeException e) {
      answer(task, null, known(e));
      return true;
    }
    if (!mayWait || !page.isEmpty() || !page.atEnd() || !page.whole()) {
      answer(task, page, null);
      return true;
    }
    task.query = task.query.from(page.parts());
    task.seenVersion = page.version();
    task.seenEpoch = page.epoch();
    HengeException refusal = await(task);
    if (refusal != null) {
      answer(task, null, refusal);
      return true;
    }
    return false;
  }

  private @Nullable HengeException await(Waiting task) {
    synchronized (this) {
      if (waiting.size() >= WAITING_MAX) {
        return busy("at most " + WAITING_MAX + " wait for changes of a shard");
      }
      waiting.add(task);
      any = true;
    }
    // It may have come between the look at the store and now.
    applied();
    return null;
  }

  /** The log has brought something. On the applying thread, mostly: cheap if nobody waits. */
  void applied() {
    if (any) {
      serveAll(take(this::isNews), true);
    }
  }

  private boolean isNews(Waiting task) {
    ShardState state = machine.state();
    ShardDescription shard = state.shard();
    return machine.lastChange() > task.seenVersion
        || shard == null
        || shard.epoch() != task.seenEpoch;
  }

  /** Answers those whose time is over. */
  void expire(long nowNanos) {
    if (any) {
      serveAll(take(task -> task.untilNanos - nowNanos <= 0), false);
    }
  }

  boolean any() {
    return any;
  }

  /** Answers all: this replica does not lead any more, or is being closed. */
  void failAll(HengeException why) {
    for (Waiting task : take(each -> true)) {
      answer(task, null, why);
      task.completion.flush();
    }
  }

  private void serveAll(List<Waiting> tasks, boolean mayWait) {
    for (Waiting task : tasks) {
      serve(task, mayWait);
    }
  }

  private synchronized List<Waiting> take(Predicate<Waiting> wanted) {
    List<Waiting> taken = List.of();
    for (Iterator<Waiting> each = waiting.iterator(); each.hasNext(); ) {
      Waiting task = each.next();
      if (wanted.test(task)) {
        each.remove();
        taken = taken.isEmpty() ? new ArrayList<>() : taken;
        taken.add(task);
      }
    }
    any = !waiting.isEmpty();
    return taken;
  }

  private void answer(Waiting task, @Nullable ChangePage page, @Nullable HengeException error) {
    Completions.deliver(
        task.completion, new ChangesOutcome(error, page, machine.state().applied().index()));
  }

  private HengeException known(RuntimeException failure) {
    if (failure instanceof HengeException known) {
      return known;
    }
    if (failure instanceof StoreClosedException) {
      return new HengeException(ErrorCode.UNAVAILABLE, "the replica is being closed");
    }
    LOG.error("reading changes failed", failure);
    return new HengeException(ErrorCode.INTERNAL, "reading changes failed: " + failure, failure);
  }

  private HengeException busy(String why) {
    return new HengeException(ErrorCode.BUSY, why, retryAfterMillis, null);
  }
}
