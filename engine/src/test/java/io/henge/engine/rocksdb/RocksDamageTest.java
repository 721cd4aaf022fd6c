package io.henge.engine.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreFormat;
import io.henge.engine.WriteRows;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files are found, never served as "no such row" or an empty store. */
class RocksDamageTest {
  private static final int ROWS = 500;

  @TempDir Path root;
  private StorageEngine engine;
  private Path directory;
  private Map<String, Long> openBefore;

  @BeforeEach
  void start() {
    openBefore = NativeLeaks.open();
    engine = new RocksStorageEngine(RocksSettings.of(16 << 20));
    directory = root.resolve("store");
    try (ShardStore store = engine.open(directory)) {
      Random random = new Random(1);
      try (WriteRows rows = store.batch()) {
        for (int i = 0; i < ROWS; i++) {
          byte[] value = new byte[1_000];
          random.nextBytes(value);
          rows.put(KeySpace.DATA, key(i), value);
        }
        store.write(rows);
      }
      store.flush();
    }
  }

  @AfterEach
  void stop() {
    engine.close();
    assertThat(NativeLeaks.open()).isEqualTo(openBefore);
  }

  private static byte[] key(int i) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(i).array();
  }

  private Path file(String suffix) throws IOException {
    try (var files = Files.list(directory)) {
      return files
          .filter(path -> path.getFileName().toString().contains(suffix))
          .findFirst()
          .orElseThrow();
    }
  }

  private static void requireCorruption(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION));
  }

  @Test
  void shouldReportAFlippedByteInEveryKindOfRead() throws IOException {
    try (RandomAccessFile table = new RandomAccessFile(file(".sst").toFile(), "rw")) {
      table.seek(4_000);
      int old = table.read();
      table.seek(4_000);
      table.write(old ^ 1);
    }
    try (ShardStore store = engine.open(directory);
        ReadView view = store.latest();
        ReadView snapshot = store.snapshot()) {
      requireCorruption(() -> view.get(KeySpace.DATA, key(3)));
      requireCorruption(() -> snapshot.get(KeySpace.DATA, key(3)));
      requireCorruption(() -> view.multiGet(KeySpace.DATA, List.of(key(400), key(3))));
      requireCorruption(
          () -> {
            try (RowCursor cursor = view.scan(KeySpace.DATA, key(0), key(9), false)) {
              while (cursor.next()) {
                assertThat(cursor.value()).hasSize(1_000);
              }
            }
          });
      assertThat(view.get(KeySpace.DATA, key(400))).hasSize(1_000);
    }
  }

  @Test
  void shouldReportATruncatedTable() throws IOException {
    try (RandomAccessFile table = new RandomAccessFile(file(".sst").toFile(), "rw")) {
      table.setLength(table.length() - 1);
    }
    requireCorruption(() -> engine.open(directory));
  }

  @Test
  void shouldReportAMissingTable() throws IOException {
    Files.delete(file(".sst"));
    requireCorruption(() -> engine.open(directory));
  }

  @Test
  void shouldReportAMissingManifest() throws IOException {
    Files.delete(file("MANIFEST"));
    requireCorruption(() -> engine.open(directory));
  }

  @Test
  void shouldNotComeUpEmptyWhenTheDatabaseIsGone() throws IOException {
    Files.delete(directory.resolve("CURRENT"));
    requireCorruption(() -> engine.open(directory));
    engine.destroy(directory);
    Files.createDirectory(directory);
    StoreFormat.stamp(directory);
    requireCorruption(() -> engine.open(directory));
  }

  @Test
  void shouldNotTakeAStoreWithoutItsStampForANewOne() throws IOException {
    Files.delete(directory.resolve(StoreFormat.FILE));
    requireCorruption(() -> engine.open(directory));
  }

  @Test
  void shouldFinishAnInterruptedCreation() throws IOException {
    Path fresh = root.resolve("fresh");
    engine.open(fresh).close();
    Files.delete(fresh.resolve(StoreFormat.FILE));
    engine.open(fresh).close();
    assertThat(StoreFormat.isStamped(fresh)).isTrue();
  }

  @Test
  void shouldSayWhenAReadNeedsTheDisk() {
    try (StorageEngine cold = new RocksStorageEngine(RocksSettings.of(16 << 20));
        ShardStore store = cold.open(directory);
        ReadView view = store.latest();
        ReadView snapshot = store.snapshot()) {
      assertThat(view.getIfCached(KeySpace.DATA, key(3))).isSameAs(ReadView.NOT_CACHED);
      assertThat(snapshot.getIfCached(KeySpace.DATA, key(3))).isSameAs(ReadView.NOT_CACHED);
      byte[] value = view.get(KeySpace.DATA, key(3));
      assertThat(value).hasSize(1_000);
      assertThat(view.getIfCached(KeySpace.DATA, key(3))).isEqualTo(value);
      assertThat(snapshot.getIfCached(KeySpace.DATA, key(3))).isEqualTo(value);
      assertThat(view.getIfCached(KeySpace.EXPIRY, key(3))).isNull();
    }
  }
}
