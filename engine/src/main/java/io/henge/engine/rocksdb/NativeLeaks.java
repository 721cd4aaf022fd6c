package io.henge.engine.rocksdb;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what is open of the engine's native objects in this process, for tests: after each, {@link
 * #open()} must be what it was before. One striped addition per object.
 */
public final class NativeLeaks {
  // Counters that name themselves; nobody but this package can reach them.
  @SuppressWarnings("ImmutableEnumChecker")
  enum Kind {
    ENGINE,
    STORE,
    VIEW,
    CURSOR,
    BATCH;

    private final LongAdder open = new LongAdder();

    void opened() {
      open.increment();
    }

    void closed() {
      open.decrement();
    }
  }

  private NativeLeaks() {}

  /** Objects that are open, by kind; kinds without any are left out. */
  public static Map<String, Long> open() {
    Map<String, Long> counts = new TreeMap<>();
    for (Kind kind : Kind.values()) {
      long open = kind.open.sum();
      if (open != 0) {
        counts.put(kind.name(), open);
      }
    }
    return counts;
  }
}
