package io.henge.engine.memory;

import io.henge.engine.OpenStores;
import io.henge.engine.ShardStore;
import io.henge.engine.StorageEngine;
import io.henge.engine.StoreFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Stores in memory, for tests and simulation. {@link ShardStore#flush} and {@link
 * ShardStore#checkpoint} write all rows into a file, so a store that is opened again (by this
 * engine or another) holds what was flushed last: closing without a flush is the same as a crash.
 * {@code getIfCached} always answers.
 */
public final class InMemoryStorageEngine implements StorageEngine {
  private final OpenStores stores = new OpenStores();

  @Override
  public ShardStore open(Path directory) {
    return stores.open(directory, InMemoryStorageEngine::openFree);
  }

  private static ShardStore openFree(Path path, Runnable onClosed) throws IOException {
    if (StoreFormat.isStamped(path)) {
      StoreFormat.require(path);
    } else {
      Files.createDirectories(path);
      RowsFile.write(path, null);
      StoreFormat.stamp(path);
    }
    return new InMemoryStore(path, RowsFile.read(path), onClosed);
  }

  @Override
  public void destroy(Path directory) {
    stores.destroy(directory);
  }

  @Override
  public void close() {
    stores.requireNone();
  }
}
