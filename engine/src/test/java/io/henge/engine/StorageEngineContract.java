package io.henge.engine;

import static io.henge.engine.Rows.END;
import static io.henge.engine.Rows.bytes;
import static io.henge.engine.Rows.delete;
import static io.henge.engine.Rows.get;
import static io.henge.engine.Rows.put;
import static io.henge.engine.Rows.scan;
import static io.henge.engine.Rows.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.engine.rocksdb.NativeLeaks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every storage engine does. */
public abstract class StorageEngineContract {
  @TempDir protected Path root;
  protected StorageEngine engine;
  protected Path directory;
  private Map<String, Long> openBefore;

  protected abstract StorageEngine newEngine();

  @BeforeEach
  void start() {
    openBefore = NativeLeaks.open();
    engine = newEngine();
    directory = root.resolve("store");
  }

  @AfterEach
  void stop() {
    engine.close();
    assertThat(NativeLeaks.open()).as("native objects left open").isEqualTo(openBefore);
  }

  @Test
  void shouldReadWhatWasWritten() {
    try (ShardStore store = engine.open(directory);
        WriteRows rows = store.batch();
        ReadView view = store.latest()) {
      rows.put(KeySpace.DATA, bytes("a"), bytes("1"));
      rows.put(KeySpace.SYSTEM, bytes("a"), bytes("2"));
      rows.put(KeySpace.DATA, bytes("empty"), new byte[0]);
      assertThat(rows.count()).isEqualTo(3);
      assertThat(rows.bytes()).isEqualTo(9);
      store.write(rows);
      assertThat(text(view.get(KeySpace.DATA, bytes("a")))).isEqualTo("1");
      assertThat(text(view.get(KeySpace.SYSTEM, bytes("a")))).isEqualTo("2");
      assertThat(view.get(KeySpace.DATA, bytes("empty"))).isEmpty();
      assertThat(view.get(KeySpace.EXPIRY, bytes("a"))).isNull();
      assertThat(view.get(KeySpace.DATA, bytes("ab"))).isNull();
      assertThat(text(view.getIfCached(KeySpace.DATA, bytes("a")))).isEqualTo("1");
      assertThat(view.getIfCached(KeySpace.DATA, bytes("no"))).isNull();
      rows.clear();
      assertThat(rows.count()).isZero();
      assertThat(rows.bytes()).isZero();
      store.write(rows);
    }
  }

  @Test
  void shouldEstimateTheBytesOfARange() {
    try (ShardStore store = engine.open(directory);
        WriteRows rows = store.batch()) {
      for (int i = 0; i < 1_000; i++) {
        rows.put(KeySpace.DATA, bytes(String.format("%04d", i)), new byte[1_000]);
      }
      store.write(rows);
      for (int round = 0; round < 2; round++) {
        long all = store.approximateBytes(KeySpace.DATA, END, END);
        long quarter = store.approximateBytes(KeySpace.DATA, bytes("0250"), bytes("0500"));
        assertThat(all).isPositive();
        assertThat(quarter).isBetween(all / 8, all / 2);
        assertThat(store.approximateBytes(KeySpace.EXPIRY, END, END)).isLessThan(all / 8);
        store.flush();
      }
    }
  }

  @Test
  void shouldLetLaterChangesOfABatchWin() {
    try (ShardStore store = engine.open(directory);
        WriteRows rows = store.batch();
        ReadView view = store.latest()) {
      put(store, "b", "old");
      put(store, "c", "old");
      rows.put(KeySpace.DATA, bytes("a"), bytes("1"));
      rows.put(KeySpace.DATA, bytes("a"), bytes("2"));
      rows.deleteRange(KeySpace.DATA, bytes("a"), bytes("c"));
      rows.put(KeySpace.DATA, bytes("b"), bytes("3"));
      rows.put(KeySpace.DATA, bytes("d"), bytes("4"));
      rows.delete(KeySpace.DATA, bytes("d"));
      store.write(rows);
      assertThat(scan(view, KeySpace.DATA, END, END, false)).containsExactly("b=3", "c=old");
    }
  }

