package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.shard.Completion;
import io.henge.replication.statemachine.CollectionInfo;
import io.henge.replication.statemachine.CopyRule;
import io.henge.replication.statemachine.CopySource;
import io.henge.replication.statemachine.SourceKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceSearchTest {
  private static final int PRODUCTS = 10;
  private static final int FOLLOW = 20;
  private static final int SNAPSHOT = 21;

  @TempDir private Path directory;

  private final VirtualClock clock = new VirtualClock(1_000_000);
  private final List<Asked> asked = new ArrayList<>();
  private final SourceSearch search = new SourceSearch(key -> key[0] & 3, this::read, clock);
  private InMemoryStorageEngine engine;
  private SimulatedShard shard;
  private long version = 1;
  private boolean down;

  /** One request that is under way. */
  private record Asked(List<SourceKey> sources, CompletableFuture<List<CopySource>> answer) {}

  /** A write that waits. */
  private static final class Write implements Completion<SourceFinder.Found> {
    SourceFinder.@Nullable Found found;
    int flushes;

    @Override
    public void complete(SourceFinder.Found result) {
      assertThat(found).as("once").isNull();
      found = result;
    }

    @Override
    public void flush() {
      flushes++;
    }

    List<CopySource> sources() {
      SourceFinder.Found all = Objects.requireNonNull(found);
      assertThat(all.failure()).isNull();
      assertThat(flushes).isPositive();
      return all.sources();
    }

    ErrorCode error() {
      return Objects.requireNonNull(Objects.requireNonNull(found).failure()).code();
    }
  }

  @BeforeEach
  void create() {
    engine = new InMemoryStorageEngine();
    shard =
        SimulatedShard.create(
            1,
            engine,
            directory,
            new byte[0],
            new byte[0],
            List.of(documents(PRODUCTS, List.of()), documents(11, rules())),
            clock.millis());
  }

  @AfterEach
  void close() {
    shard.close();
    engine.close();
  }

  private static CollectionInfo documents(int id, List<CopyRule> rules) {
    return new CollectionInfo(
        id,
        "c" + id,
        0,
        false,
        false,
        1,
        new CollectionInfo.Documents(List.of("p"), List.of("p"), "", List.of(), rules, null));
  }

  private static List<CopyRule> rules() {
    return List.of(
        rule(FOLLOW, CopyRule.Kind.FOLLOW, "name"), rule(SNAPSHOT, CopyRule.Kind.SNAPSHOT, "paid"));
  }

  private static CopyRule rule(int id, CopyRule.Kind kind, String field) {
    return new CopyRule(
        id,
        kind,
        PRODUCTS,
        List.of(new CopyRule.Field(field, field)),
        "",
        List.of("product"),
        0,
        "",
        5_000,
        CopyRule.WhenDeleted.KEEP,
        CopyRule.State.LIVE);
  }

  private CompletableFuture<List<CopySource>> read(List<SourceKey> sources) {
    Asked request = new Asked(sources, new CompletableFuture<>());
    asked.add(request);
    if (down) {
      fail(request);
    }
    return request.answer();
  }

  /** A source that lies on one of the shards 0 to 3. */
  private static SourceKey source(int rule, int onShard, int number) {
    for (int i = number * 1_000; ; i++) {
      byte[] key = PhysicalKey.of(Key.of(i), PRODUCTS, Key.EMPTY);
      if ((key[0] & 3) == onShard) {
        return new SourceKey(rule, key);
      }
    }
  }

  private Write find(long bytes, SourceKey... sources) {
    Write write = new Write();
    long deadline = clock.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    search.find(
        new SourceFinder.Wish(shard.state(), List.of(sources), bytes, false, deadline), write);
    return write;
  }

  private void answer(Asked request) {
    long now = ++version;
    request
        .answer()
        .complete(
            request.sources().stream()
                .map(source -> new CopySource(source.ruleId(), source.key(), now, null))
                .toList());
  }

  private static void fail(Asked request) {
    request.answer().completeExceptionally(new HengeException(ErrorCode.NOT_LEADER, "not here"));
  }

  /** Time passes, as the node's timer has it. */
  private void pass(long millis) {
    long until = clock.millis() + millis;
    while (clock.millis() < until) {
      clock.after(Math.min(20, until - clock.millis()), search::tick);
      clock.step();
    }
  }

  @Test
  void shouldAskEachShardOnceForAllThatIsWishedForTogether() {
    SourceKey pear = source(SNAPSHOT, 1, 1);
    SourceKey fig = source(SNAPSHOT, 1, 2);
    SourceKey plum = source(FOLLOW, 2, 3);
    Write one = find(10, pear, plum);
    Write two = find(10, pear);
    Write three = find(10, fig, pear);
    assertThat(asked).isEmpty();
    search.flush();
    assertThat(asked).hasSize(2);
    assertThat(asked)
        .extracting(Asked::sources)
        .containsExactlyInAnyOrder(List.of(pear, fig), List.of(plum));
    search.flush();
    assertThat(asked).hasSize(2);
    asked.forEach(this::answer);
    assertThat(one.sources()).hasSize(2);
    assertThat(two.sources()).hasSize(1);
    assertThat(three.sources()).hasSize(2);
    pass(10_000);
    assertThat(asked).hasSize(2);
  }

  @Test
  void shouldNeverAnswerWithWhatWasReadBefore() {
    SourceKey pear = source(SNAPSHOT, 1, 1);
    Write first = find(10, pear);
    search.flush();
    Write second = find(10, pear);
    Write third = find(10, pear);
    search.flush();
    assertThat(asked).as("one request of a shard at a time").hasSize(1);
    answer(asked.get(0));
    assertThat(second.found).as("it came after the read had begun").isNull();
    assertThat(asked).hasSize(2);
    answer(asked.get(1));
    assertThat(first.sources().get(0).version()).isEqualTo(2);
    assertThat(second.sources().get(0).version()).isEqualTo(3);
    assertThat(third.sources().get(0).version()).isEqualTo(3);
  }

  @Test
  void shouldWaitForASnapshotUntilTheDeadlineAndForAFollowedCopyOnlyAMoment() {
    SourceKey paid = source(SNAPSHOT, 1, 1);
    SourceKey name = source(FOLLOW, 1, 1);
    Write both = find(10, paid, name);
    Write named = find(10, name);
    down = true;
    search.flush();
    pass(240);
    assertThat(asked.size()).as("it is tried again, and not all the time").isBetween(5, 15);
    assertThat(named.sources()).containsExactly(CopySource.unknown(FOLLOW, name.key()));
    assertThat(both.found).isNull();
    int before = asked.size();
    pass(4_900);
    assertThat(both.error()).isEqualTo(ErrorCode.DEADLINE);
    assertThat(asked.size()).isGreaterThan(before);
    assertThat(asked.get(asked.size() - 1).sources()).containsExactly(paid);
  }

  @Test
  void shouldAskSomebodyElseIfThereIsNoAnswer() {
    Write write = find(10, source(SNAPSHOT, 1, 1));
    search.flush();
    pass(600);
    assertThat(asked).hasSize(2);
    answer(asked.get(1));
    assertThat(write.sources()).hasSize(1);
    answer(asked.get(0));
    assertThat(write.flushes).isEqualTo(1);
  }

  @Test
  void shouldDivideWhatIsTooMuchForOneRequest() {
    SourceKey[] many = new SourceKey[600];
    for (int i = 0; i < many.length; i++) {
      many[i] = source(SNAPSHOT, 1, i);
    }
    Write write = find(10, many);
    search.flush();
    for (int i = 0; i < 3; i++) {
      assertThat(asked).hasSize(i + 1);
      assertThat(asked.get(i).sources()).hasSize(i < 2 ? 256 : 88);
      answer(asked.get(i));
    }
    assertThat(write.sources()).hasSize(600);
  }

  @Test
  void shouldRefuseWhatIsTooMuchToWait() {
    SourceKey pear = source(SNAPSHOT, 1, 1);
    Write large = find(60 << 20, pear);
    assertThat(find(10 << 20, pear).error()).isEqualTo(ErrorCode.BUSY);
    Write small = find(1 << 20, pear);
    search.flush();
    answer(asked.get(0));
    assertThat(large.sources()).hasSize(1);
    assertThat(small.sources()).hasSize(1);
    Write after = find(70 << 20, pear);
    search.flush();
    answer(asked.get(1));
    assertThat(after.sources()).as("alone, anything may").hasSize(1);
  }
}
