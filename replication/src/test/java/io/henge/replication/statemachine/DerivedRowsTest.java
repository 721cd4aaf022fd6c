package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import io.henge.engine.ShardStore;
import io.henge.engine.WriteRows;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DerivedRowsTest {
  private static final byte[] ALL = {};
  private final Random random = Seed.random("DerivedRowsTest");

  @Test
  void shouldShowWhatAStoreWouldThatHadTakenEveryCommandThatWasKept(@TempDir Path directory) {
    try (ShardStore store = new InMemoryStorageEngine().open(directory);
        EntryReads reads = new EntryReads(store);
        WriteRows batch = store.batch()) {
      DerivedRows rows = new DerivedRows(reads);
      NavigableMap<byte[], byte[]> kept = new TreeMap<>(Arrays::compareUnsigned);
      for (int entry = 0; entry < 200; entry++) {
        for (int command = random.nextInt(4); command > 0; command--) {
          NavigableMap<byte[], byte[]> now = new TreeMap<>(kept);
          for (int change = random.nextInt(6); change > 0; change--) {
            change(rows, now);
            assertSame(rows, now);
          }
          if (random.nextInt(3) == 0) {
            rows.rollBack();
          } else {
            rows.commit();
            kept = now;
          }
          assertSame(rows, kept);
        }
        batch.clear();
        rows.write(batch);
        store.write(batch);
        reads.close();
        rows.clear();
        assertSame(rows, kept);
        reads.close();
      }
    }
  }

  @Test
  void shouldSeeChangesAheadOfAnOpenCursorAndNoneBehindIt(@TempDir Path directory) {
    try (ShardStore store = new InMemoryStorageEngine().open(directory);
        EntryReads reads = new EntryReads(store)) {
      DerivedRows rows = new DerivedRows(reads);
      rows.put(KeySpace.INDEX, new byte[] {2}, ALL);
      rows.put(KeySpace.INDEX, new byte[] {4}, ALL);
      List<Byte> seen = new ArrayList<>();
      try (RowCursor cursor = rows.scan(KeySpace.INDEX, ALL, ALL, false)) {
        while (cursor.next()) {
          byte key = cursor.key()[0];
          seen.add(key);
          rows.delete(KeySpace.INDEX, cursor.key());
          if (key == 2) {
            rows.put(KeySpace.INDEX, new byte[] {1}, ALL);
            rows.put(KeySpace.INDEX, new byte[] {3}, ALL);
          }
        }
      }
      assertThat(seen).containsExactly((byte) 2, (byte) 3, (byte) 4);
    }
  }

  private void change(DerivedRows rows, NavigableMap<byte[], byte[]> now) {
    byte[] key = key();
    if (random.nextInt(3) == 0) {
      rows.delete(KeySpace.INDEX, key);
      now.remove(key);
    } else {
      byte[] value = new byte[random.nextInt(3)];
      random.nextBytes(value);
      rows.put(KeySpace.INDEX, key, value);
      now.put(key, value);
    }
  }

  private byte[] key() {
    byte[] key = new byte[1 + random.nextInt(2)];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (random.nextInt(5) * 60);
    }
    return key;
  }

  private void assertSame(DerivedRows rows, NavigableMap<byte[], byte[]> model) {
    byte[] key = key();
    assertThat(rows.get(KeySpace.INDEX, key)).isEqualTo(model.get(key));
    byte[] from = random.nextInt(3) == 0 ? ALL : key();
    byte[] to = random.nextInt(3) == 0 ? ALL : key();
    boolean reverse = random.nextBoolean();
    NavigableMap<byte[], byte[]> range = new TreeMap<>(Arrays::compareUnsigned);
    if (to.length == 0 || Arrays.compareUnsigned(from, to) < 0) {
      range.putAll(to.length == 0 ? model.tailMap(from, true) : model.subMap(from, to));
    }
    List<String> expected = new ArrayList<>();
    (reverse ? range.descendingMap() : range).forEach((k, v) -> expected.add(text(k, v)));
    List<String> found = new ArrayList<>();
    try (RowCursor cursor = rows.scan(KeySpace.INDEX, from, to, reverse)) {
      while (cursor.next()) {
        found.add(text(cursor.key(), cursor.value()));
      }
    }
    assertThat(found).isEqualTo(expected);
    @Nullable RawRow first = rows.seek(KeySpace.INDEX, from, to, reverse);
    assertThat(first == null ? null : text(first.key(), first.value()))
        .isEqualTo(expected.isEmpty() ? null : expected.get(0));
    assertThat(rows.seek(KeySpace.KNOWN, ALL, ALL, reverse)).isNull();
  }

  private static String text(byte[] key, byte[] value) {
    return TestShard.hex(key) + "=" + TestShard.hex(value);
  }
}
