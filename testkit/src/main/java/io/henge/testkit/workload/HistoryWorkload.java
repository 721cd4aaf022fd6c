package io.henge.testkit.workload;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import io.henge.client.ReadOptions;
import io.henge.client.WriteOptions;
import io.henge.testkit.history.AppendText;
import io.henge.testkit.history.Counter;
import io.henge.testkit.history.History;
import io.henge.testkit.history.LinearizabilityChecker;
import io.henge.testkit.history.Register;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Clients that read and write a few keys at once through a real cluster and record a history:
 * registers (each value written once; compare-and-set), counters and appended texts. After a few
 * hundred operations they go on with fresh keys, so that a history of any length can be checked.
 *
 * <p>Also notes when writes succeeded: the longest time without one is what a failover costs.
 */
public final class HistoryWorkload implements AutoCloseable {
  private static final String COLLECTION = "history";
  private static final int OPERATIONS_PER_ROUND = 600;
  private static final int KEYS = 4;

  private final HengeClient client;
  private final ItemCollection items;
  private final History registers = new History();
  private final History counters = new History();
  private final History texts = new History();
  private final AtomicInteger processes = new AtomicInteger();
  private final AtomicLong started = new AtomicLong();
  private final AtomicLong values = new AtomicLong();
  private final AtomicLong lastWriteNanos = new AtomicLong();
  private final AtomicLong longestGapNanos = new AtomicLong();
  private final AtomicLong writes = new AtomicLong();
  private final ConcurrentLinkedQueue<String> errors = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private final long pauseNanos;
  private volatile boolean stop;

  private HistoryWorkload(HengeClient client, long pauseNanos) {
    this.client = client;
    this.pauseNanos = pauseNanos;
    client.admin().createCollection(COLLECTION, CollectionOptions.defaults().onlyIfAbsent());
    this.items = client.collection(COLLECTION);
  }

  /**
   * Starts the clients.
   *
   * @param pauseMillis between the operations of one client; keeps histories small
   */
  public static HistoryWorkload start(
      HengeClient client, int clients, long seed, long pauseMillis) {
    HistoryWorkload workload = new HistoryWorkload(client, pauseMillis * 1_000_000);
    workload.lastWriteNanos.set(System.nanoTime());
    for (int i = 0; i < clients; i++) {
      Random random = new Random(seed + i);
      Thread thread = new Thread(() -> workload.loop(random), "history-client-" + i);
      workload.threads.add(thread);
      thread.start();
    }
    return workload;
  }

  private void loop(Random random) {
    int process = processes.incrementAndGet();
    while (!stop) {
      long round = started.getAndIncrement() / OPERATIONS_PER_ROUND;
      String key = round + "-" + random.nextInt(KEYS);
      boolean known =
          switch (random.nextInt(4)) {
            case 0 -> counter(process, "c" + key, random);
            case 1 -> text(process, "t" + key, random);
            default -> register(process, "r" + key, random);
          };
      if (!known) {
        // Whatever happened to that operation, nobody may wait for it: a new process goes on.
        process = processes.incrementAndGet();
      }
      if (pauseNanos > 0) {
        LockSupport.parkNanos(pauseNanos);
      }
    }
  }

  private boolean register(int process, String key, Random random) {
    String value = Long.toString(values.incrementAndGet());
    switch (random.nextInt(5)) {
      case 0, 1 -> {
        return run(
            registers,
            registers.invoke(process, key, new Register.Write(value)),
            true,
            () -> {
              items.put(Key.of(key), Key.EMPTY, Value.of(value));
              return null;
            });
      }
      case 2 -> {
        // Reads first what to expect; that read is no part of the history.
        String expected;
        try {
          expected = read(key);
        } catch (HengeException e) {
          return true;
        }
        if (expected == null) {
          return true;
        }
        return run(
            registers,
            registers.invoke(process, key, new Register.CompareAndSet(expected, value)),
            true,
            () -> items.compareAndSet(Key.of(key), Key.EMPTY, Value.of(expected), Value.of(value)));
      }
      default -> {
        return run(
            registers, registers.invoke(process, key, new Register.Read()), false, () -> read(key));
      }
    }
  }

  private @Nullable String read(String key) {
    return items.get(Key.of(key), Key.EMPTY).map(Item::text).orElse(null);
  }

