package io.henge.server.reshape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.ShardStore;
import io.henge.engine.StorageEngine;
import io.henge.engine.WriteRows;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.ShardDescription;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
class SplitPointTest {
  private static final byte[] NONE = new byte[0];
  private static final int WHOLE = 1;
  private static final int DIVISIBLE = 2;
  private static final Map<Integer, CollectionInfo> COLLECTIONS =
      Map.of(
          WHOLE, new CollectionInfo(WHOLE, "whole", 0, false, false, 1),
          DIVISIBLE, new CollectionInfo(DIVISIBLE, "parts", 0, true, false, 1));

  @TempDir Path directory;
  private final Random random = Seed.random("SplitPointTest");
  private final Map<byte[], Integer> rows = new TreeMap<>(Arrays::compareUnsigned);
  private StorageEngine engine = new InMemoryStorageEngine();
  private ShardStore store;

  @BeforeEach
  void open() {
    store = engine.open(directory.resolve("store"));
  }

  @AfterEach
  void close() {
    store.close();
    engine.close();
  }

  private void put(byte[] key, int bytes) {
    byte[] value = new byte[bytes];
    random.nextBytes(value);
    try (WriteRows batch = store.batch()) {
      batch.put(KeySpace.DATA, key, value);
      store.write(batch);
    }
    rows.put(key, key.length + bytes);
  }

  private void put(int collection, Key shardingKey, Key sortKey, int bytes) {
    put(PhysicalKey.of(shardingKey, collection, sortKey), bytes);
  }

  private byte[] middle(byte[] start, byte[] end) {
    ShardDescription range = new ShardDescription(7, 3, start, end);
    byte[] cut = new SplitPoint(store, COLLECTIONS::get, range).middle();
    assertThat(range.contains(cut)).as("the cut is in the range").isTrue();
    assertThat(Arrays.compareUnsigned(cut, start)).as("both halves are there").isPositive();
    return cut;
  }

  /** Part of the bytes before a cut. */
  private double before(byte[] cut) {
    long all = rows.values().stream().mapToLong(bytes -> bytes).sum();
    long below =
        rows.entrySet().stream()
            .filter(row -> Arrays.compareUnsigned(row.getKey(), cut) < 0)
            .mapToLong(Map.Entry::getValue)
            .sum();
    return below / (double) all;
  }

