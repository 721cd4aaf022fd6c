package io.henge.bench.copies;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.DocumentCollection;
import io.henge.document.patch.Patches;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Writers of documents with copies: they patch those that are there, and bring others that follow
 * the document that is being renamed, and take them away again. Thread-safe.
 */
final class RenameLoad implements AutoCloseable {
  /** Of documents that a writer has brought, and not taken away yet. */
  private static final int OWN_MAX = 200;

  private static final long FIRST_NUMBER = 1_000_000_000L;
  private static final String TOUCHED = "touched";
  private static final int ERRORS_KEPT = 10;

  /**
   * A document that is there.
   *
   * @param bare it without what is copied
   */
  record Target(Key shardingKey, Key id, JsonObject bare) {}

  private final DocumentCollection<JsonObject> documents;
  private final List<Target> patched;
  private final List<Target> followers;
  private final Map<String, JsonValue> follows;
  private final String idPath;
  private final double rate;
  private final int threads;
  private final Histogram nanos = new ConcurrentHistogram(3);
  private final LongAdder errors = new LongAdder();
  private final ConcurrentLinkedQueue<String> firstErrors = new ConcurrentLinkedQueue<>();
  private final List<Thread> running = new ArrayList<>();
  private final long began = System.nanoTime();
  private long endedAfter;
  private volatile boolean stop;

  /**
   * @param patched documents to be patched
   * @param followers documents beside which others are put
   * @param follows members that make a document follow the one that is renamed
   * @param idPath member that is a document's id within its sharding key, a whole number
   * @param rate writes a second, all threads together
   */
  RenameLoad(
      DocumentCollection<JsonObject> documents,
      List<Target> patched,
      List<Target> followers,
      Map<String, JsonValue> follows,
      String idPath,
      int rate,
      int threads) {
    this.documents = documents;
    this.patched = List.copyOf(patched);
    this.followers = List.copyOf(followers);
    this.follows = Map.copyOf(follows);
    this.idPath = idPath;
    this.rate = rate;
    this.threads = threads;
  }

  void begin() {
    for (int i = 0; i < threads; i++) {
      int number = i;
      Thread thread = new Thread(() -> write(number), "rename-load-" + i);
      thread.setDaemon(true);
      thread.start();
      running.add(thread);
    }
  }

  private void write(int thread) {
    SplittableRandom random = new SplittableRandom(thread);
    Deque<Target> own = new ArrayDeque<>();
    long pause = (long) (threads * 1e9 / rate);
    long next = System.nanoTime();
    long number = FIRST_NUMBER + thread;
    while (!stop) {
      // A writer that was held up does not make up for it.
      next = Math.max(next + pause, System.nanoTime() - TimeUnit.SECONDS.toNanos(1));
      park(next);
      int which = random.nextInt(10);
      if (which < 7) {
        Target target = patched.get(random.nextInt(patched.size()));
        long value = random.nextInt(1_000_000);
        timed(
            () -> documents.patch(target.shardingKey(), target.id(), Patches.set(TOUCHED, value)));
      } else if (which < 9 && own.size() < OWN_MAX) {
        Target beside = followers.get(random.nextInt(followers.size()));
        number += threads;
        Target added = new Target(beside.shardingKey(), Key.of(number), document(beside, number));
        timed(() -> documents.upsert(added.bare()));
        own.add(added);
      } else if (!own.isEmpty()) {
        remove(own.poll());
      }
    }
    own.forEach(this::remove);
  }

  private void remove(Target target) {
    timed(() -> documents.delete(target.shardingKey(), target.id()));
  }

  private JsonObject document(Target beside, long number) {
    JsonObject document = beside.bare().with(idPath, JsonNumber.of(number));
    for (Map.Entry<String, JsonValue> member : follows.entrySet()) {
      document = document.with(member.getKey(), member.getValue());
    }
    return document;
  }

  private void timed(Runnable write) {
    long from = System.nanoTime();
    try {
      write.run();
    } catch (HengeException e) {
      errors.increment();
      if (firstErrors.size() < ERRORS_KEPT) {
        firstErrors.add(e.toString());
      }
    }
    nanos.recordValue(System.nanoTime() - from);
  }

  private static void park(long untilNanos) {
    for (long left = untilNanos - System.nanoTime();
        left > 0;
        left = untilNanos - System.nanoTime()) {
      java.util.concurrent.locks.LockSupport.parkNanos(left);
    }
  }

  /** What writers were told that did not succeed, some of it. */
  List<String> firstErrors() {
    return List.copyOf(firstErrors);
  }

  /** After it has ended. */
  RenameReport.Load figures() {
    return new RenameReport.Load(
        nanos.getTotalCount(),
        nanos.getTotalCount() * 1e9 / endedAfter,
        nanos.getValueAtPercentile(50) / 1000,
        nanos.getValueAtPercentile(99) / 1000,
        nanos.getMaxValue() / 1000,
        errors.sum());
  }

  /** Ends it, when everything that was brought has been taken away. */
  @Override
  public void close() {
    stop = true;
    for (Thread thread : running) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    endedAfter = Math.max(1, System.nanoTime() - began);
  }
}
