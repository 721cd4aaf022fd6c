package io.henge.engine;

/** Walks over rows in order. Not thread-safe. */
public interface RowCursor extends AutoCloseable {
  /** Moves to the next row; false at the end. */
  boolean next();

  /**
   * Moves ahead to the first row at or behind a key; false if there is none. Of cursors that go
   * forwards only. Takes as long as finding a row, however many lie between.
   *
   * @param key not before the current row
   */
  boolean seek(byte[] key);

  /** Key of the current row (without the key space). */
  byte[] key();

  byte[] value();

  @Override
  void close();
}
