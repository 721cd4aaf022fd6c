package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.shard.Completion;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.SourceKey;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the leaders of sources, again and again until it is time to give up. Of each shard one
 * request is under way, and everything that is wished for meanwhile goes into the next one: a
 * source that a thousand writes need is read once for all of them, and never earlier than any of
 * them has come. Nothing is kept beyond that: a copy is what its source says while it is written.
 *
 * <p>Thread-safe. One lock for it all, held for moments, by writes that have to ask other shards.
 */
final class SourceSearch implements SourceFinder {
  private static final Logger LOG = LoggerFactory.getLogger(SourceSearch.class);

  /** A followed copy comes by itself: so long a write waits for it. */
  private static final long FOLLOW_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** Who does not answer for so long may not lead any more: whoever does is asked meanwhile. */
  private static final long PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long RETRY_MILLIS = 20;
  private static final long MILLI_NANOS = 1_000_000;

  /** Sources of one request: about 0.5 MB of them at most. */
  private static final int ASKED_MAX = 256;

  private static final int WAITING_MAX = 16_384;
  private static final long WAITING_BYTES_MAX = 64L << 20;

  /** Reads sources of one shard. */
  @FunctionalInterface
  interface Reads {
    CompletableFuture<List<CopySource>> read(List<SourceKey> sources);
  }

  private final ToLongFunction<byte[]> shardOf;
  private final Reads reads;
  private final CopyClock clock;
  private final Object lock = new Object();

  // Guarded by lock.
  private final Map<Long, Desk> desks = new HashMap<>();
  private int waitingSources;
  private long waitingBytes;

  /**
   * @param shardOf the shard that holds a position, as far as is known here
   */
  SourceSearch(ToLongFunction<byte[]> shardOf, Reads reads, CopyClock clock) {
    this.shardOf = shardOf;
    this.reads = reads;
    this.clock = clock;
  }

  /** One wish. Guarded by lock, until it is over. */
  private static final class Search {
    final Wish wish;
    final Completion<Found> completion;
    final List<CopySource> found = new ArrayList<>();
    boolean over;
    @Nullable HengeException failure;

    Search(Wish wish, Completion<Found> completion) {
      this.wish = wish;
      this.completion = completion;
    }

    void deliver() {
      completion.complete(new Found(failure == null ? List.copyOf(found) : List.of(), failure));
    }
  }

  /** One source of a wish. */
  private static final class Want {
    final Search search;
    final SourceKey source;
    final long untilNanos;
    final boolean patient;
    boolean over;

    Want(Search search, SourceKey source, long untilNanos, boolean patient) {
      this.search = search;
      this.source = source;
      this.untilNanos = untilNanos;
      this.patient = patient;
    }

    boolean isOver() {
      return over || search.over;
    }
  }

  /** What is wanted of one shard. */
  private static final class Desk {
    final Deque<Want> waiting = new ArrayDeque<>();
    @Nullable Batch asked;

    /** Whether it is left alone until then, since it could not be asked a moment ago. */
    boolean rests;

    long restsUntilNanos;

    boolean mayBeAsked(long now) {
      rests = rests && now - restsUntilNanos < 0;
      return asked == null && !rests;
    }
  }

  /** One request, by what it asks for. */
  private record Batch(Desk desk, Map<SourceKey, List<Want>> wants, long sinceNanos) {}

  @Override
  public void find(Wish wish, Completion<Found> completion) {
    long now = clock.nanoTime();
    long soon = Math.min(wish.deadlineNanos(), now + FOLLOW_NANOS);
    Search search = new Search(wish, completion);
    boolean full;
    synchronized (lock) {
      full =
          waitingSources > 0
              && (waitingSources + wish.sources().size() > WAITING_MAX
                  || waitingBytes + wish.bytes() > WAITING_BYTES_MAX);
      if (!full) {
        waitingSources += wish.sources().size();
        waitingBytes += wish.bytes();
        for (SourceKey source : wish.sources()) {
          CopyRule rule = CopyWork.rule(wish.state(), source.ruleId());
          boolean patient = rule == null || rule.kind() != CopyRule.Kind.FOLLOW;
          long until = patient ? wish.deadlineNanos() : soon;
          desk(source).waiting.add(new Want(search, source, until, patient));
        }
      }
    }
    if (full) {
      search.failure =
          new HengeException(
              ErrorCode.BUSY,
              "too many writes wait for documents of other shards to copy from",
              RETRY_MILLIS,
              null);
      deliver(List.of(search));
    }
  }

  private Desk desk(SourceKey source) {
    return desks.computeIfAbsent(shardOf.applyAsLong(source.key()), shard -> new Desk());
  }

  @Override
  public void flush() {
    List<Batch> next = new ArrayList<>(1);
    synchronized (lock) {
      if (desks.isEmpty()) {
        return;
      }
      long now = clock.nanoTime();
      desks.values().removeIf(desk -> isIdle(desk, now, next));
    }
    next.forEach(this::ask);
  }

