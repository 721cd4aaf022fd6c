package io.henge.engine;

import static io.henge.engine.Rows.END;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;

/** A store and a sorted map that random steps change alike: what one shows, the other shows. */
final class ModelledStore implements AutoCloseable {
  private final StorageEngine engine;
  private final Path directory;
  private final Random random;
  private ShardStore store;
  private NavigableMap<byte[], byte[]> model = empty();
  private NavigableMap<byte[], byte[]> durable = empty();

  ModelledStore(StorageEngine engine, Path directory, Random random) {
    this.engine = engine;
    this.directory = directory;
    this.random = random;
    this.store = engine.open(directory);
  }

  private static NavigableMap<byte[], byte[]> empty() {
    return new TreeMap<>(Arrays::compareUnsigned);
  }

  /** Writes, flushes, crashes, copies the store to a new place, or compares some of it. */
  void step(Path copy) {
    int choice = random.nextInt(100);
    if (choice < 70) {
      write();
    } else if (choice < 76) {
      store.flush();
      durable = new TreeMap<>(model);
    } else if (choice < 79) {
      crash();
    } else if (choice < 82) {
      checkpoint(copy);
    } else {
      compareSome();
    }
  }

  /** What was not flushed is gone. */
  private void crash() {
    store.close();
    store = engine.open(directory);
    model = new TreeMap<>(durable);
  }

  private void checkpoint(Path copy) {
    store.checkpoint(copy);
    try (ShardStore second = engine.open(copy)) {
      assertThat(Rows.all(second)).isEqualTo(Rows.all(store));
    }
    if (store.unflushedBytes() == 0) {
      // RocksDB flushes to make a checkpoint.
      durable = new TreeMap<>(model);
    }
  }

  private void write() {
    try (WriteRows rows = store.batch()) {
      for (int i = random.nextInt(6); i >= 0; i--) {
        byte[] key = randomKey();
        int kind = random.nextInt(10);
        if (kind < 6) {
          byte[] value = new byte[random.nextInt(30)];
          random.nextBytes(value);
          rows.put(KeySpace.DATA, key, value);
          model.put(key, value);
        } else if (kind < 9) {
          rows.delete(KeySpace.DATA, key);
          model.remove(key);
        } else {
          byte[] to = randomKey();
          rows.deleteRange(KeySpace.DATA, key, to);
          range(key, to).clear();
        }
      }
      store.write(rows);
    }
  }

  /** The rows between two keys; an empty one is the end, and a reversed range has none. */
  private Map<byte[], byte[]> range(byte[] from, byte[] to) {
    if (to.length == 0) {
      return model.tailMap(from, true);
    }
    return Arrays.compareUnsigned(from, to) >= 0 ? empty() : model.subMap(from, true, to, false);
  }

  private void compareSome() {
    byte[] from = randomKey();
    byte[] to = randomKey();
    boolean reverse = random.nextBoolean();
    List<String> rows = hex(range(from, to));
    if (reverse) {
      Collections.reverse(rows);
    }
    try (ReadView view = random.nextBoolean() ? store.latest() : store.snapshot()) {
      assertThat(hex(view, from, to, reverse)).isEqualTo(rows);
      byte[] key = randomKey();
      assertThat(view.get(KeySpace.DATA, key)).isEqualTo(model.get(key));
      assertThat(view.multiGet(KeySpace.DATA, List.of(key, from)))
          .containsExactly(model.get(key), model.get(from));
    }
  }

  /** All rows, as a scan and as reads of each show them. */
  void compareAll() {
    try (ReadView view = store.latest()) {
      assertThat(hex(view, END, END, false)).isEqualTo(hex(model));
      for (byte[] key : model.keySet()) {
        assertThat(view.get(KeySpace.DATA, key)).isEqualTo(model.get(key));
      }
    }
  }

  private byte[] randomKey() {
    byte[] key = new byte[random.nextInt(4)];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (random.nextInt(4) * 85);
    }
    return key;
  }

  private static List<String> hex(ReadView view, byte[] from, byte[] to, boolean reverse) {
    List<String> rows = new ArrayList<>();
    try (RowCursor cursor = view.scan(KeySpace.DATA, from, to, reverse)) {
      while (cursor.next()) {
        rows.add(row(cursor.key(), cursor.value()));
      }
    }
    return rows;
  }

  private static List<String> hex(Map<byte[], byte[]> model) {
    List<String> rows = new ArrayList<>();
    model.forEach((key, value) -> rows.add(row(key, value)));
    return rows;
  }

  private static String row(byte[] key, byte[] value) {
    return HexFormat.of().formatHex(key) + "=" + HexFormat.of().formatHex(value);
  }

  @Override
  public void close() {
    store.close();
  }
}
