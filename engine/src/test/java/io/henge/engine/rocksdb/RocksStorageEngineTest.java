package io.henge.engine.rocksdb;

import io.henge.engine.StorageEngine;
import io.henge.engine.StorageEngineContract;

class RocksStorageEngineTest extends StorageEngineContract {
  @Override
  protected StorageEngine newEngine() {
    return new RocksStorageEngine(RocksSettings.of(16 << 20));
  }
}
