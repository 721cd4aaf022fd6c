package io.henge.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.engine.rocksdb.NativeLeaks;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers that never stop while the store under them is swapped, or closed and opened with other
 * content, a thousand times. A native handle used too late would take the JVM down; a wrong one
 * would show in the values: every row of one generation carries its number, and it only rises.
 */
class StoreSlotStressTest {
  private static final int CYCLES = 1_000;
  private static final int ROWS = 20;
  private static final int READERS = 3;

  @TempDir Path root;
  private final AtomicLong generation = new AtomicLong();
  private final AtomicLong reads = new AtomicLong();
  private volatile @Nullable StoreSlot slot;
  private volatile boolean stop;

  @Test
  void shouldServeReadersThroughSwapsOnRocks() throws Exception {
    Map<String, Long> before = NativeLeaks.open();
    try (StorageEngine engine = new RocksStorageEngine(RocksSettings.of(16 << 20))) {
      run(engine);
    }
    assertThat(NativeLeaks.open()).isEqualTo(before);
  }

  @Test
  void shouldServeReadersThroughSwapsInMemory() throws Exception {
    try (StorageEngine engine = new InMemoryStorageEngine()) {
      run(engine);
    }
  }

  private void run(StorageEngine engine) throws Exception {
    Random random = Seed.random("StoreSlotStressTest");
    Path directory = root.resolve("slot");
    StoreSlot current = StoreSlot.open(engine, directory);
    writeGeneration(current, 1);
    current.flush();
    slot = current;
    generation.set(1);
    ExecutorService pool = Executors.newFixedThreadPool(READERS);
    List<Future<?>> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      long seed = random.nextLong();
      readers.add(pool.submit(() -> read(new Random(seed))));
    }
    try (ShardStore source = engine.open(root.resolve("source"))) {
      for (int cycle = 2; cycle <= CYCLES && running(readers); cycle++) {
        long readsBefore = reads.get();
        writeGeneration(source, cycle);
        Path checkpoint = root.resolve("incoming");
        source.checkpoint(checkpoint);
        if (random.nextInt(4) > 0) {
          current.swap(checkpoint);
        } else {
          // Close under the readers, replace, open again.
          current.close();
          StoreSlot next = StoreSlot.open(engine, directory);
          next.swap(checkpoint);
          current = next;
          slot = next;
        }
        generation.set(cycle);
        while (reads.get() == readsBefore && running(readers)) {
          LockSupport.parkNanos(20_000);
        }
      }
    } finally {
      stop = true;
      pool.shutdown();
      for (Future<?> reader : readers) {
        reader.get(30, TimeUnit.SECONDS);
      }
      current.close();
    }
    assertThat(generation.get()).isEqualTo(CYCLES);
  }

  private static boolean running(List<Future<?>> readers) {
    return readers.stream().noneMatch(Future::isDone);
  }

  private static void writeGeneration(ShardStore store, long number) {
    try (WriteRows rows = store.batch()) {
      for (int i = 0; i < ROWS; i++) {
        rows.put(KeySpace.DATA, new byte[] {(byte) i}, longBytes(number));
      }
      store.write(rows);
    }
  }

  private void read(Random random) {
    long seen = 0;
    while (!stop) {
      StoreSlot at = slot;
      if (at == null) {
        continue;
      }
      try {
        // Published before it was noted: a view made now is at least this new.
        long least = Math.max(seen, generation.get());
        seen = readOnce(at, random, least);
        reads.incrementAndGet();
      } catch (StoreClosedException e) {
        // Closed for good: the writer is about to publish another one.
        LockSupport.parkNanos(20_000);
      }
    }
  }

  private static long readOnce(StoreSlot at, Random random, long least) {
    try (ReadView view = random.nextBoolean() ? at.latest() : at.snapshot()) {
      long first = number(view.get(KeySpace.DATA, new byte[] {(byte) random.nextInt(ROWS)}));
      assertThat(first).isGreaterThanOrEqualTo(least);
      // Not to wait for anything: a reader that keeps its view for a while is what closing meets.
      LockSupport.parkNanos(random.nextInt(300_000));
      int rows = 0;
      try (RowCursor cursor = view.scan(KeySpace.DATA, Rows.END, Rows.END, random.nextBoolean())) {
        while (cursor.next()) {
          assertThat(number(cursor.value())).isEqualTo(first);
          rows++;
        }
      }
      assertThat(rows).isEqualTo(ROWS);
      byte[] cached = view.getIfCached(KeySpace.DATA, new byte[] {1});
      if (cached != ReadView.NOT_CACHED) {
        assertThat(number(cached)).isEqualTo(first);
      }
      view.multiGet(KeySpace.DATA, List.of(new byte[] {0}, new byte[] {5}))
          .forEach(value -> assertThat(number(value)).isEqualTo(first));
      return first;
    }
  }

  private static byte[] longBytes(long value) {
    return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
  }

  private static long number(byte @Nullable [] value) {
    assertThat(value).isNotNull();
    return ByteBuffer.wrap(value).getLong();
  }
}
