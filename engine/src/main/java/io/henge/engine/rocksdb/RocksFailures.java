package io.henge.engine.rocksdb;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.engine.StoreFailedException;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** Turns RocksDB's failures into ours: damaged data, or a file system that does not work. */
final class RocksFailures {
  private RocksFailures() {}

  static RuntimeException of(String what, RocksDBException failure) {
    Status.Code code = code(failure);
    if (code == Status.Code.Corruption) {
      return new HengeException(
          ErrorCode.CORRUPTION, what + ": damaged: " + failure.getMessage(), failure);
    }
    return new StoreFailedException(what + ": " + code + ": " + failure.getMessage(), failure);
  }

  /** While opening, a file that is missing or cannot be understood is damage too. */
  static RuntimeException ofOpening(String what, RocksDBException failure) {
    Status.Code code = code(failure);
    String message = String.valueOf(failure.getMessage());
    boolean damaged =
        code == Status.Code.InvalidArgument
            || code == Status.Code.NotSupported
            || code == Status.Code.NotFound
            || (code == Status.Code.IOError && message.contains("No such file"));
    return damaged
        ? new HengeException(ErrorCode.CORRUPTION, what + ": cannot be opened: " + message, failure)
        : of(what, failure);
  }

  static Status.@Nullable Code code(RocksDBException failure) {
    Status status = failure.getStatus();
    return status == null ? null : status.getCode();
  }
}