  @Test
  void shouldScanRangesInBothDirections() {
    try (ShardStore store = engine.open(directory);
        WriteRows rows = store.batch();
        ReadView view = store.latest()) {
      for (KeySpace space : KeySpace.values()) {
        for (String key : List.of("", "a", "b", "b\0", "c", "\u00ff")) {
          rows.put(space, bytes(key), bytes(key));
        }
      }
      store.write(rows);
      for (KeySpace space : KeySpace.values()) {
        assertThat(scan(view, space, END, END, false))
            .containsExactly("=", "a=a", "b=b", "b\0=b\0", "c=c", "\u00ff=\u00ff");
        assertThat(scan(view, space, bytes("b"), bytes("c"), false))
            .containsExactly("b=b", "b\0=b\0");
        assertThat(scan(view, space, bytes("aa"), END, true))
            .containsExactly("\u00ff=\u00ff", "c=c", "b\0=b\0", "b=b");
        assertThat(scan(view, space, END, bytes("a"), true)).containsExactly("=");
        assertThat(scan(view, space, bytes("c"), bytes("a"), false)).isEmpty();
        assertThat(scan(view, space, bytes("c"), bytes("c"), true)).isEmpty();
      }
    }
  }

  @Test
  void shouldSeekAhead() {
    try (ShardStore store = engine.open(directory);
        WriteRows rows = store.batch();
        ReadView view = store.latest()) {
      for (KeySpace space : KeySpace.values()) {
        for (String key : List.of("a", "b", "b\0", "c", "d", "e")) {
          rows.put(space, bytes(key), bytes(key));
        }
      }
      store.write(rows);
      for (KeySpace space : KeySpace.values()) {
        try (RowCursor cursor = view.scan(space, bytes("b"), bytes("e"), false)) {
          // What lies before the range is not shown.
          assertThat(cursor.seek(bytes("a"))).isTrue();
          assertThat(cursor.key()).isEqualTo(bytes("b"));
          assertThat(cursor.seek(bytes("b\0\0"))).isTrue();
          assertThat(cursor.key()).isEqualTo(bytes("c"));
          assertThat(cursor.next()).isTrue();
          assertThat(cursor.key()).isEqualTo(bytes("d"));
          assertThat(cursor.value()).isEqualTo(bytes("d"));
          assertThat(cursor.seek(bytes("d"))).isTrue();
          assertThat(cursor.key()).isEqualTo(bytes("d"));
          assertThat(cursor.seek(bytes("dd"))).isFalse();
          assertThat(cursor.next()).isFalse();
          assertThat(cursor.seek(bytes("e"))).isFalse();
        }
        try (RowCursor backwards = view.scan(space, END, END, true)) {
          assertThatThrownBy(() -> backwards.seek(END)).isInstanceOf(IllegalStateException.class);
        }
      }
    }
  }

  @Test
  void shouldStayAtTheEndOfAScan() {
    try (ShardStore store = engine.open(directory)) {
      put(store, "a", "1");
      try (ReadView view = store.latest();
          RowCursor cursor = view.scan(KeySpace.DATA, END, END, false)) {
        assertThatThrownBy(cursor::key).isInstanceOf(java.util.NoSuchElementException.class);
        assertThat(cursor.next()).isTrue();
        assertThat(cursor.next()).isFalse();
        assertThat(cursor.next()).isFalse();
        assertThatThrownBy(cursor::value).isInstanceOf(java.util.NoSuchElementException.class);
      }
    }
  }

