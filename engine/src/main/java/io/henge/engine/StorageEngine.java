package io.henge.engine;

import java.nio.file.Path;

/**
 * Opens the stores of one node, which share one memory budget, one cache and one pool of background
 * threads. Thread-safe.
 */
public interface StorageEngine extends AutoCloseable {
  /**
   * Opens the store in a directory, or makes an empty one.
   *
   * @throws io.henge.api.error.HengeException CORRUPTION if the files are damaged or of a newer
   *     format
   */
  ShardStore open(Path directory);

  /** Deletes a closed store's directory. */
  void destroy(Path directory);

  /** Closes everything; every store must have been closed before. */
  @Override
  void close();
}
