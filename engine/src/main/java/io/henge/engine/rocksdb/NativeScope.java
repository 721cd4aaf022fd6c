package io.henge.engine.rocksdb;

import java.util.ArrayDeque;
import java.util.Deque;
import org.rocksdb.AbstractNativeReference;

/** Owns native objects and closes them in reverse order. Not thread-safe. */
final class NativeScope implements AutoCloseable {
  private final Deque<AbstractNativeReference> owned = new ArrayDeque<>();

  <T extends AbstractNativeReference> T own(T object) {
    owned.push(object);
    return object;
  }

  @Override
  public void close() {
    while (!owned.isEmpty()) {
      owned.pop().close();
    }
  }
}
