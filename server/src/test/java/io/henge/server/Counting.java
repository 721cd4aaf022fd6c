package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.ItemCollection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that count, one key after another: each increment must be seen exactly once. */
final class Counting implements AutoCloseable {
  private static final int KEYS = 40;

  private final HengeClient client;
  private final ExecutorService threads;
  private final List<Future<long[]>> counted = new ArrayList<>();
  private final AtomicLong done = new AtomicLong();
  private final AtomicLong longestGapNanos = new AtomicLong();
  private volatile boolean stop;

  Counting(HengeClient client, int clients) {
    this.client = client;
    client.admin().createCollection("counters", CollectionOptions.defaults());
    threads = Executors.newFixedThreadPool(clients);
    for (int c = 0; c < clients; c++) {
      int number = c;
      counted.add(threads.submit(() -> count(number)));
    }
  }

  static Key key(int client, int i) {
    return Key.of("client " + client, i);
  }

  private long[] count(int number) {
    ItemCollection counters = client.collection("counters");
    long[] counts = new long[KEYS];
    for (int i = 0; !stop; i = (i + 1) % KEYS) {
      long began = System.nanoTime();
      counts[i]++;
      assertThat(counters.increment(key(number, i), Key.EMPTY, 1).counter()).isEqualTo(counts[i]);
      assertThat(counters.get(key(number, i), Key.EMPTY).orElseThrow().counter())
          .isEqualTo(counts[i]);
      done.incrementAndGet();
      longestGapNanos.accumulateAndGet(System.nanoTime() - began, Math::max);
    }
    return counts;
  }

  /** Waits until so many more increments are done. */
  void awaitMore(long count) {
    long target = done.get() + count;
    await().atMost(60, TimeUnit.SECONDS).until(() -> done.get() >= target);
  }

  /** Longest that a pair of a write and a read has taken since the last call. */
  long longestGapMillis() {
    return longestGapNanos.getAndSet(0) / 1_000_000;
  }

  /** Ends it; fails if an operation failed or a count was wrong. Returns the number of writes. */
  long finish() throws Exception {
    stop = true;
    threads.shutdown();
    long sum = 0;
    for (int c = 0; c < counted.size(); c++) {
      long[] counts = counted.get(c).get(60, TimeUnit.SECONDS);
      for (int i = 0; i < KEYS; i++) {
        long counter =
            client
                .collection("counters")
                .get(key(c, i), Key.EMPTY)
                .map(item -> item.counter())
                .orElse(0L);
        assertThat(counter).as("counter %s of client %s", i, c).isEqualTo(counts[i]);
        sum += counts[i];
      }
    }
    return sum;
  }

  @Override
  public void close() {
    stop = true;
    threads.shutdownNow();
  }
}
