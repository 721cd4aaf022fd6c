package io.henge.engine.memory;

import io.henge.engine.StorageEngine;
import io.henge.engine.StorageEngineContract;

class InMemoryStorageEngineTest extends StorageEngineContract {
  @Override
  protected StorageEngine newEngine() {
    return new InMemoryStorageEngine();
  }
}
