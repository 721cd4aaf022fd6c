package io.henge.router.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.changes.ChangePart;
import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.api.v1.Change;
import io.henge.api.v1.ChangeKind;
import io.henge.api.v1.ChangesRequest;
import io.henge.api.v1.ChangesResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RingWatchTest {
  private static final int KEYS = 40;
  private static final byte[] RING = {};

  private static void nothing() {}

  /** What a watcher has seen, held against what has happened. */
  private static final class Seen {
    final Map<Integer, List<Long>> made = new TreeMap<>();
    final Map<Integer, Long> last = new TreeMap<>();

    void made(int key, long version) {
      made.computeIfAbsent(key, any -> new ArrayList<>()).add(version);
    }

    /**
     * @param again whether versions that were seen already may come again
     */
    void seen(Change change, boolean again) {
      int key = (int) change.getShardingKey().getParts(0).getInteger();
      long version = change.getVersion();
      long before = last.getOrDefault(key, 0L);
      if (again && version <= before) {
        return;
      }
      assertThat(version).as("order of key " + key).isGreaterThan(before);
      if (change.getKind() != ChangeKind.CHANGE_KIND_PRESENT) {
        for (long between : made.getOrDefault(key, List.of())) {
          assertThat(between > before && between < version && before > 0)
              .as("version %d of key %d was left out", between, key)
              .isFalse();
        }
      }
      last.put(key, version);
    }

    boolean isComplete() {
      return made.entrySet().stream()
          .allMatch(
              each ->
                  last.getOrDefault(each.getKey(), 0L)
                      == each.getValue().get(each.getValue().size() - 1).longValue());
    }
  }

  @Test
  void shouldShowEveryChangeInOrderWhateverBecomesOfTheRing() {
    Random random = Seed.random("RingWatchTest");
    for (int round = 0; round < 60; round++) {
      InMemoryShards shards = new InMemoryShards(random);
      Seen seen = new Seen();
      for (int i = 0; i < 20; i++) {
        int key = random.nextInt(KEYS);
        seen.made(key, shards.change(key));
      }
      ChangeToken token = ChangeToken.of(List.of(ChangePart.scan(RING, RING)));
      RingWatch watch = RingWatch.from(token, shards, 100, RingWatchTest::nothing);
      watch.start();
      boolean resumed = false;
      Map<Integer, Long> atResume = new TreeMap<>();
      for (int step = 0; step < 600; step++) {
        disturb(random, shards, seen);
        shards.step();
        ChangeBatch batch = random.nextBoolean() ? watch.poll() : null;
        if (batch == null) {
          continue;
        }
        int stop = random.nextInt(20) == 0 ? random.nextInt(batch.changes().size() + 1) : -1;
        List<Change> changes = stop < 0 ? batch.changes() : batch.changes().subList(0, stop);
        for (Change change : changes) {
          int key = (int) change.getShardingKey().getParts(0).getInteger();
          boolean again = resumed && change.getVersion() <= atResume.getOrDefault(key, 0L);
          seen.seen(change, again);
        }
        token = batch.tokenBehind(token, changes.size());
        if (stop >= 0) {
          watch.close();
          token = ChangeToken.parse(token.toText());
          watch = RingWatch.from(token, shards, 100, RingWatchTest::nothing);
          watch.start();
          resumed = true;
          atResume = new TreeMap<>(seen.last);
        }
      }
      for (int step = 0; step < 5_000 && !seen.isComplete(); step++) {
        shards.learn();
        shards.step();
        ChangeBatch batch = watch.poll();
        if (batch != null) {
          for (Change change : batch.changes()) {
            seen.seen(change, resumed);
          }
        }
      }
      assertThat(seen.last).hasSameSizeAs(seen.made);
      assertThat(seen.isComplete()).as("everything was seen").isTrue();
    }
  }

  private static void disturb(Random random, InMemoryShards shards, Seen seen) {
    int key = random.nextInt(KEYS);
    switch (random.nextInt(12)) {
      case 0 -> shards.split(key);
      case 1 -> shards.merge(random.nextInt(shards.count()));
      case 2 -> shards.learn();
      case 3, 4, 5 -> seen.made(key, shards.change(key));
      default -> {}
    }
  }

  @Test
  void shouldAskEachShardOnceAtATimeAndKeepPartsFew() {
    Random random = Seed.random("RingWatchTest");
    InMemoryShards shards = new InMemoryShards(random);
    for (int i = 0; i < 200; i++) {
      shards.change(i);
    }
    for (int i = 0; i < 10; i++) {
      shards.split(i * 7);
    }
    shards.learn();
    ChangeToken token = ChangeToken.of(List.of(ChangePart.scan(RING, RING)));
    RingWatch watch = RingWatch.from(token, shards, 100, RingWatchTest::nothing);
    watch.start();
    for (int i = 0; i < 200_000 && token.parts().size() != 1; i++) {
      shards.step();
      ChangeBatch batch = watch.poll();
      token = batch == null ? token : batch.tokenBehind(token, batch.changes().size());
      if (i == 2_000) {
        while (shards.count() > 1) {
          shards.merge(0);
        }
        shards.learn();
      }
    }

    assertThat(token.parts()).as("all of it lies in one shard now").hasSize(1);
  }

  @Test
  void shouldAskForNoMoreThanIsTaken() {
    InMemoryShards shards = new InMemoryShards(new Random(7));
    for (int i = 0; i < 500; i++) {
      shards.change(i % KEYS);
    }
    ChangeToken token = ChangeToken.of(List.of(ChangePart.after(RING, RING, 0)));
    RingWatch watch = RingWatch.from(token, shards, 100, RingWatchTest::nothing);
    watch.start();
    while (shards.step()) {
      // Until nothing is under way any more.
    }
    long asked = shards.asked;
    ChangeBatch batch = watch.poll();
    assertThat(batch).isNotNull();
    assertThat(watch.poll()).as("one page of one shard").isNull();
    assertThat(shards.asked).as("taking it asks for the next").isEqualTo(asked + 1);
  }

  @Test
  void shouldEndWhereHistoryIsGone() {
    Shards gone =
        new Shards() {
          @Override
          public void ask(
              ChangesRequest request,
              BiConsumer<@Nullable ChangesResponse, @Nullable Throwable> answer) {
            answer.accept(null, new HengeException(ErrorCode.NOT_FOUND, "the history is gone"));
          }

          @Override
          public byte[] endOfShard(byte[] key) {
            return RING;
          }

          @Override
          public void later(Runnable task, long millis) {
            throw new AssertionError("nothing to try again");
          }
        };
    int[] told = {0};
    RingWatch watch =
        RingWatch.from(
            ChangeToken.of(List.of(ChangePart.after(RING, RING, 0))), gone, 1, () -> told[0]++);
    watch.start();

    assertThat(told[0]).isEqualTo(1);
    assertThatThrownBy(watch::poll)
        .isInstanceOfSatisfying(
            HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
  }

  @Test
  void shouldTellWhyAShardIsSilentUntilItAnswers() {
    InMemoryShards behind = new InMemoryShards(Seed.random("RingWatchTest"));
    boolean[] away = {true};
    List<Runnable> later = new ArrayList<>();
    Shards shards =
        new Shards() {
          @Override
          public void ask(
              ChangesRequest request,
              BiConsumer<@Nullable ChangesResponse, @Nullable Throwable> answer) {
            if (away[0]) {
              answer.accept(null, new HengeException(ErrorCode.UNAVAILABLE, "the node is gone"));
            } else {
              behind.ask(request, answer);
            }
          }

          @Override
          public byte @Nullable [] endOfShard(byte[] key) {
            return behind.endOfShard(key);
          }

          @Override
          public void later(Runnable task, long millis) {
            if (away[0]) {
              later.add(task);
            } else {
              // The double's shards fail by chance, too.
              behind.later(task, millis);
            }
          }
        };
    RingWatch watch =
        RingWatch.from(
            ChangeToken.of(List.of(ChangePart.scan(RING, RING))),
            shards,
            1,
            RingWatchTest::nothing);
    assertThat(watch.trouble()).isNull();
    watch.start();
    assertThat(watch.trouble()).hasMessage("the node is gone");
    assertThat(watch.poll()).as("no failure of the watch").isNull();

    away[0] = false;
    List.copyOf(later).forEach(Runnable::run);
    for (int i = 0; i < 1_000 && watch.trouble() != null; i++) {
      behind.step();
      watch.poll();
    }
    assertThat(watch.trouble()).isNull();
  }

  @Test
  void shouldSeeWhatHappensOnceItIsPlaced() {
    Random random = Seed.random("RingWatchTest");
    InMemoryShards shards = new InMemoryShards(random);
    shards.split(3);
    shards.split(17);
    shards.change(5);
    RingWatch watch = RingWatch.fromNow(RING, RING, shards, 100, RingWatchTest::nothing);
    watch.start();
    while (!watch.isPlaced()) {
      shards.step();
      watch.poll();
    }
    Seen seen = new Seen();
    for (int key = 0; key < KEYS; key++) {
      seen.made(key, shards.change(key));
    }
    for (int i = 0; i < 10_000 && !seen.isComplete(); i++) {
      shards.step();
      ChangeBatch batch = watch.poll();
      if (batch != null) {
        batch.changes().forEach(change -> seen.seen(change, false));
      }
    }
    assertThat(seen.isComplete()).isTrue();
  }
}