  @Test
  void shouldIgnoreAReversedDeleteRange() {
    try (ShardStore store = engine.open(directory);
        WriteRows rows = store.batch()) {
      put(store, "b", "1");
      rows.deleteRange(KeySpace.DATA, bytes("c"), bytes("a"));
      rows.deleteRange(KeySpace.DATA, bytes("b"), bytes("b"));
      store.write(rows);
      assertThat(get(store, "b")).isEqualTo("1");
      rows.deleteRange(KeySpace.DATA, END, END);
      rows.put(KeySpace.EXPIRY, bytes("x"), bytes("y"));
      store.write(rows);
      assertThat(Rows.all(store)).hasSize(1);
    }
  }

  @Test
  void shouldKeepSnapshotsWhileLatestMovesOn() {
    try (ShardStore store = engine.open(directory)) {
      put(store, "a", "1");
      put(store, "b", "1");
      try (ReadView latest = store.latest();
          ReadView snapshot = store.snapshot();
          RowCursor cursor = latest.scan(KeySpace.DATA, END, END, false)) {
        put(store, "a", "2");
        delete(store, "b");
        put(store, "c", "2");
        store.flush();
        assertThat(text(latest.get(KeySpace.DATA, bytes("a")))).isEqualTo("2");
        assertThat(latest.get(KeySpace.DATA, bytes("b"))).isNull();
        assertThat(scan(snapshot, KeySpace.DATA, END, END, false)).containsExactly("a=1", "b=1");
        assertThat(scan(snapshot, KeySpace.DATA, END, END, true)).containsExactly("b=1", "a=1");
        assertThat(text(snapshot.get(KeySpace.DATA, bytes("b")))).isEqualTo("1");
        assertThat(text(snapshot.getIfCached(KeySpace.DATA, bytes("a"))))
            .isIn("1", text(ReadView.NOT_CACHED));
        assertThat(
                snapshot.multiGet(KeySpace.DATA, List.of(bytes("c"), bytes("a"))).stream()
                    .map(Rows::text))
            .containsExactly(null, "1");
        // A cursor sees the store as it was when it was made.
        assertThat(cursor.next()).isTrue();
        assertThat(text(cursor.value())).isEqualTo("1");
      }
    }
  }

  @Test
  void shouldReadSeveralKeysInOrder() {
    try (ShardStore store = engine.open(directory);
        ReadView view = store.latest()) {
      put(store, "a", "1");
      put(store, "c", "3");
      store.flush();
      put(store, "b", "2");
      put(store, "e", "");
      List<byte[]> keys =
          List.of(bytes("c"), bytes("x"), bytes("a"), bytes("b"), bytes("c"), bytes("e"));
      assertThat(view.multiGet(KeySpace.DATA, keys).stream().map(Rows::text))
          .containsExactly("3", null, "1", "2", "3", "");
      assertThat(view.multiGet(KeySpace.DATA, List.of())).isEmpty();
    }
  }

  @Test
  void shouldKeepWhatWasFlushedAndLoseTheRest() {
    try (ShardStore store = engine.open(directory)) {
      assertThat(store.unflushedBytes()).isZero();
      put(store, "a", "1");
      assertThat(store.unflushedBytes()).isPositive();
      store.flush();
      assertThat(store.unflushedBytes()).isZero();
      put(store, "b", "2");
    }
    try (ShardStore store = engine.open(directory)) {
      assertThat(get(store, "a")).isEqualTo("1");
      assertThat(get(store, "b")).isNull();
      assertThat(store.unflushedBytes()).isZero();
    }
  }

  @Test
  void shouldCountRangeDeletesAndDeletesAsUnflushed() {
    try (ShardStore store = engine.open(directory);
        WriteRows rows = store.batch()) {
      put(store, "a", "1");
      put(store, "b", "1");
      store.flush();
      rows.deleteRange(KeySpace.DATA, bytes("a"), bytes("b"));
      store.write(rows);
      assertThat(store.unflushedBytes()).isPositive();
      store.flush();
      assertThat(store.unflushedBytes()).isZero();
      delete(store, "b");
      assertThat(store.unflushedBytes()).isPositive();
      store.flush();
      assertThat(store.unflushedBytes()).isZero();
    }
    try (ShardStore store = engine.open(directory)) {
      assertThat(Rows.all(store)).isEmpty();
    }
  }

