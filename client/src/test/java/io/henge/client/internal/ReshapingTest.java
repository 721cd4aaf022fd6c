package io.henge.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.SessionToken;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.client.AsyncItemCollection;
import io.henge.client.Batch;
import io.henge.client.ClientOptions;
import io.henge.client.Item;
import io.henge.client.Page;
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.Session;
import io.henge.client.WriteOptions;
import io.henge.client.WriteResult;
import io.henge.client.testing.ManualLoop;
import io.henge.client.testing.ReshapedCluster;
import io.henge.client.testing.ReshapedRing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Applications at work while shards split, merge, move and change leaders under them: they see
 * latency, and nothing else. In virtual time.
 */
@NullUnmarked
class ReshapingTest {
  private static final int SORT_KEYS = 60;
  private static final ClientOptions OPTIONS =
      ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30));

  private final Random random = Seed.random("ReshapingTest");
  private final ManualLoop loop = new ManualLoop();
  private final ReshapedCluster cluster = new ReshapedCluster(loop, random);
  private final Core core = new Core(List.of("a:1"), OPTIONS, loop, cluster, random);
  private final AsyncItemCollection things =
      new RemoteItems("things", core, new Requests(core, null), null).async();

  @BeforeEach
  void start() {
    core.start();
    loop.advance(10);
    assertThat(core.routes.map().shards()).hasSize(1);
  }

  private static Key divisible(int number) {
    return Key.of(ReshapedRing.DIVISIBLE, number);
  }

  /** Lets time pass, and the ring change, until something is there. */
  private <T> T get(CompletableFuture<T> future) {
    for (int i = 0; i < 100_000 && !future.isDone(); i++) {
      if (random.nextInt(20) == 0) {
        cluster.reshape();
      }
      loop.advance(1);
    }
    assertThat(future).as("answer in time").isDone();
    return future.join();
  }

  private NavigableMap<Key, Long> fill(Key shardingKey) {
    TreeMap<Key, Long> model = new TreeMap<>();
    for (int i = 0; i < SORT_KEYS; i++) {
      Key sortKey = random.nextBoolean() ? Key.of(i) : Key.of("s" + i, -i);
      long value = random.nextInt(1_000_000);
      get(things.put(shardingKey, sortKey, Value.of(value), WriteOptions.DEFAULT));
      model.put(sortKey, value);
    }
    return model;
  }

  @RepeatedTest(5)
  void shouldScanEveryItemOnceWhileBoundariesMove() {
    List<Key> shardingKeys = List.of(divisible(1), divisible(2), Key.of("whole"));
    Map<Key, NavigableMap<Key, Long>> models = new HashMap<>();
    shardingKeys.forEach(key -> models.put(key, fill(key)));
    for (int run = 0; run < 60; run++) {
      Key shardingKey = shardingKeys.get(random.nextInt(shardingKeys.size()));
      NavigableMap<Key, Long> model = models.get(shardingKey);
      Key first = bound(model);
      Key beyond = bound(model);
      if (first != null && beyond != null && first.compareTo(beyond) > 0) {
        Key swap = first;
        first = beyond;
        beyond = swap;
      }
      boolean reverse = random.nextBoolean();
      ScanOptions scan = new ScanOptions(first, beyond, reverse, 1 + random.nextInt(15), null);
      List<String> found = new ArrayList<>();
      Page page;
      int pages = 0;
      do {
        page = get(things.scan(shardingKey, scan, ReadOptions.LINEARIZABLE));
        assertThat(page.items().size()).isLessThanOrEqualTo(scan.limit());
        page.items().forEach(item -> found.add(item.sortKey() + "=" + item.counter()));
        scan = scan.after(page.cursor());
        assertThat(++pages).isLessThan(1_000);
      } while (page.cursor() != null);
      Map<Key, Long> tail = first == null ? model : model.tailMap(first, true);
      Map<Key, Long> expected = new TreeMap<>(tail);
      Key end = beyond;
      expected.keySet().removeIf(key -> end != null && key.compareTo(end) >= 0);
      List<String> wanted = new ArrayList<>();
      expected.forEach((key, value) -> wanted.add(wanted.size(), key + "=" + value));
      if (reverse) {
        Collections.reverse(wanted);
      }
      assertThat(found).isEqualTo(wanted);
    }
    assertThat(cluster.ring().splits()).isPositive();
    assertThat(cluster.ring().merges()).isPositive();
    assertThat(cluster.ring().partialPages()).isPositive();
    assertThat(cluster.ring().wrongShards()).isPositive();
  }

  private Key bound(NavigableMap<Key, Long> model) {
    return switch (random.nextInt(4)) {
      case 0 -> null;
      case 1 -> Key.of(random.nextInt(SORT_KEYS));
      default -> new ArrayList<>(model.keySet()).get(random.nextInt(model.size()));
    };
  }

  @RepeatedTest(5)
  void shouldReadItemsOfSeveralShardsTogether() {
    Key shardingKey = divisible(1);
    NavigableMap<Key, Long> model = fill(shardingKey);
    // More than any shard has reached: whoever leads has to serve it all the same.
    Session session = new Session(SessionToken.everywhere(1L << 40));
    for (int run = 0; run < 100; run++) {
      List<Key> sortKeys = new ArrayList<>();
      for (int i = random.nextInt(20); i >= 0; i--) {
        sortKeys.add(
            random.nextInt(5) == 0
                ? Key.of("none", i)
                : new ArrayList<>(model.keySet()).get(random.nextInt(model.size())));
      }
      ReadOptions options =
          random.nextBoolean() ? ReadOptions.LINEARIZABLE : ReadOptions.session(session);
      List<Optional<Item>> found = get(things.getAll(shardingKey, sortKeys, options));
      assertThat(found).hasSameSizeAs(sortKeys);
      for (int i = 0; i < sortKeys.size(); i++) {
        assertThat(found.get(i).map(Item::counter))
            .as("%s", sortKeys.get(i))
            .isEqualTo(Optional.ofNullable(model.get(sortKeys.get(i))));
      }
    }
    assertThat(cluster.ring().wrongShards()).isPositive();
  }

  /** One user: writes, then reads what it wrote, and never sees an older state than before. */
  private final class User {
    private final Session session = new Session();
    private final AsyncItemCollection own =
        new RemoteItems("things", core, new Requests(core, session), session).async();
    private final Key shardingKey;
    private final Key batchKey;
    private final Map<Key, Long> seen = new HashMap<>();
    private final Map<Key, Set<Long>> given;
    private int left;

    User(int number, int operations, Map<Key, Set<Long>> given) {
      shardingKey = divisible(number % 5);
      batchKey = Key.of("batch", number % 3);
      left = operations;
      this.given = given;
    }

    CompletableFuture<Void> work() {
      if (left-- == 0) {
        return CompletableFuture.completedFuture(null);
      }
      Key sortKey = Key.of(random.nextInt(8));
      return switch (random.nextInt(4)) {
        case 0, 1 ->
            own.increment(shardingKey, sortKey, 1, WriteOptions.DEFAULT)
                .thenCompose(
                    result -> {
                      wrote(shardingKey, sortKey, result);
                      return work();
                    });
        case 2 -> batch().thenCompose(done -> work());
        default ->
            own.get(shardingKey, sortKey, ReadOptions.session(session))
                .thenCompose(
                    item -> {
                      read(sortKey, item.map(Item::counter).orElse(0L));
                      return work();
                    });
      };
    }

    private CompletableFuture<Void> batch() {
      Batch batch =
          Batch.on(batchKey)
              .increment("things", Key.of("left"), 1)
              .increment("things", Key.of("right"), 1);
      return core.callAsync(
          map -> new Requests(core, session).write(map, batch, Duration.ZERO),
          (call, answer) -> {
            assertThat(answer.getWrite().getResults(0).getCounter())
                .isEqualTo(answer.getWrite().getResults(1).getCounter());
            return null;
          });
    }

    private void wrote(Key key, Key sortKey, WriteResult result) {
      Key both = Key.of(key.encoded(), sortKey.encoded());
      assertThat(given.computeIfAbsent(both, k -> new HashSet<>()).add(result.counter()))
          .as("each value of a counter is given once")
          .isTrue();
      seen.merge(sortKey, result.counter(), Math::max);
    }

    private void read(Key sortKey, long counter) {
      assertThat(counter).isGreaterThanOrEqualTo(seen.getOrDefault(sortKey, 0L));
      seen.put(sortKey, counter);
    }
  }

  @RepeatedTest(5)
  void shouldWriteExactlyOnceAndReadWhatWasWrittenWhateverBecomesOfTheShards() {
    cluster.lose(10);
    Map<Key, Set<Long>> given = new HashMap<>();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      all.add(new User(i, 120, given).work());
    }
    get(CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)));
    long increments = 0;
    for (int number = 0; number < 5; number++) {
      for (int sort = 0; sort < 8; sort++) {
        Key shardingKey = divisible(number);
        io.henge.api.v1.Item item =
            cluster.ring().item(PhysicalKey.of(shardingKey, 1, Key.of(sort)));
        Key both = Key.of(shardingKey.encoded(), Key.of(sort).encoded());
        int count = given.getOrDefault(both, Set.of()).size();
        assertThat(item == null ? 0 : item.getValue().getCounter()).isEqualTo(count);
        increments += count;
      }
    }
    long batches = 0;
    for (int number = 0; number < 3; number++) {
      Key shardingKey = Key.of("batch", number);
      io.henge.api.v1.Item left =
          cluster.ring().item(PhysicalKey.of(shardingKey, 1, Key.of("left")));
      io.henge.api.v1.Item right =
          cluster.ring().item(PhysicalKey.of(shardingKey, 1, Key.of("right")));
      assertThat(left.getValue()).isEqualTo(right.getValue());
      batches += left.getValue().getCounter();
    }
    assertThat(cluster.ring().effects()).isEqualTo(increments + batches);
    assertThat(core.statistics().attempts()).isGreaterThan(core.statistics().requests());
    assertThat(cluster.ring().splits()).isPositive();
    assertThat(cluster.ring().merges()).isPositive();
    assertThat(cluster.ring().wrongShards()).isPositive();
  }
}
