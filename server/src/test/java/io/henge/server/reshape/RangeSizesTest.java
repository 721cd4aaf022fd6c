package io.henge.server.reshape;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.engine.KeySpace;
import io.henge.engine.ShardStore;
import io.henge.engine.WriteRows;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@NullUnmarked
class RangeSizesTest {
  private static final byte[] NONE = new byte[0];
  private static final int ROW = Integer.BYTES + 10;

  @TempDir Path directory;
  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();
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

  private static byte[] key(int number) {
    return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
  }

  private void fill(int rows) {
    try (WriteRows batch = store.batch()) {
      for (int i = 0; i < rows; i++) {
        batch.put(KeySpace.DATA, key(2 * i), new byte[10]);
        batch.put(KeySpace.REQUESTS, key(2 * i), new byte[1_000]);
      }
      store.write(batch);
    }
  }

  @Test
  void shouldCountWhatLiesBetweenTwoKeys() {
    fill(100);
    RangeSizes sizes = new RangeSizes(store, NONE, NONE);
    assertThat(sizes.bytes(NONE, NONE)).isEqualTo(100 * ROW);
    assertThat(sizes.bytes(key(20), key(40))).isEqualTo(10 * ROW);
    // Between rows, the end is exclusive and the beginning is not.
    assertThat(sizes.bytes(key(19), key(41))).isEqualTo(11 * ROW);
    assertThat(sizes.bytes(key(20), key(21))).isEqualTo(ROW);
    assertThat(sizes.bytes(key(21), key(22))).isZero();
    assertThat(sizes.bytes(key(150), NONE)).isEqualTo(25 * ROW);
    assertThat(sizes.bytes(key(500), NONE)).isZero();
    assertThat(sizes.bytes(key(40), key(20))).isZero();
  }

  /** Rows of indexes may be larger than the documents that they follow from. */
  @Test
  void shouldCountWhatIsDerivedToo() {
    fill(10);
    try (WriteRows batch = store.batch()) {
      batch.put(KeySpace.INDEX, key(5), new byte[100]);
      batch.put(KeySpace.WATCHES, key(6), new byte[10]);
      batch.put(KeySpace.FANOUT, key(7), new byte[10]);
      // The shard's own: no boundary divides it.
      batch.put(KeySpace.CHANGES, key(5), new byte[1_000]);
      store.write(batch);
    }
    RangeSizes counted = new RangeSizes(store, NONE, NONE);
    int derived = 3 * Integer.BYTES + 120;
    assertThat(counted.bytes(NONE, NONE)).isEqualTo(10 * ROW + derived);
    assertThat(counted.bytes(NONE, key(5))).isEqualTo(3 * ROW);
    assertThat(counted.bytes(key(5), key(6))).isEqualTo(Integer.BYTES + 100);
    fill(20_001);
    RangeSizes estimated = new RangeSizes(store, NONE, NONE);
    assertThat(estimated.bytes(NONE, NONE)).isEqualTo(20_001L * ROW + derived);
  }

  @Test
  void shouldCountNothingBeyondItsRange() {
    fill(100);
    RangeSizes sizes = new RangeSizes(store, key(50), key(100));
    assertThat(sizes.bytes(NONE, NONE)).isEqualTo(25 * ROW);
    assertThat(sizes.bytes(key(0), key(60))).isEqualTo(5 * ROW);
    assertThat(sizes.bytes(key(90), key(150))).isEqualTo(5 * ROW);
  }

  @Test
  void shouldCountNothingInAnEmptyStore() {
    RangeSizes sizes = new RangeSizes(store, NONE, NONE);
    assertThat(sizes.bytes(NONE, NONE)).isZero();
    assertThat(sizes.bytes(key(1), key(2))).isZero();
  }

  /** What has come since shows that a large shard is asked of the store, a small one is not. */
  @Test
  void shouldAskTheStoreAboutWhatIsTooMuchToCount() {
    fill(20_000);
    RangeSizes counted = new RangeSizes(store, NONE, NONE);
    fill(20_001);
    assertThat(counted.bytes(NONE, NONE)).isEqualTo(20_000 * ROW);
    RangeSizes estimated = new RangeSizes(store, NONE, NONE);
    assertThat(estimated.bytes(NONE, NONE)).isEqualTo(20_001 * ROW);
    fill(20_002);
    assertThat(estimated.bytes(NONE, NONE)).isEqualTo(20_002 * ROW);
  }

  @Test
  void shouldAskTheStoreAboutManyBytes() {
    try (WriteRows batch = store.batch()) {
      for (int i = 0; i < 5; i++) {
        batch.put(KeySpace.DATA, key(i), new byte[1 << 20]);
      }
      store.write(batch);
    }
    RangeSizes sizes = new RangeSizes(store, NONE, NONE);
    assertThat(sizes.bytes(NONE, NONE)).isEqualTo(5 * ((1 << 20) + Integer.BYTES));
    fill(1);
    // The row of the same key is replaced.
    assertThat(sizes.bytes(NONE, key(1))).isEqualTo(ROW);
  }
}
