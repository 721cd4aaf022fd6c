package io.henge.engine;

import static io.henge.engine.Rows.get;
import static io.henge.engine.Rows.put;
import static io.henge.engine.Rows.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.engine.rocksdb.NativeLeaks;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slots on both engines. */
class StoreSlotTest {
  @Nested
  class InMemory extends Contract {
    @Override
    StorageEngine newEngine() {
      return new InMemoryStorageEngine();
    }
  }

  @Nested
  class Rocks extends Contract {
    @Override
    StorageEngine newEngine() {
      return new RocksStorageEngine(RocksSettings.of(16 << 20));
    }
  }

  abstract static class Contract {
    @TempDir Path root;
    private StorageEngine engine;
    private Path directory;
    private Map<String, Long> openBefore;

    abstract StorageEngine newEngine();

    @BeforeEach
    void start() {
      openBefore = NativeLeaks.open();
      engine = newEngine();
      directory = root.resolve("slots/one");
    }

    @AfterEach
    void stop() {
      engine.close();
      assertThat(NativeLeaks.open()).isEqualTo(openBefore);
    }

    /** A checkpoint with one row, made in another slot. */
    private Path checkpoint(String name, String key, String value) {
      try (StoreSlot other = StoreSlot.open(engine, root.resolve("other-" + name))) {
        put(other, key, value);
        Path path = root.resolve(name);
        other.checkpoint(path);
        return path;
      }
    }

    private List<String> names() throws IOException {
      try (var paths = Files.list(directory)) {
        return paths.map(path -> path.getFileName().toString()).sorted().toList();
      }
    }

