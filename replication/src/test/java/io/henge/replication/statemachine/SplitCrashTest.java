package io.henge.replication.statemachine;

import static io.henge.replication.statemachine.TestShard.EXPIRING;
import static io.henge.replication.statemachine.TestShard.command;
import static io.henge.replication.statemachine.TestShard.key;
import static io.henge.replication.statemachine.TestShard.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.key.PhysicalKey;
import io.henge.engine.DurableFiles;
import io.henge.engine.StorageEngine;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node dies at every step of a split: the child that it has in the end is always the same. */
class SplitCrashTest {
  private static final long TIME = 1_000_000;
  private static final long CHILD = 9;

  @TempDir Path directory;

  /** The process ends here. */
  private static final class Death extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Lays seeds down; may die in it, or behind it. */
  private static final class Seeds implements SeedMaker {
    private final Path seed;
    private boolean diesBehind;
    private boolean diesWithin;
    private int laid;

    Seeds(Path seed) {
      this.seed = seed;
    }

    @Override
    public void seed(Child child, Consumer<Path> checkpoint) {
      try {
        DurableFiles.deleteTree(seed);
        DurableFiles.createDirectories(seed.resolveSibling(""));
        checkpoint.accept(seed);
        laid++;
        if (diesWithin) {
          halve();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      if (diesBehind || diesWithin) {
        throw new Death();
      }
    }

    private void halve() throws IOException {
      try (Stream<Path> files = Files.list(seed)) {
        for (Path file : (Iterable<Path>) files.sorted().skip(1)::iterator) {
          Files.delete(file);
        }
      }
    }
  }

  /** A node with the parent, on which one thing goes wrong. */
  private final class Node implements AutoCloseable {
    private final StorageEngine engine;
    private final Path place;
    final Seeds seeds;
    final TestShard parent;

    Node(StorageEngine engine, String name) {
      this.engine = engine;
      this.place = directory.resolve(name);
      this.seeds = new Seeds(place.resolve("seeds").resolve("9"));
      this.parent = new TestShard(engine, place.resolve("7"), EntryObserver.NONE, 7, 0, seeds);
    }

    /** Starts again, well this time, and goes on to the end of the log. */
    void comeBack(List<byte[]> log) {
      seeds.diesBehind = false;
      seeds.diesWithin = false;
      parent.crash();
      parent.replay(log);
    }

    Child child() {
      return parent.reshaping().children().get(0);
    }

    /** What the child begins with. */
    long born() {
      try (TestShard child =
          TestShard.ofSeed(engine, place.resolve("child"), seeds.seed, child(), SeedMaker.NONE)) {
        return child.machine().checksum();
      }
    }

    @Override
    public void close() {
      parent.close();
    }
  }

  @Test
  void shouldComeToTheSameChildFromEveryCrashPoint() {
    crashEverywhere(new InMemoryStorageEngine());
  }

  @Test
  void shouldComeToTheSameChildFromEveryCrashPointOnRocksDb() {
    try (RocksStorageEngine rocks = new RocksStorageEngine(RocksSettings.of(64 << 20))) {
      crashEverywhere(rocks);
    }
  }

  private void crashEverywhere(StorageEngine engine) {
    List<byte[]> log;
    long expected;
    long parentExpected;
    try (Node sound = new Node(new InMemoryStorageEngine(), "sound")) {
      sound.parent.create(TIME);
      for (int i = 0; i < 60; i++) {
        sound.parent.write(
            TIME + i,
            command(2L * i, TIME + 9000, put(key("k" + i, EXPIRING, "s"), "v" + i, 300 + 20L * i)),
            command(2 * i + 1, TIME + 9000, put(key("l" + i, TestShard.PLAIN, "s"), "w" + i)));
      }
      byte[] at = Arrays.copyOf(key("k7", EXPIRING, "s"), PhysicalKey.TOKEN_BYTES);
      ReshapeOutcome outcome =
          sound.parent.reshape(
              // Much is due by then; it is not swept in the split.
              TIME + 900, new ReshapeCommand.Split(5, CHILD, at, 1, List.of("00000000000000a1")));
      assertThat(outcome).isEqualTo(ReshapeOutcome.DONE);
      sound.parent.write(
          TIME + 950, command(500, TIME + 9000, put(key("k8", EXPIRING, "s"), "later")));
      log = List.copyOf(sound.parent.log());
      parentExpected = sound.parent.machine().checksum();
      expected = sound.born();
    }
    int before = log.size() - 2;

    try (Node node = new Node(engine, "behind-the-seed")) {
      node.seeds.diesBehind = true;
      assertDies(node, log);
      node.comeBack(log);
      assertThat(node.seeds.laid).isEqualTo(2);
      assertSame(node, parentExpected, expected);
    }
    try (Node node = new Node(engine, "within-the-seed")) {
      node.parent.replay(log, before);
      node.parent.machine().flush();
      node.seeds.diesWithin = true;
      assertDies(node, log);
      node.comeBack(log);
      assertThat(node.seeds.laid).isEqualTo(2);
      assertSame(node, parentExpected, expected);
    }
    try (Node node = new Node(engine, "before-the-flush")) {
      node.parent.replay(log);
      node.comeBack(log);
      assertThat(node.seeds.laid).isEqualTo(2);
      assertSame(node, parentExpected, expected);
    }
    try (Node node = new Node(engine, "behind-the-flush")) {
      node.parent.replay(log, before + 1);
      node.parent.machine().flush();
      node.parent.replay(log);
      node.comeBack(log);
      // It says that it has split: so the seed is there.
      assertThat(node.seeds.laid).isEqualTo(1);
      assertSame(node, parentExpected, expected);
    }
    try (Node node = new Node(engine, "within-the-finish")) {
      node.parent.replay(log);
      ChildSeed.finish(engine, node.seeds.seed, node.child());
      assertSame(node, parentExpected, expected);
    }
  }

  private static void assertDies(Node node, List<byte[]> log) {
    assertThatThrownBy(() -> node.parent.replay(log)).isInstanceOf(Death.class);
    // A process that is gone applies nothing more.
    assertThatThrownBy(() -> node.parent.replay(log)).isInstanceOf(IllegalStateException.class);
  }

  private static void assertSame(Node node, long parent, long child) {
    assertThat(node.parent.machine().checksum()).isEqualTo(parent);
    assertThat(node.born()).isEqualTo(child);
  }

  @Test
  void shouldNotMakeAChildOfWhatIsNoSeed() {
    InMemoryStorageEngine engine = new InMemoryStorageEngine();
    try (Node node = new Node(engine, "late")) {
      node.parent.create(TIME);
      node.parent.write(TIME, command(1, TIME + 9000, put(key("a", EXPIRING, "s"), "v")));
      byte[] at = {(byte) 0x80};
      node.parent.reshape(
          TIME, new ReshapeCommand.Split(5, CHILD, at, 1, List.of("00000000000000a1")));
      node.parent.tick(TIME + 40);
      Path late = directory.resolve("late-checkpoint");
      node.parent.machine().checkpoint(late);
      assertThatThrownBy(() -> ChildSeed.finish(engine, late, node.child()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("not of its parent");
    }
  }
}