  private void assertRefused(byte[] start, byte[] end, String... why) {
    assertThatThrownBy(() -> middle(start, end))
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CONDITION_FAILED))
        .hasMessageContainingAll(why);
  }

  private static byte[] token(long token) {
    return ByteBuffer.allocate(Long.BYTES).putLong(token).array();
  }

  /** A few hundred rows are counted: estimates say nothing of them. */
  @Test
  void shouldHalveTheBytesAndNotTheKeys() {
    for (int i = 0; i < 400; i++) {
      Key key = Key.of("k" + i);
      // The upper quarter of the ring has nearly all the bytes.
      put(WHOLE, key, Key.EMPTY, Long.compareUnsigned(key.token(), 3L << 62) >= 0 ? 2_000 : 10);
    }
    byte[] cut = middle(NONE, NONE);
    assertThat(cut).hasSize(PhysicalKey.TOKEN_BYTES);
    assertThat(before(cut)).isBetween(0.45, 0.55);
    assertThat(Long.compareUnsigned(PhysicalKey.token(cut), 3L << 62)).isPositive();
  }

  @Test
  void shouldCutAPartOfTheRingWhereItsOwnBytesHalve() {
    for (int i = 0; i < 400; i++) {
      put(WHOLE, Key.of("k" + i), Key.EMPTY, 100);
    }
    byte[] cut = middle(token(1L << 62), token(1L << 63));
    double from = before(token(1L << 62));
    double to = before(token(1L << 63));
    assertThat(before(cut)).isBetween(from + (to - from) * 0.45, from + (to - from) * 0.55);
  }

  /** More than is counted, on the store that is used, where sizes are estimates. */
  @Test
  void shouldHalveWhatIsTooLargeToBeCounted() {
    store.close();
    engine.close();
    engine = new RocksStorageEngine(RocksSettings.of(64 << 20));
    store = engine.open(directory.resolve("large"));
    for (int i = 0; i < 6_000; i++) {
      Key key = Key.of("k" + i);
      put(WHOLE, key, Key.EMPTY, Long.compareUnsigned(key.token(), 1L << 62) < 0 ? 4_000 : 100);
      if (i % 1_500 == 0) {
        store.flush();
      }
    }
    store.flush();
    assertThat(before(middle(NONE, NONE))).isBetween(0.35, 0.65);
  }

  @Test
  void shouldHalveManySmallRows() {
    try (WriteRows batch = store.batch()) {
      for (int i = 0; i < 20_100; i++) {
        byte[] key = PhysicalKey.of(Key.of(i), WHOLE, Key.EMPTY);
        batch.put(KeySpace.DATA, key, new byte[3]);
        rows.put(key, key.length + 3);
      }
      store.write(batch);
    }
    assertThat(before(middle(NONE, NONE))).isBetween(0.45, 0.55);
  }

  @Test
  void shouldCutAnEmptyShardInTheMiddleOfItsPartOfTheRing() {
    assertThat(PhysicalKey.token(middle(NONE, NONE)) >>> 62).isEqualTo(1);
    assertThat(middle(token(100), token(200))).isEqualTo(token(150));
    assertRefused(token(100), token(101), "shard 7", "empty");
  }

  @Test
  void shouldNotCutThroughTheOnlyRow() {
    put(WHOLE, Key.of("one"), Key.of("and only"), 500);
    // There are tokens beside it, but nothing on one of the sides.
    assertRefused(NONE, NONE, "shard 7 cannot be cut");
    put(DIVISIBLE, Key.of("one"), Key.of("and only"), 500);
    rows.clear();
    assertRefused(NONE, NONE, "\"one\"", "collection whole", "not divisible");
  }

  @Test
  void shouldNotCutThroughOneShardingKeyThatHasAllOfIt() {
    for (int i = 0; i < 50; i++) {
      put(WHOLE, Key.of("all"), Key.of(i), 100);
    }
    assertRefused(NONE, NONE, "one sharding key, \"all\"", "collection whole", "not divisible");
  }

  @Test
  void shouldCutThroughOneShardingKeyWhereAllOfItIsDivisible() {
    for (int i = 0; i < 50; i++) {
      put(DIVISIBLE, Key.of("all"), Key.of(i), 100);
    }
    byte[] cut = middle(NONE, NONE);
    assertThat(rows).containsKey(cut);
    assertThat(before(cut)).isBetween(0.4, 0.6);
    // And again, until single rows are left.
    assertThat(before(middle(cut, NONE))).isBetween(0.65, 0.85);
    byte[] last = PhysicalKey.of(Key.of("all"), DIVISIBLE, Key.of(49));
    assertRefused(last, NONE, "cannot be cut");
    byte[] first = PhysicalKey.of(Key.of("all"), DIVISIBLE, Key.of(1));
    assertRefused(NONE, first, "cannot be cut");
  }

  /** All rows are equally large, and so are all pairs of neighbours. */
  @Test
  void shouldCutTwoRowsBetweenThem() {
    put(DIVISIBLE, Key.of("all"), Key.of(1), 100);
    put(DIVISIBLE, Key.of("all"), Key.of(2), 100);
    assertThat(middle(NONE, NONE)).isEqualTo(PhysicalKey.of(Key.of("all"), DIVISIBLE, Key.of(2)));
  }

  @Test
  void shouldNotCutThroughAShardingKeyThatIsNotDivisibleEverywhere() {
    for (int i = 0; i < 50; i++) {
      put(DIVISIBLE, Key.of("all"), Key.of(i), 100);
    }
    put(WHOLE, Key.of("all"), Key.of("settings"), 10);
    assertRefused(NONE, NONE, "collection whole", "not divisible");
    assertRefused(token(Key.of("all").token()), NONE, "collection whole");
  }

  /** Half of the bytes are one row: the cut is beside it, not in it. */
  @Test
  void shouldCutBesideARowThatHasMostOfTheBytes() {
    for (int i = 0; i < 20; i++) {
      put(WHOLE, Key.of("k" + i), Key.EMPTY, 100);
    }
    put(WHOLE, Key.of("large"), Key.EMPTY, 10_000);
    byte[] cut = middle(NONE, NONE);
    double part = before(cut);
    assertThat(Math.min(part, 1 - part)).isPositive();
  }

  @Test
  void shouldPreferATokenToACutInsideAShardingKey() {
    for (int i = 0; i < 50; i++) {
      put(DIVISIBLE, Key.of("most"), Key.of(i), 100);
      put(DIVISIBLE, Key.of("k" + i), Key.EMPTY, 20);
    }
    byte[] cut = middle(NONE, NONE);
    double part = before(cut);
    assertThat(cut).hasSize(PhysicalKey.TOKEN_BYTES);
    assertThat(Math.min(part, 1 - part)).isGreaterThan(0.1);
  }
}
