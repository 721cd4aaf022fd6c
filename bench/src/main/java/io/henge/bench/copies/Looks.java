package io.henge.bench.copies;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.client.DocumentCollection;
import io.henge.client.FindOptions;
import io.henge.client.ReadOptions;
import io.henge.client.Stored;
import io.henge.document.filter.Filter;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonText;
import io.henge.document.value.JsonValue;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the copies of one document, linearizably, in one family after the other, some at the
 * same time.
 */
final class Looks {
  private static final int AT_ONCE = 6;
  private static final long PAUSE_MILLIS = 5;

  private final DocumentCollection<JsonObject> holders;
  private final String shardPath;
  private final String idPath;
  private final String on;
  private final JsonValue source;
  private final String copy;

  /**
   * @param on member of a holder that names its source
   * @param source what that is, for the copies that are looked at
   * @param copy member of a holder that is the copy
   */
  Looks(
      DocumentCollection<JsonObject> holders,
      String shardPath,
      String idPath,
      String on,
      JsonValue source,
      String copy) {
    this.holders = holders;
    this.shardPath = shardPath;
    this.idPath = idPath;
    this.on = on;
    this.source = source;
    this.copy = copy;
  }

  JsonValue source() {
    return source;
  }

  /** Which documents have the copy. */
  Filter followers() {
    return Filter.parse(on + " = " + source);
  }

  /**
   * Documents, as targets of writes.
   *
   * @param filter null = all
   * @param max 0 = all
   * @param without members that are copies
   */
  List<RenameLoad.Target> targets(@Nullable Filter filter, int max, Set<String> without) {
    FindOptions find = filter == null ? FindOptions.ALL : FindOptions.ALL.where(filter);
    List<RenameLoad.Target> targets = new ArrayList<>();
    Iterator<Stored<JsonObject>> all = holders.findOnAllShards(find, ReadOptions.LINEARIZABLE);
    while (all.hasNext() && (max == 0 || targets.size() < max)) {
      JsonObject document = all.next().document();
      JsonObject bare = document;
      for (String member : without) {
        bare = bare.without(member);
      }
      targets.add(
          new RenameLoad.Target(key(document.get(shardPath)), key(document.get(idPath)), bare));
    }
    return targets;
  }

  private static Key key(@Nullable JsonValue value) {
    return value instanceof JsonNumber number
        ? Key.of(number.longValue())
        : Key.of(((JsonText) Objects.requireNonNull(value)).value());
  }

  /** Copies, at this moment, that are not what they should be; of all documents. */
  int wrong(String name) {
    Iterator<Stored<JsonObject>> all =
        holders.findOnAllShards(
            FindOptions.ALL.where(followers()).fields(copy), ReadOptions.LINEARIZABLE);
    int wrong = 0;
    while (all.hasNext()) {
      if (!new JsonText(name).equals(all.next().document().get(copy))) {
        wrong++;
      }
    }
    return wrong;
  }

  /**
   * What was seen.
   *
   * @param copies in all families when they were right
   * @param rightAtFirst how many of them were right when the first look at all had ended in which
   *     one was
   * @param atNanos when the last family was seen to be right
   * @param lastLookNanos how long the last look took
   */
  record Seen(int copies, int rightAtFirst, long atNanos, long lastLookNanos) {}

  /**
   * Looks again and again at the families that are not right yet.
   *
   * @param midway run once, when the first copy is seen to be right
   * @throws IllegalStateException if they are not right in time
   */
  Seen untilRight(Collection<Key> families, String name, long endNanos, Runnable midway)
      throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(AT_ONCE);
    try {
      ConcurrentMap<Key, Integer> right = new ConcurrentHashMap<>();
      Set<Key> left = new LinkedHashSet<>(families);
      AtomicBoolean begun = new AtomicBoolean();
      int rightAtFirst = 0;
      while (true) {
        long from = System.nanoTime();
        AtomicInteger rightNow = new AtomicInteger();
        List<CompletableFuture<Void>> looks = new ArrayList<>();
        for (Key family : left) {
          looks.add(
              CompletableFuture.runAsync(
                  () -> {
                    Family seen = look(family, name);
                    rightNow.addAndGet(seen.right());
                    if (seen.right() == seen.all()) {
                      right.put(family, seen.all());
                    }
                    if (seen.right() > 0 && begun.compareAndSet(false, true)) {
                      midway.run();
                    }
                  },
                  threads));
        }
        CompletableFuture.allOf(looks.toArray(CompletableFuture<?>[]::new)).join();
        if (rightAtFirst == 0) {
          rightAtFirst = rightNow.get();
        }
        left.removeAll(right.keySet());
        long now = System.nanoTime();
        if (left.isEmpty()) {
          int copies = right.values().stream().mapToInt(count -> count).sum();
          return new Seen(copies, rightAtFirst, now, now - from);
        }
        if (now - endNanos > 0) {
          throw new IllegalStateException(
              "copies of "
                  + left.size()
                  + " sharding keys are not right; the first: "
                  + left.iterator().next());
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private record Family(int right, int all) {}

  private Family look(Key family, String name) {
    JsonText wanted = new JsonText(name);
    int right = 0;
    int all = 0;
    try {
      Iterator<Stored<JsonObject>> found =
          holders.find(family, FindOptions.ALL.where(followers()).fields(copy));
      while (found.hasNext()) {
        all++;
        if (wanted.equals(found.next().document().get(copy))) {
          right++;
        }
      }
    } catch (HengeException e) {
      // Its shard may have no leader now: it is looked at again.
      return new Family(0, 1);
    }
    return new Family(right, all);
  }
}