  private boolean counter(int process, String key, Random random) {
    if (random.nextInt(3) == 0) {
      return run(
          counters,
          counters.invoke(process, key, new Counter.Read()),
          false,
          () -> {
            Optional<Item> item = items.get(Key.of(key), Key.EMPTY);
            return item.isPresent() ? item.get().counter() : 0L;
          });
    }
    long delta = 1L + random.nextInt(9);
    return run(
        counters,
        counters.invoke(process, key, new Counter.Add(delta)),
        true,
        () -> items.increment(Key.of(key), Key.EMPTY, delta).counter());
  }

  private boolean text(int process, String key, Random random) {
    if (random.nextInt(3) == 0) {
      return run(
          texts,
          texts.invoke(process, key, new AppendText.Read()),
          false,
          () -> items.get(Key.of(key), Key.EMPTY).map(Item::text).orElse(""));
    }
    String word = values.incrementAndGet() + ",";
    return run(
        texts,
        texts.invoke(process, key, new AppendText.Append(word)),
        true,
        () -> {
          items.append(
              Key.of(key), Key.EMPTY, word.getBytes(StandardCharsets.UTF_8), WriteOptions.DEFAULT);
          return null;
        });
  }

  /** One operation on the cluster; null is an answer like any other. */
  private interface Call {
    @Nullable Object run();
  }

  private boolean run(History history, long handle, boolean write, Call call) {
    long begun = System.nanoTime();
    try {
      Object output = call.run();
      history.ok(handle, output, "");
      if (write) {
        noteWrite();
      }
      return true;
    } catch (HengeException e) {
      long millis = (System.nanoTime() - begun) / 1_000_000;
      errors.add(e.code() + " after " + millis + " ms: " + e.getMessage());
      if (e.code().effect() == ErrorCode.Effect.NONE) {
        history.fail(handle);
        return true;
      }
      history.unknown(handle, e.code().name());
      return false;
    }
  }

  private void noteWrite() {
    long now = System.nanoTime();
    long gap = now - lastWriteNanos.getAndSet(now);
    longestGapNanos.accumulateAndGet(gap, Math::max);
    writes.incrementAndGet();
  }

  /** Writes acknowledged so far. */
  public long writes() {
    return writes.get();
  }

  /** Longest time without an acknowledged write so far, over all clients. */
  public long longestGapMillis() {
    return longestGapNanos.get() / 1_000_000;
  }

  /** Forgets gaps before now. */
  public void resetGap() {
    lastWriteNanos.set(System.nanoTime());
    longestGapNanos.set(0);
  }

  /** What clients were told that was not a result. */
  public List<String> errors() {
    return List.copyOf(errors);
  }

  /** Ends the clients, reads every key once more as a part of the history, and waits. */
  public void finish() {
    stop = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    int process = processes.incrementAndGet();
    for (String key : keys(registers)) {
      run(registers, registers.invoke(process, key, new Register.Read()), false, () -> read(key));
    }
    for (String key : keys(counters)) {
      run(
          counters,
          counters.invoke(process, key, new Counter.Read()),
          false,
          () -> items.get(Key.of(key), Key.EMPTY).map(Item::counter).orElse(0L));
    }
    for (String key : keys(texts)) {
      run(
          texts,
          texts.invoke(process, key, new AppendText.Read()),
          false,
          () -> items.get(Key.of(key), Key.EMPTY).map(Item::text).orElse(""));
    }
  }

  private static List<String> keys(History history) {
    return history.operations().stream().map(operation -> operation.key()).distinct().toList();
  }

  /** Fails with a counterexample unless all three histories are linearizable. */
  public void requireLinearizable() {
    LinearizabilityChecker checker = new LinearizabilityChecker();
    checker.check(registers, new Register()).require();
    checker.check(counters, new Counter()).require();
    checker.check(texts, new AppendText()).require();
  }

  /** Number of operations recorded. */
  public int operations() {
    return registers.operations().size() + counters.operations().size() + texts.operations().size();
  }

  /** A read that shows how a client is served, for tests of routing. */
  public Optional<Item> probe(String key, ReadOptions options) {
    return client.collection(COLLECTION).get(Key.of(key), Key.EMPTY, options);
  }

  @Override
  public void close() {
    stop = true;
    for (Thread thread : threads) {
      thread.interrupt();
    }
  }
}