    @Test
    void shouldKeepRowsOverReopening() throws IOException {
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        put(slot, "a", "1");
        slot.flush();
        put(slot, "b", "lost");
        assertThat(slot.unflushedBytes()).isPositive();
        assertThat(slot.statistics().rowsEstimated()).isEqualTo(2);
      }
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        assertThat(get(slot, "a")).isEqualTo("1");
        assertThat(get(slot, "b")).isNull();
      }
      assertThat(names()).containsExactly("CURRENT", "store-000001");
      assertThat(directory.resolve("CURRENT")).hasContent("henge-slot 1 store-000001");
    }

    @Test
    void shouldReplaceEverythingDurably() throws IOException {
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        put(slot, "old", "1");
        slot.flush();
        WriteRows begunBefore = slot.batch();
        begunBefore.put(KeySpace.DATA, Rows.bytes("late"), Rows.bytes("3"));
        slot.swap(checkpoint("copy", "new", "2"));
        assertThat(get(slot, "old")).isNull();
        assertThat(get(slot, "new")).isEqualTo("2");
        slot.write(begunBefore);
        begunBefore.close();
        assertThat(get(slot, "late")).isEqualTo("3");
        assertThat(names()).containsExactly("CURRENT", "store-000002");
      }
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        assertThat(get(slot, "new")).isEqualTo("2");
        assertThat(get(slot, "late")).isNull();
      }
    }

    @Test
    void shouldLetReadersFinishOnTheOldStore() throws Exception {
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        put(slot, "k", "old");
        Path copy = checkpoint("copy", "k", "new");
        ReadView view = slot.latest();
        CompletableFuture<Void> swap = CompletableFuture.runAsync(() -> slot.swap(copy));
        while (!"new".equals(get(slot, "k"))) {
          Thread.onSpinWait();
        }
        assertThat(text(view.get(KeySpace.DATA, Rows.bytes("k")))).isEqualTo("old");
        assertThat(swap).isNotDone();
        view.close();
        swap.get(10, TimeUnit.SECONDS);
      }
    }

    @Test
    void shouldKeepTheOldContentIfTheCheckpointIsBad() throws IOException {
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        put(slot, "k", "old");
        Path unstamped = Files.createDirectory(root.resolve("unstamped"));
        assertThatThrownBy(() -> slot.swap(unstamped))
            .isInstanceOfSatisfying(
                HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION));
        Path hollow = Files.createDirectory(root.resolve("hollow"));
        StoreFormat.stamp(hollow);
        assertThatThrownBy(() -> slot.swap(hollow)).isInstanceOf(RuntimeException.class);
        assertThat(get(slot, "k")).isEqualTo("old");
        put(slot, "k", "still");
        slot.flush();
        slot.swap(checkpoint("good", "k", "new"));
        assertThat(get(slot, "k")).isEqualTo("new");
      }
    }

    @Test
    void shouldRecoverFromACrashAtEachStepOfASwap() throws IOException {
      Path old = checkpoint("was", "k", "old");
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        slot.swap(old);
      }
      // After the new store was moved in: not pointed at, so it never was.
      Files.move(checkpoint("moved", "k", "new"), directory.resolve("store-000003"));
      Files.createDirectories(directory.resolve("work/half"));
      Files.writeString(directory.resolve("CURRENT.tmp"), "henge-sl");
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        assertThat(get(slot, "k")).isEqualTo("old");
        assertThat(names()).containsExactly("CURRENT", "store-000002");
      }
      // After the pointer was switched: the old store is left over.
      Files.move(checkpoint("again", "k", "new"), directory.resolve("store-000003"));
      Files.writeString(directory.resolve("CURRENT"), "henge-slot 1 store-000003\n");
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        assertThat(get(slot, "k")).isEqualTo("new");
        assertThat(names()).containsExactly("CURRENT", "store-000003");
      }
    }

    @Test
    void shouldFinishAnInterruptedCreationButNeverHideData() throws IOException {
      engine.open(directory.resolve("store-000001")).close();
      StoreSlot.open(engine, directory).close();
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        put(slot, "k", "v");
        slot.flush();
      }
      Path pointer = directory.resolve("CURRENT");
      Files.delete(pointer);
      assertThatThrownBy(() -> StoreSlot.open(engine, directory)).hasMessageContaining("missing");
      Files.writeString(pointer, "henge-slot 1 store-000009\n");
      assertThatThrownBy(() -> StoreSlot.open(engine, directory)).hasMessageContaining("not there");
      Files.writeString(pointer, "henge-slot 2 store-000001\n");
      assertThatThrownBy(() -> StoreSlot.open(engine, directory))
          .hasMessageContaining("newer format");
      Files.writeString(pointer, "henge-slot 1 store-000001\n");
      Files.createDirectory(directory.resolve("store-000004"));
      Files.delete(pointer);
      assertThatThrownBy(() -> StoreSlot.open(engine, directory))
          .hasMessageContaining("store-000004");
      Files.writeString(pointer, "henge-slot 1 store-000001\n");
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        assertThat(get(slot, "k")).isEqualTo("v");
      }
    }

    @Test
    void shouldGiveFreshPathsForCheckpoints() throws IOException {
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        put(slot, "k", "v");
        Path path = slot.workPath("out");
        slot.checkpoint(path);
        assertThat(path).isDirectory();
        assertThat(slot.workPath("out")).doesNotExist();
        Path in = slot.workPath("in");
        slot.checkpoint(in);
        put(slot, "k", "later");
        slot.swap(in);
        assertThat(get(slot, "k")).isEqualTo("v");
        assertThat(in).doesNotExist();
      }
    }

    @Test
    void shouldRemoveItselfAsAWhole() throws IOException {
      try (StoreSlot slot = StoreSlot.open(engine, directory)) {
        put(slot, "k", "v");
        slot.flush();
      }
      Files.createDirectories(root.resolve("slots/two.removed/store-000001"));
      StoreSlot.finishRemovals(root.resolve("slots"));
      assertThat(root.resolve("slots/two.removed")).doesNotExist();
      assertThat(directory).exists();
      StoreSlot.remove(directory);
      StoreSlot.remove(directory);
      assertThat(root.resolve("slots")).isEmptyDirectory();
      StoreSlot.finishRemovals(root.resolve("nowhere"));
    }

    @Test
    void shouldRefuseUseAfterTheClose() {
      StoreSlot slot = StoreSlot.open(engine, directory);
      slot.close();
      slot.close();
      assertThatThrownBy(slot::latest).isInstanceOf(StoreClosedException.class);
      assertThatThrownBy(slot::flush).isInstanceOf(StoreClosedException.class);
    }
  }
}
