package io.henge.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Which stores of an engine are open: each directory once at most. Thread-safe. */
public final class OpenStores {
  /** How an engine opens a store. */
  @FunctionalInterface
  public interface Opening {
    /**
     * Opens the store in a directory that nobody else has open.
     *
     * @param path absolute
     * @param onClosed to be run when the store is closed
     */
    ShardStore open(Path path, Runnable onClosed) throws IOException;
  }

  private final Set<Path> open = new HashSet<>();
  private boolean closed;

  /** As {@link StorageEngine#open} says. */
  public ShardStore open(Path directory, Opening opening) {
    Path path = absolute(directory);
    synchronized (open) {
      if (closed) {
        throw new IllegalStateException("the engine is closed");
      }
      if (!open.add(path)) {
        throw new StoreFailedException(path + " is open already", new IllegalStateException());
      }
    }
    try {
      return opening.open(path, () -> release(path));
    } catch (IOException e) {
      release(path);
      throw new StoreFailedException(path + ": cannot open: " + e, e);
    } catch (RuntimeException | Error e) {
      release(path);
      throw e;
    }
  }

  private void release(Path path) {
    synchronized (open) {
      open.remove(path);
    }
  }

  /** As {@link StorageEngine#destroy} says. */
  public void destroy(Path directory) {
    Path path = absolute(directory);
    synchronized (open) {
      if (open.contains(path)) {
        throw new IllegalStateException(path + " is open");
      }
    }
    try {
      DurableFiles.deleteTree(path);
    } catch (IOException e) {
      throw new StoreFailedException(path + ": cannot delete: " + e, e);
    }
  }

  /**
   * Makes sure that all are closed.
   *
   * @throws IllegalStateException if one is not
   */
  public void requireNone() {
    synchronized (open) {
      if (!open.isEmpty()) {
        throw new IllegalStateException("stores are still open: " + open);
      }
    }
  }

  /**
   * Opens no more.
   *
   * @return false if that was so already
   * @throws IllegalStateException if one is open
   */
  public boolean close() {
    synchronized (open) {
      requireNone();
      boolean first = !closed;
      closed = true;
      return first;
    }
  }

  private static Path absolute(Path directory) {
    return directory.toAbsolutePath().normalize();
  }
}