  /** Takes the next request of a shard, if it may be made now. */
  private static boolean isIdle(Desk desk, long now, List<Batch> next) {
    if (!desk.mayBeAsked(now)) {
      return false;
    }
    Map<SourceKey, List<Want>> wants = new LinkedHashMap<>();
    while (!desk.waiting.isEmpty() && wants.size() < ASKED_MAX) {
      Want want = desk.waiting.remove();
      if (!want.isOver()) {
        wants.computeIfAbsent(want.source, source -> new ArrayList<>(1)).add(want);
      }
    }
    if (wants.isEmpty()) {
      return true;
    }
    Batch batch = new Batch(desk, wants, now);
    desk.asked = batch;
    next.add(batch);
    return false;
  }

  private void ask(Batch batch) {
    List<SourceKey> sources = List.copyOf(batch.wants().keySet());
    CompletableFuture<List<CopySource>> read;
    try {
      read = reads.read(sources);
    } catch (RuntimeException e) {
      read = CompletableFuture.failedFuture(e);
    }
    read.whenComplete(
        (states, failure) -> {
          if (failure == null) {
            answered(batch, states);
          } else {
            failed(batch);
          }
        });
  }

  private void answered(Batch batch, List<CopySource> states) {
    List<Search> over = new ArrayList<>();
    synchronized (lock) {
      for (CopySource state : states) {
        List<Want> wants = batch.wants().get(new SourceKey(state.ruleId(), state.key()));
        if (wants != null) {
          wants.forEach(want -> settle(want, state, over));
        }
      }
      if (release(batch)) {
        again(batch, true);
      }
    }
    deliver(over);
    flush();
  }

  private void failed(Batch batch) {
    synchronized (lock) {
      if (release(batch)) {
        again(batch, true);
      }
    }
    clock.after(RETRY_MILLIS, this::flush);
  }

  /** False if it was given up already. */
  @SuppressWarnings("ReferenceEquality") // this very batch, whatever another one asks for
  private static boolean release(Batch batch) {
    Desk desk = batch.desk();
    boolean current = desk.asked == batch;
    if (current) {
      desk.asked = null;
    }
    return current;
  }

  /** What is left of it: its sources may be on other shards by now. */
  private void again(Batch batch, boolean later) {
    for (List<Want> wants : batch.wants().values()) {
      for (Want want : wants) {
        if (!want.isOver()) {
          Desk desk = desk(want.source);
          desk.waiting.add(want);
          if (later) {
            desk.rests = true;
            desk.restsUntilNanos = clock.nanoTime() + RETRY_MILLIS * MILLI_NANOS;
          }
        }
      }
    }
  }

  private void settle(Want want, CopySource state, List<Search> over) {
    if (want.isOver()) {
      return;
    }
    want.over = true;
    Search search = want.search;
    search.found.add(state);
    if (search.found.size() == search.wish.sources().size()) {
      end(search, over);
    }
  }

  private void end(Search search, List<Search> over) {
    search.over = true;
    waitingSources -= search.wish.sources().size();
    waitingBytes -= search.wish.bytes();
    over.add(search);
  }

  /** All of them first, so that what they do next goes together. */
  private static void deliver(List<Search> over) {
    over.forEach(search -> guarded(search::deliver));
    over.forEach(search -> guarded(search.completion::flush));
  }

  private static void guarded(Runnable delivery) {
    try {
      delivery.run();
    } catch (RuntimeException e) {
      LOG.error("taking sources of copies failed in a way that it must not", e);
    }
  }

  /** To be called every few milliseconds: gives up what has waited long enough. */
  void tick() {
    List<Search> over = new ArrayList<>();
    synchronized (lock) {
      if (waitingSources == 0) {
        desks.clear();
        return;
      }
      long now = clock.nanoTime();
      for (Desk desk : List.copyOf(desks.values())) {
        desk.waiting.forEach(want -> expire(want, now, over));
        Batch asked = desk.asked;
        if (asked != null) {
          asked.wants().values().forEach(wants -> wants.forEach(want -> expire(want, now, over)));
          if (now - asked.sinceNanos() > PATIENCE_NANOS) {
            release(asked);
            again(asked, false);
          }
        }
      }
    }
    deliver(over);
    flush();
  }

  private void expire(Want want, long now, List<Search> over) {
    if (want.isOver() || now - want.untilNanos < 0) {
      return;
    }
    if (want.patient) {
      want.search.failure =
          new HengeException(
              ErrorCode.DEADLINE, "the documents that are to be copied could not be read in time");
      end(want.search, over);
    } else {
      settle(want, CopySource.unknown(want.source.ruleId(), want.source.key()), over);
    }
  }
}
