package io.henge.testkit.watch;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** What writers were told: of each key its versions, and what was written under them. */
final class WatchedHistory {
  private final Map<Integer, TreeMap<Long, Long>> byKey = new HashMap<>();
  private final AtomicLong count = new AtomicLong();

  synchronized void acknowledged(int key, long version, long n) {
    byKey.computeIfAbsent(key, any -> new TreeMap<>()).put(version, n);
    count.incrementAndGet();
  }

  long acknowledged() {
    return count.get();
  }

  /** A copy. */
  synchronized Map<Integer, NavigableMap<Long, Long>> all() {
    Map<Integer, NavigableMap<Long, Long>> copy = new HashMap<>();
    byKey.forEach((key, versions) -> copy.put(key, new TreeMap<>(versions)));
    return copy;
  }

  /** Waits until so many more were acknowledged. */
  void awaitMore(long more) {
    long wanted = count.get() + more;
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> count.get() >= wanted);
  }

  @Override
  public String toString() {
    return count + " writes";
  }
}
