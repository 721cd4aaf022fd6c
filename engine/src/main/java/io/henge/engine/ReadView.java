package io.henge.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads from a store. Not thread-safe. */
public interface ReadView extends AutoCloseable {
  byte @Nullable [] get(KeySpace space, byte[] key);

  /**
   * Like {@link #get}, but never waits for a disk.
   *
   * @return the value, null if there is none, or {@link #NOT_CACHED} if finding out needs a disk
   *     read
   */
  byte @Nullable [] getIfCached(KeySpace space, byte[] key);

  /** What {@link #getIfCached} answers, by identity, if it cannot answer from memory. */
  byte[] NOT_CACHED = new byte[0];

  /** Values of several keys, in order; null where there is none. */
  List<byte @Nullable []> multiGet(KeySpace space, List<byte[]> keys);

  /**
   * A cursor over {@code from} (inclusive) to {@code to} (exclusive; empty = end of the key space),
   * before its first row. Backward cursors begin at the end. Close it before the view.
   */
  RowCursor scan(KeySpace space, byte[] from, byte[] to, boolean reverse);

  @Override
  void close();
}