  @Test
  void shouldPutUnflushedRowsIntoACheckpointOfItsOwn() {
    Path copy = root.resolve("copy");
    try (ShardStore store = engine.open(directory)) {
      put(store, "a", "1");
      store.flush();
      put(store, "b", "2");
      store.checkpoint(copy);
      put(store, "c", "3");
      assertThatThrownBy(() -> store.checkpoint(copy)).isInstanceOf(IllegalArgumentException.class);
      try (ShardStore second = engine.open(copy)) {
        assertThat(get(second, "b")).isEqualTo("2");
        assertThat(get(second, "c")).isNull();
        put(second, "b", "other");
        assertThat(get(store, "b")).isEqualTo("2");
      }
    }
    engine.destroy(directory);
    assertThat(directory).doesNotExist();
    try (ShardStore second = engine.open(copy)) {
      assertThat(get(second, "a")).isEqualTo("1");
      assertThat(get(second, "b")).isEqualTo("2");
    }
  }

  @Test
  void shouldGiveStatistics() {
    try (ShardStore store = engine.open(directory)) {
      assertThat(store.statistics().rowsEstimated()).isZero();
      put(store, "a", "1");
      put(store, "b", "1");
      assertThat(store.statistics().memtableBytes()).isPositive();
      store.flush();
      put(store, "c", "1");
      store.flush();
      store.flush();
      StoreStatistics statistics = store.statistics();
      assertThat(statistics.rowsEstimated()).isEqualTo(3);
      assertThat(statistics.flushes()).isEqualTo(2);
      assertThat(statistics.memtableBytes()).isZero();
      assertThat(statistics.diskBytes()).isPositive();
      assertThat(statistics.pendingCompactionBytes()).isZero();
    }
  }

