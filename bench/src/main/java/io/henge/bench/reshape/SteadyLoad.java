package io.henge.bench.reshape;

import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.HengeClient;
import io.henge.client.ItemCollection;
import io.henge.client.ReadOptions;
import io.henge.client.WriteOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.ToLongFunction;

/**
 * Clients that read and update records at random, each with one operation in flight, and what they
 * notice: how many operations end in each tenth of a second, and those that take long.
 */
final class SteadyLoad implements AutoCloseable {
  private static final String COLLECTION = "steady";
  private static final int LOADING_AT_ONCE = 512;
  private static final int BUCKETS = 36_000;
  private static final long BUCKET_NANOS = 100_000_000;
  private static final long SLOW_NANOS = 5_000_000;

  /** An operation that took long. */
  private record Slow(long from, long to, long token) {}

  private final ItemCollection items;
  private final long records;
  private final int valueBytes;
  private final long start = System.nanoTime();
  private final AtomicLongArray ended = new AtomicLongArray(BUCKETS);
  private final LongAdder operations = new LongAdder();
  private final LongAdder errors = new LongAdder();
  private final ConcurrentLinkedQueue<String> firstErrors = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Slow> slow = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile ToLongFunction<SplittableRandom> chooser;
  private volatile boolean stop;

  SteadyLoad(HengeClient client, long records, int valueBytes) {
    client
        .admin()
        .createCollection(COLLECTION, io.henge.client.CollectionOptions.defaults().onlyIfAbsent());
    this.items = client.collection(COLLECTION);
    this.records = records;
    this.valueBytes = valueBytes;
    this.chooser = random -> random.nextLong(records);
  }

  /** From now on records are chosen so. */
  void choose(ToLongFunction<SplittableRandom> newChooser) {
    chooser = newChooser;
  }

  static Key key(long record) {
    return Key.of("record" + record);
  }

  /** Puts all records in, many at a time. */
  void fill(Consumer<String> progress) throws InterruptedException {
    Semaphore room = new Semaphore(LOADING_AT_ONCE);
    AtomicLong failed = new AtomicLong();
    SplittableRandom random = new SplittableRandom(1);
    long next = System.nanoTime();
    for (long i = 0; i < records; i++) {
      room.acquire();
      items
          .async()
          .put(key(i), Key.EMPTY, value(random), WriteOptions.DEFAULT)
          .whenComplete(
              (result, failure) -> {
                room.release();
                if (failure != null) {
                  failed.incrementAndGet();
                }
              });
      if (System.nanoTime() - next > 0) {
        next += 5_000_000_000L;
        progress.accept("loading: " + i + " of " + records + " records");
      }
    }
    room.acquire(LOADING_AT_ONCE);
    if (failed.get() > 0) {
      throw new IllegalStateException(failed + " records could not be loaded");
    }
  }

  private Value value(SplittableRandom random) {
    byte[] bytes = new byte[valueBytes];
    random.nextBytes(bytes);
    return Value.of(bytes);
  }

  void begin(int count) {
    for (int i = 0; i < count; i++) {
      SplittableRandom random = new SplittableRandom(100 + i);
      Thread thread = new Thread(() -> loop(random), "steady-" + i);
      threads.add(thread);
      thread.start();
    }
  }

  private void loop(SplittableRandom random) {
    while (!stop) {
      Key key = key(chooser.applyAsLong(random));
      long from = System.nanoTime();
      try {
        if (random.nextBoolean()) {
          items.get(key, Key.EMPTY, ReadOptions.LINEARIZABLE);
        } else {
          items.put(key, Key.EMPTY, value(random));
        }
      } catch (HengeException e) {
        if (!stop) {
          errors.increment();
          firstErrors.add(e.toString());
        }
        continue;
      }
      long to = System.nanoTime();
      operations.increment();
      ended.incrementAndGet((int) Math.min(BUCKETS - 1, (to - start) / BUCKET_NANOS));
      if (to - from > SLOW_NANOS) {
        slow.add(new Slow(from, to, key.token()));
      }
    }
  }

  long operations() {
    return operations.sum();
  }

  long errors() {
    return errors.sum();
  }

  /** The first of them, for people. */
  List<String> firstErrors() {
    return firstErrors.stream().limit(5).toList();
  }

  /** Operations per second that ended in a time. */
  double rate(long fromNanos, long toNanos) {
    int first = (int) ((fromNanos - start) / BUCKET_NANOS);
    int last = (int) ((toNanos - start) / BUCKET_NANOS);
    long count = 0;
    for (int i = first; i < last && i < BUCKETS; i++) {
      count += ended.get(i);
    }
    return last <= first ? 0 : count / ((last - first) * (BUCKET_NANOS / 1e9));
  }

  /** The longest that an operation took that was under way in a time, on keys of some tokens. */
  long longestMillis(long fromNanos, long toNanos, LongPredicate token) {
    return slow.stream()
            .filter(one -> one.to() - fromNanos > 0 && toNanos - one.from() > 0)
            .filter(one -> token.test(one.token()))
            .mapToLong(one -> one.to() - one.from())
            .max()
            .orElse(SLOW_NANOS)
        / 1_000_000;
  }

  @Override
  public void close() {
    stop = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
