package io.henge.engine;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Short forms for tests on stores. */
public final class Rows {
  public static final byte[] END = new byte[0];

  private Rows() {}

  public static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  public static @Nullable String text(byte @Nullable [] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  /** Writes one row of DATA. */
  public static void put(ShardStore store, String key, String value) {
    try (WriteRows rows = store.batch()) {
      rows.put(KeySpace.DATA, bytes(key), bytes(value));
      store.write(rows);
    }
  }

  public static void delete(ShardStore store, String key) {
    try (WriteRows rows = store.batch()) {
      rows.delete(KeySpace.DATA, bytes(key));
      store.write(rows);
    }
  }

  /** Reads one row of DATA. */
  public static @Nullable String get(ShardStore store, String key) {
    try (ReadView view = store.latest()) {
      return text(view.get(KeySpace.DATA, bytes(key)));
    }
  }

  /** Rows of a range as `key=value`, in the order of the scan. */
  public static List<String> scan(
      ReadView view, KeySpace space, byte[] from, byte[] to, boolean reverse) {
    List<String> rows = new ArrayList<>();
    try (RowCursor cursor = view.scan(space, from, to, reverse)) {
      while (cursor.next()) {
        rows.add(text(cursor.key()) + "=" + text(cursor.value()));
      }
    }
    return rows;
  }

  /** All rows of all key spaces, keys and values in hex. */
  public static List<String> all(ShardStore store) {
    List<String> rows = new ArrayList<>();
    try (ReadView view = store.snapshot()) {
      for (KeySpace space : KeySpace.values()) {
        try (RowCursor cursor = view.scan(space, END, END, false)) {
          while (cursor.next()) {
            rows.add(
                space
                    + " "
                    + HexFormat.of().formatHex(cursor.key())
                    + "="
                    + HexFormat.of().formatHex(cursor.value()));
          }
        }
      }
    }
    return rows;
  }
}
