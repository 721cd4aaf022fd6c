package io.henge.cli.faults;

import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.ItemCollection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/** Clients that write bulk, over and over into the same few keys, and note what goes wrong. */
final class Writers implements AutoCloseable {
  private static final int KEYS = 50;

  private final AtomicLong written = new AtomicLong();
  private final Queue<String> errors = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stop;

  static Writers start(HengeClient client, int count, int valueBytes, long seed) {
    client.admin().createCollection("bulk", CollectionOptions.defaults().onlyIfAbsent());
    ItemCollection items = client.collection("bulk");
    Writers writers = new Writers();
    for (int i = 0; i < count; i++) {
      Random random = new Random(seed + i);
      Thread thread = new Thread(() -> writers.loop(items, random, valueBytes), "bulk-" + i);
      writers.threads.add(thread);
      thread.start();
    }
    return writers;
  }

  private void loop(ItemCollection items, Random random, int valueBytes) {
    while (!stop) {
      byte[] value = new byte[valueBytes];
      random.nextBytes(value);
      try {
        items.put(Key.of(random.nextInt(KEYS)), Key.EMPTY, Value.of(value));
        written.incrementAndGet();
      } catch (HengeException e) {
        if (!stop) {
          errors.add(e.toString());
        }
      }
    }
  }

  /** What was told to a client and was not success. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  void awaitMore(long count) {
    long wanted = written.get() + count;
    Awaitility.await()
        .atMost(Duration.ofSeconds(50))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> written.get() >= wanted);
  }

  /** Lets the writes under way end. */
  @Override
  public void close() {
    stop = true;
    for (Thread thread : threads) {
      try {
        thread.join(20_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
