package io.henge.engine;

/**
 * Rows to be changed together; later changes of a key win. Owned by one thread. Arrays are not
 * copied.
 */
public interface WriteRows extends AutoCloseable {
  void put(KeySpace space, byte[] key, byte[] value);

  void delete(KeySpace space, byte[] key);

  /** Deletes all keys from {@code from} (inclusive) to {@code to} (exclusive). */
  void deleteRange(KeySpace space, byte[] from, byte[] to);

  /** Number of changes so far. */
  int count();

  /** Bytes of keys and values so far. */
  long bytes();

  /** Empties the batch for further use. */
  void clear();

  @Override
  void close();
}
