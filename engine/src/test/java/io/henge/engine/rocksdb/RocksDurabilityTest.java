package io.henge.engine.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreStatistics;
import io.henge.engine.WriteRows;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What RocksDB does with its write-ahead log off, which purging the replicated log and installing
 * snapshots stand on: checkpoints hold unflushed rows, a crash leaves a prefix of the batches, a
 * flush covers all that was written before it.
 */
class RocksDurabilityTest {
  private static final Logger log = LoggerFactory.getLogger(RocksDurabilityTest.class);
  private static final byte[] POSITION = {'p'};

  @TempDir Path root;
  private StorageEngine engine;

  @BeforeEach
  void start() {
    engine = new RocksStorageEngine(RocksSettings.of(16 << 20));
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  /** Batch n: position n, row n, and deletes row n - 10. */
  private static void write(ShardStore store, long n, int valueBytes, Random random) {
    byte[] value = new byte[valueBytes];
    random.nextBytes(value);
    try (WriteRows rows = store.batch()) {
      rows.put(KeySpace.DATA, key(n), value);
      rows.delete(KeySpace.DATA, key(n - 10));
      rows.put(KeySpace.SYSTEM, POSITION, key(n));
      store.write(rows);
    }
  }

  private static byte[] key(long n) {
    return ByteBuffer.allocate(Long.BYTES).putLong(n).array();
  }

  /** The position in a store, after a check that exactly its batches are there. */
  private static long requirePrefix(ShardStore store) {
    try (ReadView view = store.snapshot()) {
      byte[] position = view.get(KeySpace.SYSTEM, POSITION);
      long n = position == null ? 0 : ByteBuffer.wrap(position).getLong();
      long expected = Math.max(1, n - 9);
      try (RowCursor cursor = view.scan(KeySpace.DATA, new byte[0], new byte[0], false)) {
        while (cursor.next()) {
          assertThat(ByteBuffer.wrap(cursor.key()).getLong()).isEqualTo(expected++);
        }
      }
      assertThat(expected).isEqualTo(n + 1);
      return n;
    }
  }

  @Test
  void shouldOpenToAPrefixAfterACrashAtAnyTime() throws Exception {
    Random random = Seed.random("shouldOpenToAPrefixAfterACrashAtAnyTime");
    AtomicLong written = new AtomicLong();
    AtomicLong durable = new AtomicLong();
    long first = 0;
    long last = 0;
    try (ShardStore store = engine.open(root.resolve("store"))) {
      Thread writer =
          new Thread(
              () -> {
                // 1 MB memtables: many are flushed by RocksDB itself, some by us.
                for (long n = 1; n <= 12_000; n++) {
                  write(store, n, 2_000, random);
                  written.set(n);
                  if (random.nextInt(400) == 0) {
                    store.flush();
                    durable.set(n);
                  }
                }
              });
      writer.start();
      for (int copy = 0; writer.isAlive(); copy++) {
        long least = durable.get();
        Path crashed = root.resolve("crash" + copy);
        copyLive(root.resolve("store"), crashed);
        long most = written.get() + 1;
        try (ShardStore reopened = engine.open(crashed)) {
          last = requirePrefix(reopened);
          assertThat(last).isBetween(least, most);
          first = copy == 0 ? last : first;
        }
        engine.destroy(crashed);
      }
      writer.join();
      assertThat(store.statistics().flushes()).isGreaterThan(10);
    }
    assertThat(last).as("a later crash keeps more").isGreaterThan(first);
  }

  /**
   * Copies a directory while it is written to, such that the copy is what a disk could hold after a
   * crash: the manifest first, and then the tables that are there by then, so that none it names is
   * missing because it came later; and once more if a table was deleted meanwhile.
   */
  private static void copyLive(Path from, Path to) throws IOException {
    while (true) {
      Files.createDirectories(to);
      try {
        copy(from, to, RocksDurabilityTest::namesTables);
        copy(from, to, file -> !namesTables(file));
        return;
      } catch (NoSuchFileException e) {
        io.henge.engine.DurableFiles.deleteTree(to);
      }
    }
  }

  private static void copy(Path from, Path to, Predicate<Path> which) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(which).sorted().toList()) {
        Files.copy(file, to.resolve(file.getFileName().toString()));
      }
    }
  }

  /** CURRENT comes before MANIFEST-*, which it names. */
  private static boolean namesTables(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith("CURRENT") || name.startsWith("MANIFEST");
  }

  @Test
  void shouldFlushEverythingWrittenBeforeTheCall() {
    Random random = Seed.random("shouldFlushEverythingWrittenBeforeTheCall");
    long n = 0;
    for (int round = 0; round < 30; round++) {
      try (ShardStore store = engine.open(root.resolve("store"))) {
        assertThat(requirePrefix(store)).isEqualTo(n);
        // Up to five memtables, so that some are on their way when the flush comes.
        for (int i = random.nextInt(2_500); i > 0; i--) {
          write(store, ++n, 2_000, random);
        }
        store.flush();
        assertThat(store.unflushedBytes()).isZero();
      }
    }
  }

  @Test
  void shouldHoldUnflushedRowsInACheckpointThatStandsAlone() {
    Random random = Seed.random("shouldHoldUnflushedRowsInACheckpointThatStandsAlone");
    Path copy = root.resolve("copy");
    try (ShardStore store = engine.open(root.resolve("store"))) {
      for (long n = 1; n <= 5_000; n++) {
        write(store, n, 500, random);
      }
      store.flush();
      for (long n = 5_001; n <= 5_500; n++) {
        write(store, n, 500, random);
      }
      assertThat(store.unflushedBytes()).isPositive();
      store.checkpoint(copy);
      // Compaction and deletion in the source must not reach the copy's files.
      for (long n = 5_501; n <= 20_000; n++) {
        write(store, n, 500, random);
      }
      store.flush();
    }
    engine.destroy(root.resolve("store"));
    try (ShardStore reopened = engine.open(copy)) {
      assertThat(requirePrefix(reopened)).isEqualTo(5_500);
    }
  }

  @Test
  void shouldCheckpointWhileItIsWrittenTo() throws Exception {
    Random random = Seed.random("shouldCheckpointWhileItIsWrittenTo");
    AtomicLong written = new AtomicLong();
    try (ShardStore store = engine.open(root.resolve("store"))) {
      Thread writer =
          new Thread(
              () -> {
                for (long n = 1; n <= 20_000; n++) {
                  write(store, n, 500, random);
                  written.set(n);
                }
              });
      writer.start();
      for (int i = 0; i == 0 || writer.isAlive(); i++) {
        long least = written.get();
        Path copy = root.resolve("copy" + i);
        store.checkpoint(copy);
        long most = written.get() + 1;
        try (ShardStore reopened = engine.open(copy)) {
          assertThat(requirePrefix(reopened)).isBetween(least, most);
        }
        engine.destroy(copy);
      }
      writer.join();
    }
  }

  /** Writes down times; asserts only what must hold on any machine. */
  @Test
  void shouldTakeCheckpointsInTimeThatDoesNotDependOnTheirSize() {
    Random random = Seed.random("shouldTakeCheckpointsInTimeThatDoesNotDependOnTheirSize");
    try (StorageEngine large = new RocksStorageEngine(RocksSettings.of(256 << 20));
        ShardStore store = large.open(root.resolve("large"))) {
      int megabytes = Integer.getInteger("test.checkpoint.megabytes", 32);
      for (int i = 0; i < megabytes * 250; i++) {
        try (WriteRows rows = store.batch()) {
          byte[] value = new byte[4_096];
          random.nextBytes(value);
          rows.put(KeySpace.DATA, key(random.nextLong()), value);
          store.write(rows);
        }
      }
      measure("flush", store::flush);
      long disk = store.statistics().diskBytes();
      measure("checkpoint, clean, " + disk + " bytes", () -> store.checkpoint(root.resolve("c1")));
      for (int i = 0; i < 2_500; i++) {
        write(store, i, 4_096, random);
      }
      long unflushed = store.unflushedBytes();
      measure(
          "checkpoint, " + unflushed + " bytes unflushed",
          () -> store.checkpoint(root.resolve("c2")));
      StoreStatistics statistics = store.statistics();
      assertThat(statistics.memtableBytes()).as("a checkpoint flushes").isZero();
      measure("open and close the copy", () -> large.open(root.resolve("c2")).close());
      measure("destroy the copy", () -> large.destroy(root.resolve("c2")));
      assertThat(root.resolve("c1")).isDirectory();
    }
  }

  private static void measure(String what, Runnable action) {
    long start = System.nanoTime();
    action.run();
    log.info("{}: {} us", what, (System.nanoTime() - start) / 1_000);
  }
}
