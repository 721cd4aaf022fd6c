package io.henge.engine.memory;

import io.henge.engine.DurableFiles;
import io.henge.engine.ShardStore;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreFailedException;
import io.henge.engine.StoreFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Stores in memory, for tests and simulation. {@link ShardStore#flush} and {@link
 * ShardStore#checkpoint} write all rows into a file, so a store that is opened again (by this
 * engine or another) holds what was flushed last: closing without a flush is the same as a crash.
 * {@code getIfCached} always answers.
 */
public final class InMemoryStorageEngine implements StorageEngine {
  private final Set<Path> open = new HashSet<>();

  @Override
  public ShardStore open(Path directory) {
    Path path = directory.toAbsolutePath().normalize();
    synchronized (open) {
      if (!open.add(path)) {
        throw new StoreFailedException(path + " is open already", new IllegalStateException());
      }
    }
    try {
      return openFree(path);
    } catch (IOException e) {
      release(path);
      throw new StoreFailedException(path + ": cannot open: " + e, e);
    } catch (RuntimeException e) {
      release(path);
      throw e;
    }
  }

  private ShardStore openFree(Path path) throws IOException {
    if (StoreFormat.isStamped(path)) {
      StoreFormat.require(path);
    } else {
      Files.createDirectories(path);
      RowsFile.write(path, null);
      StoreFormat.stamp(path);
    }
    return new InMemoryStore(path, RowsFile.read(path), () -> release(path));
  }

  private void release(Path path) {
    synchronized (open) {
      open.remove(path);
    }
  }

  @Override
  public void destroy(Path directory) {
    Path path = directory.toAbsolutePath().normalize();
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

  @Override
  public void close() {
    synchronized (open) {
      if (!open.isEmpty()) {
        throw new IllegalStateException("stores are still open: " + open);
      }
    }
  }
}