  @Test
  void shouldRefuseANewerFormatAndChangeNothing() throws IOException {
    try (ShardStore store = engine.open(directory)) {
      put(store, "a", "1");
      store.flush();
    }
    Path format = directory.resolve(StoreFormat.FILE);
    assertThat(format).hasContent("henge-store 1");
    Files.writeString(format, "henge-store 2\n");
    List<String> before = files(directory);
    assertThatThrownBy(() -> engine.open(directory))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION))
        .hasMessageContaining("newer")
        .hasMessageContaining("store format 2");
    assertThat(files(directory)).isEqualTo(before);
    Files.writeString(format, "nonsense\n");
    assertThatThrownBy(() -> engine.open(directory)).hasMessageContaining("damaged");
    Files.writeString(format, "henge-store 1\n");
    try (ShardStore store = engine.open(directory)) {
      assertThat(get(store, "a")).isEqualTo("1");
    }
  }

  private static List<String> files(Path directory) throws IOException {
    try (var paths = Files.list(directory)) {
      return paths.map(path -> path.getFileName() + " " + path.toFile().length()).sorted().toList();
    }
  }

  @Test
  void shouldOpenAStoreOnlyOnce() {
    try (ShardStore store = engine.open(directory)) {
      put(store, "a", "1");
      assertThatThrownBy(() -> engine.open(directory)).isInstanceOf(StoreFailedException.class);
      assertThatThrownBy(() -> engine.destroy(directory)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> engine.close()).isInstanceOf(IllegalStateException.class);
      assertThat(get(store, "a")).isEqualTo("1");
    }
  }

  @Test
  void shouldRefuseEveryUseAfterTheClose() {
    ShardStore store = engine.open(directory);
    ReadView used = store.latest();
    RowCursor cursor = used.scan(KeySpace.DATA, END, END, false);
    WriteRows rows = store.batch();
    cursor.close();
    used.close();
    store.close();
    store.close();
    assertThatThrownBy(store::latest).isInstanceOf(StoreClosedException.class);
    assertThatThrownBy(store::snapshot).isInstanceOf(StoreClosedException.class);
    assertThatThrownBy(store::flush).isInstanceOf(StoreClosedException.class);
    assertThatThrownBy(store::unflushedBytes).isInstanceOf(StoreClosedException.class);
    assertThatThrownBy(store::statistics).isInstanceOf(StoreClosedException.class);
    assertThatThrownBy(() -> store.write(rows)).isInstanceOf(StoreClosedException.class);
    assertThatThrownBy(() -> store.checkpoint(root.resolve("copy")))
        .isInstanceOf(StoreClosedException.class);
    assertThatThrownBy(() -> used.get(KeySpace.DATA, bytes("a")))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(cursor::next).isInstanceOf(IllegalStateException.class);
    rows.close();
    rows.close();
  }

  @Test
  void shouldWaitForViewsAndCursorsBeforeItCloses() throws Exception {
    ShardStore store = engine.open(directory);
    put(store, "a", "1");
    ReadView view = store.snapshot();
    RowCursor cursor = view.scan(KeySpace.DATA, END, END, false);
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Void> closing =
        CompletableFuture.runAsync(
            () -> {
              begun.countDown();
              store.close();
            });
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    awaitRefusal(store);
    assertThat(text(view.get(KeySpace.DATA, bytes("a")))).isEqualTo("1");
    // Begun before the end: a view in use may still make cursors.
    scan(view, KeySpace.DATA, END, END, true);
    view.close();
    assertThat(cursor.next()).isTrue();
    assertThat(text(cursor.key())).isEqualTo("a");
    assertThat(closing).isNotDone();
    cursor.close();
    closing.get(10, TimeUnit.SECONDS);
  }

  private static void awaitRefusal(ShardStore store) {
    while (true) {
      try (ReadView view = store.latest()) {
        Thread.onSpinWait();
      } catch (StoreClosedException e) {
        return;
      }
    }
  }

  @Test
  void shouldBehaveLikeASortedMap() {
    Random random = Seed.random("shouldBehaveLikeASortedMap");
    try (ModelledStore store = new ModelledStore(engine, directory, random)) {
      for (int step = 0; step < 600; step++) {
        store.step(root.resolve("copy" + step));
      }
      store.compareAll();
    }
  }

  @Test
  void shouldReclaimWhatIsDeletedInARange() {
    ShardStore store = engine.open(directory);
    try {
      Random random = new Random(1);
      try (WriteRows rows = store.batch()) {
        for (int i = 0; i < 4000; i++) {
          byte[] value = new byte[1000];
          random.nextBytes(value);
          rows.put(KeySpace.DATA, new byte[] {(byte) (i >> 8), (byte) i}, value);
        }
        store.write(rows);
      }
      store.flush();
      byte[] middle = {8};
      byte[] late = {12};
      // A quarter more or less: sizes are counted by the block.
      assertThat(store.approximateBytes(KeySpace.DATA, END, END)).isBetween(3_500_000L, 5_000_000L);
      assertThat(store.approximateBytes(KeySpace.DATA, middle, late))
          .isBetween(750_000L, 1_350_000L);
      assertThat(store.approximateBytes(KeySpace.EXPIRY, END, END)).isLessThan(100_000L);

      try (WriteRows rows = store.batch()) {
        rows.deleteRange(KeySpace.DATA, middle, END);
        store.write(rows);
      }
      List<String> before = Rows.all(store);
      store.reclaim(KeySpace.DATA, middle, END);
      assertThat(Rows.all(store)).isEqualTo(before);
      assertThat(before).hasSize(2048);
      assertThat(store.approximateBytes(KeySpace.DATA, middle, END)).isLessThan(200_000L);
      assertThat(store.approximateBytes(KeySpace.DATA, END, middle))
          .isBetween(1_700_000L, 2_600_000L);
    } finally {
      store.close();
    }
    assertThatThrownBy(() -> store.reclaim(KeySpace.DATA, END, END))
        .isInstanceOf(StoreClosedException.class);
  }
}
