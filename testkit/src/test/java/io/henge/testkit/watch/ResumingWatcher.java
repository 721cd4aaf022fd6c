package io.henge.testkit.watch;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.changes.ChangeToken;
import io.henge.client.DocumentChange;
import io.henge.client.DocumentCollection;
import io.henge.client.Stored;
import io.henge.client.Watch;
import io.henge.client.WatchOptions;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Watches from the start, and now and then begins anew from its token. */
final class ResumingWatcher implements Runnable {
  private final DocumentCollection<JsonObject> documents;
  private final WatchedHistory history;
  private final Random random;
  private final int resumeEvery;

  /** Of each key the versions seen, with what was there; null = nothing. Guarded by this. */
  private final Map<Integer, TreeMap<Long, @Nullable Long>> seen = new HashMap<>();

  private volatile @Nullable Throwable failure;
  private volatile boolean stopped;
  private final AtomicInteger resumed = new AtomicInteger();
  private volatile int repeated;

  /**
   * @param resumeEvery how many changes on average lie between two beginnings; 0 = never
   */
  ResumingWatcher(
      DocumentCollection<JsonObject> documents,
      WatchedHistory history,
      Random random,
      int resumeEvery) {
    this.documents = documents;
    this.history = history;
    this.random = random;
    this.resumeEvery = resumeEvery;
  }

  @Override
  public void run() {
    try {
      WatchOptions options = WatchOptions.START;
      while (!stopped) {
        ChangeToken token = watch(options);
        options = WatchOptions.after(ChangeToken.parse(token.toText()));
        resumed.incrementAndGet();
      }
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  private ChangeToken watch(WatchOptions options) {
    try (Watch<JsonObject> watch = documents.watch(options)) {
      Map<Integer, Long> before = last();
      while (!stopped) {
        Optional<DocumentChange<JsonObject>> change = watch.poll(Duration.ofMillis(200));
        change.ifPresent(found -> take(found, before));
        if (resumeEvery > 0 && random.nextInt(resumeEvery) == 0) {
          break;
        }
      }
      return watch.token();
    }
  }

  private synchronized Map<Integer, Long> last() {
    Map<Integer, Long> last = new HashMap<>();
    seen.forEach((key, versions) -> last.put(key, versions.lastKey()));
    return last;
  }

  /**
   * @param before what had been seen when this watch was begun: up to there it may come again
   */
  private synchronized void take(DocumentChange<JsonObject> change, Map<Integer, Long> before) {
    int key = ((Long) change.shardingKey().parts().get(0)).intValue();
    TreeMap<Long, @Nullable Long> versions = seen.computeIfAbsent(key, any -> new TreeMap<>());
    if (change.version() <= before.getOrDefault(key, 0L)) {
      repeated++;
      return;
    }
    assertThat(versions.isEmpty() || change.version() > versions.lastKey())
        .as("version %d of key %d after %s", change.version(), key, versions)
        .isTrue();
    versions.put(change.version(), change.after().map(ResumingWatcher::number).orElse(null));
  }

  private static Long number(Stored<JsonObject> stored) {
    return stored.document().get("n") instanceof JsonNumber number
        ? number.decimal().longValueExact()
        : -1L;
  }

  void stop() {
    stopped = true;
  }

  int resumed() {
    return resumed.get();
  }

  @Nullable Throwable failure() {
    return failure;
  }

  /** Whether the last that was seen of each key is what is there. */
  synchronized boolean hasSeenAll(List<Stored<JsonObject>> left) {
    Map<Integer, Long> there = new HashMap<>();
    for (Stored<JsonObject> stored : left) {
      int key =
          ((JsonNumber) Objects.requireNonNull(stored.document().get("k")))
              .decimal()
              .intValueExact();
      there.put(key, stored.version());
    }
    for (Map.Entry<Integer, TreeMap<Long, @Nullable Long>> each : seen.entrySet()) {
      Map.Entry<Long, @Nullable Long> last = each.getValue().lastEntry();
      Long version = there.remove(each.getKey());
      boolean same = version == null ? last.getValue() == null : version.equals(last.getKey());
      if (!same) {
        return false;
      }
    }
    return there.isEmpty();
  }

  synchronized void requireComplete(List<Stored<JsonObject>> left) {
    assertThat(failure).isNull();
    assertThat(hasSeenAll(left)).as("the end is what is there").isTrue();
    history
        .all()
        .forEach(
            (key, written) -> {
              TreeMap<Long, @Nullable Long> versions =
                  Objects.requireNonNull(seen.get(key), () -> "key " + key + " was not seen");
              // What was overwritten before the first look at the document is not shown.
              Map<Long, Long> due = written.tailMap(versions.firstKey());
              assertThat(versions).as("key " + key).containsAllEntriesOf(due);
            });
  }

  @Override
  public String toString() {
    return resumed() + " times resumed, " + repeated + " repeated";
  }
}
