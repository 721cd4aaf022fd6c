package io.henge.replication.statemachine;

import static io.henge.replication.statemachine.TestShard.add;
import static io.henge.replication.statemachine.TestShard.command;
import static io.henge.replication.statemachine.TestShard.key;
import static io.henge.replication.statemachine.TestShard.mutation;
import static io.henge.replication.statemachine.TestShard.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.engine.Flushable;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.ShardStore;
import io.henge.engine.WriteRows;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.LogPosition;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardStateMachineTest {
  private static final long TIME = 1_000_000;
  private static final long LATER = TIME + 60_000;
  private static final byte[] KEY = key("ann", TestShard.PLAIN, "1");

  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();
  @TempDir Path directory;

  @Test
  void shouldRefuseWritesUntilItIsDescribed() {
    try (TestShard shard = new TestShard(engine, directory)) {
      WriteCommand command = command(1, LATER, put(KEY, "x"));
      assertThat(shard.write(TIME, command).get(0).error()).isEqualTo(ErrorCode.WRONG_SHARD);
      shard.create(TIME);
      assertThat(shard.write(TIME, command).get(0).error()).isNull();
    }
  }

  @Test
  void shouldKeepItsFirstDescription() {
    try (TestShard shard = new TestShard(engine, directory).create(TIME)) {
      shard.applyNew(
          new Entry.Create(
              shard.header(EntryKind.CREATE, TIME),
              new ShardDescription(8, 2, new byte[] {9}, new byte[] {10}),
              List.of()),
          false);
      assertThat(Objects.requireNonNull(shard.machine().state().shard()).shardId()).isEqualTo(7);
      assertThat(shard.machine().state().collections()).isEqualTo(TestShard.COLLECTIONS);
    }
  }

  @Test
  void shouldKeepTheNewestDescriptionOfACollection() {
    CollectionInfo newer = new CollectionInfo(1, "plain", 70, false, false, 6);
    CollectionInfo older = new CollectionInfo(1, "plain", 80, false, false, 5);
    try (TestShard shard = new TestShard(engine, directory).create(TIME)) {
      assertThat(shard.machine().state().knows(newer)).isFalse();
      for (CollectionInfo info : List.of(newer, older)) {
        shard.applyNew(
            new Entry.Catalogue(shard.header(EntryKind.CATALOGUE, TIME), List.of(info)), false);
      }
      assertThat(shard.machine().state().collection(1)).isEqualTo(newer);
      assertThat(shard.machine().state().knows(newer)).isTrue();
      assertThat(shard.machine().state().knows(older)).isTrue();
      shard.machine().flush();
      shard.crash();
      assertThat(shard.machine().state().collection(1)).isEqualTo(newer);
      WriteCommand stale = new WriteCommand(TestShard.request(1), LATER, 5, List.of(put(KEY, "x")));
      assertThat(shard.write(TIME, stale).get(0).error()).isEqualTo(ErrorCode.STALE_CATALOGUE);
    }
  }

  @Test
  void shouldRefuseKeysOutsideItsRange() {
    byte[] end = key("ann", TestShard.PLAIN, "2");
    try (TestShard shard = new TestShard(engine, directory).create(TIME, KEY, end)) {
      WriteOutcome outcome =
          shard.write(TIME, command(1, LATER, put(end, "y"), put(KEY, "x"))).get(0);
      assertThat(outcome.error()).isEqualTo(ErrorCode.WRONG_SHARD);
      assertThat(outcome.failedMutation()).isEqualTo(0);
      assertThat(shard.rows(KeySpace.DATA)).isEmpty();
      assertThat(shard.rows(KeySpace.REQUESTS)).isEmpty();
      assertThat(shard.write(TIME, command(1, LATER, put(KEY, "x"))).get(0).error()).isNull();
    }
  }

  /** No shard holds all of it, so that asking elsewhere does not help. */
  @Test
  void shouldRefuseAWriteThatABoundaryDividesForGood() {
    byte[] end = key("ann", TestShard.PLAIN, "2");
    byte[] foreign = key("bob", TestShard.PLAIN, "2");
    try (TestShard shard = new TestShard(engine, directory).create(TIME, KEY, end)) {
      WriteCommand divided =
          command(
              1, LATER, put(KEY, "x"), put(key("ann", TestShard.PLAIN, "11"), "y"), put(end, "z"));
      WriteOutcome outcome = shard.write(TIME, divided).get(0);
      assertThat(outcome.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(outcome.message()).contains("divides the sharding key");
      assertThat(outcome.failedMutation()).isEqualTo(2);
      assertThat(shard.rows(KeySpace.DATA)).isEmpty();
      // Under the same request id nothing takes effect any more, whatever becomes of the boundary.
      assertThat(shard.write(TIME, command(1, LATER, put(KEY, "x"))).get(0).error())
          .isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(shard.write(TIME, command(2, LATER, put(KEY, "x"))).get(0).error()).isNull();
      // Of another sharding key: that is a matter of asking the right shard.
      if (Arrays.compareUnsigned(foreign, end) >= 0 || Arrays.compareUnsigned(foreign, KEY) < 0) {
        assertThat(shard.write(TIME, command(3, LATER, put(KEY, "x"), put(foreign, "y"))).get(0))
            .extracting(WriteOutcome::error)
            .isEqualTo(ErrorCode.WRONG_SHARD);
      }
    }
  }

  /** All of a write or nothing: what its first mutations did is taken back. */
  @Test
  void shouldTakeBackWhatAFailedWriteHadDone() {
    byte[] other = key("ann", TestShard.PLAIN, "2");
    byte[] third = key("ann", TestShard.PLAIN, "3");
    try (TestShard shard = new TestShard(engine, directory).create(TIME)) {
      shard.write(TIME, command(1, LATER, put(KEY, "a"), add(other, 5)));
      long version = shard.machine().state().version();
      List<WriteOutcome> outcomes =
          shard.write(
              TIME,
              command(2, LATER, add(other, 1)),
              command(
                  3,
                  LATER,
                  mutation(KEY, Action.Remove.REMOVE),
                  add(other, 1),
                  add(other, 1),
                  put(third, "new", 100),
                  mutation(third, new Action.Add(1))),
              command(4, LATER, add(other, 1)));
      assertThat(outcomes.get(1).error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(outcomes.get(1).failedMutation()).isEqualTo(4);
      assertThat(outcomes.get(1).results()).isEmpty();
      assertThat(shard.machine().state().version()).isEqualTo(version + 2);
      assertThat(Objects.requireNonNull(shard.get(KEY)).value()).isEqualTo(Value.of("a"));
      assertThat(Objects.requireNonNull(shard.get(other)).value()).isEqualTo(Value.of(7));
      assertThat(shard.get(third)).isNull();
      assertThat(shard.rows(KeySpace.EXPIRY)).isEmpty();
    }
  }

  /** A put costs no read as long as nothing in its collection has ever had an expiry. */
  @Test
  void shouldNotReadForAPutWithoutConditionOrExpiry() {
    AtomicInteger reads = new AtomicInteger();
    ShardStore store = counting(engine.open(directory), reads);
    ShardStateMachine machine = new ShardStateMachine(engine, store, path -> {});
    EntryHeader header = new EntryHeader(EntryKind.WRITES, 1, 1, 1, TIME);
    Entry create =
        new Entry.Create(
            new EntryHeader(EntryKind.CREATE, 1, 1, 1, TIME),
            new ShardDescription(7, 1, TestShard.NONE, TestShard.NONE),
            TestShard.COLLECTIONS);
    machine.apply(new LogPosition(1, 0), TestShard.NONE, create);
    reads.set(0);
    machine.apply(
        new LogPosition(1, 1),
        TestShard.NONE,
        new Entry.Writes(header, List.of(command(1, LATER, put(KEY, "x")))));
    assertThat(reads).hasValue(0);
    machine.apply(
        new LogPosition(1, 2),
        TestShard.NONE,
        new Entry.Writes(
            header,
            List.of(
                command(2, LATER, put(key("bob", TestShard.PLAIN, "1"), "x", 100)),
                command(3, LATER, put(KEY, "y")))));
    assertThat(reads).hasValue(1);
    machine.close();
  }

  /** More than apply keeps of what it has read; the answers are the same. */
  @Test
  void shouldEvaluateMoreItemsThanItKeepsInMemory() {
    try (TestShard shard = new TestShard(engine, directory).create(TIME)) {
      byte[] large = new byte[ApplyLimits.VALUE_BYTES_MAX];
      int items = 20;
      for (int i = 0; i < items; i++) {
        large[0] = (byte) i;
        shard.write(
            TIME,
            command(i + 1, LATER, mutation(large(i), new Action.Put(Value.of(large.clone()), 0))));
      }
      List<WriteCommand> commands = new ArrayList<>();
      for (int i = 0; i < 2 * items; i++) {
        large[0] = (byte) (i % items);
        Condition same = new Condition.ValueIs(Value.of(large.clone()));
        commands.add(
            command(
                100 + i,
                LATER,
                new Mutation(large(i % items), same, Action.Check.CHECK, false),
                add(KEY, 1)));
      }
      commands.add(command(200, LATER, mutation(large(0), Action.Remove.REMOVE), add(KEY, 1)));
      commands.add(
          command(
              201,
              LATER,
              new Mutation(large(0), Condition.absent(), Action.Check.CHECK, false),
              add(KEY, 1)));
      assertThat(shard.write(TIME, commands, false))
          .allSatisfy(outcome -> assertThat(outcome.error()).isNull());
      assertThat(Objects.requireNonNull(shard.get(KEY)).value()).isEqualTo(Value.of(2 * items + 2));
      assertThat(shard.rows(KeySpace.DATA)).hasSize(items);
    }
  }

  private static byte[] large(int number) {
    return key("ann", TestShard.PLAIN, "large" + number);
  }

  @Test
  void shouldStopAtAnEntryThatItCannotRead() {
    try (TestShard shard = new TestShard(engine, directory).create(TIME)) {
      shard.machine().flush();
      long before = shard.machine().checksum();
      byte[] newer = EntryCodec.encode(new Entry.Tick(shard.header(EntryKind.TICK, TIME)));
      newer[0]++;
      assertThatThrownBy(() -> shard.machine().apply(TestShard.position(1), newer, null))
          .isInstanceOfSatisfying(
              HengeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CORRUPTION));
      // It must not go on as if nothing had been there.
      assertThatThrownBy(() -> shard.tick(TIME)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> shard.machine().advance(TestShard.position(2)))
          .isInstanceOf(IllegalStateException.class);
      assertThat(shard.machine().checksum()).isEqualTo(before);
      assertThat(shard.machine().applied()).isEqualTo(TestShard.position(0));
    }
  }

  @Test
  void shouldNotApplyAPositionTwice() {
    try (TestShard shard = new TestShard(engine, directory).create(TIME)) {
      byte[] entry = shard.log().get(0);
      assertThatThrownBy(() -> shard.machine().apply(TestShard.position(0), entry, null))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("came again");
    }
  }

  @Test
  void shouldKeepPositionsWithoutCommands() {
    try (TestShard shard = new TestShard(engine, directory).create(TIME)) {
      LogPosition passed = new LogPosition(4, 9);
      shard.machine().advance(passed);
      assertThat(shard.machine().durable()).isEqualTo(LogPosition.NONE);
      assertThat(shard.machine().state().applied()).isEqualTo(passed);
      assertThat(shard.machine().flush()).isEqualTo(passed);
      shard.slot().close();
      try (TestShard again = new TestShard(engine, directory)) {
        assertThat(again.machine().applied()).isEqualTo(passed);
        assertThat(again.machine().durable()).isEqualTo(passed);
        assertThat(again.machine().state().applied()).isEqualTo(passed);
      }
    }
  }

  @Test
  void shouldTellTheFlushSchedulerWhatACrashWouldReplay() {
    AtomicLong clock = new AtomicLong(5);
    try (TestShard shard = new TestShard(engine, directory).create(TIME)) {
      Flushable flushable = shard.machine().flushable("shard 7", clock::get);
      assertThat(flushable.name()).isEqualTo("shard 7");
      assertThat(flushable.dirtySinceNanos()).hasValue(5);
      clock.set(9);
      long before = flushable.unflushedBytes();
      shard.write(TIME, command(1, LATER, put(KEY, "x")));
      assertThat(flushable.unflushedBytes()).isGreaterThan(before);
      assertThat(flushable.memtableBytes()).isPositive();
      assertThat(flushable.dirtySinceNanos()).hasValue(5);
      flushable.flush();
      assertThat(flushable.unflushedBytes()).isZero();
      assertThat(flushable.dirtySinceNanos()).isEmpty();
      assertThat(shard.machine().durable()).isEqualTo(shard.machine().applied());
      shard.machine().advance(new LogPosition(2, 50));
      assertThat(flushable.dirtySinceNanos()).hasValue(9);
    }
  }

  @Test
  void shouldGoOnFromTheCheckpointOfAnotherReplica() {
    try (TestShard source = new TestShard(engine, directory.resolve("source")).create(TIME);
        TestShard target = new TestShard(engine, directory.resolve("target"))) {
      WriteCommand increment = command(1, LATER, add(KEY, 1));
      source.write(TIME, increment);
      source.write(TIME, command(2, LATER, put(key("bob", TestShard.EXPIRING, "1"), "x")));
      Path copy = target.slot().workPath("copy");
      LogPosition copied = source.machine().checkpoint(copy);
      assertThat(copied).isEqualTo(source.machine().applied());
      source.write(TIME, command(3, LATER, add(KEY, 1)));

      List<LogPosition> told = new ArrayList<>();
      target
          .machine()
          .observe(
              new EntryObserver() {
                @Override
                public void onInstalled(LogPosition position) {
                  told.add(position);
                }
              });
      target.machine().install(copy);
      assertThat(told).containsExactly(copied);
      assertThat(target.machine().applied()).isEqualTo(copied);
      assertThat(target.machine().durable()).isEqualTo(copied);
      assertThat(target.machine().nextExpiry()).isEqualTo(TIME + 500);
      target.replay(source.log());
      assertThat(target.machine().checksum()).isEqualTo(source.machine().checksum());

      // Memory of requests came along.
      for (TestShard each : List.of(source, target)) {
        byte[] retry =
            EntryCodec.encode(
                new Entry.Writes(
                    new EntryHeader(EntryKind.WRITES, 1, 9, 9, TIME), List.of(increment)));
        each.machine().apply(new LogPosition(9, 99), retry, null);
        assertThat(Objects.requireNonNull(each.get(KEY)).value()).isEqualTo(Value.of(2));
      }
      assertThat(target.machine().checksum()).isEqualTo(source.machine().checksum());

      Path old = target.slot().workPath("old");
      try (TestShard young = new TestShard(engine, directory.resolve("young")).create(TIME)) {
        young.machine().checkpoint(old);
      }
      assertThatThrownBy(() -> target.machine().install(old))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("older");
    }
  }

  @Test
  void shouldApplyNothingBehindACheckpointThatCannotBeLoaded() {
    try (TestShard source = new TestShard(engine, directory.resolve("source")).create(TIME);
        TestShard target = new TestShard(engine, directory.resolve("target"))) {
      source.write(TIME, command(1, LATER, add(KEY, 1)));
      try (WriteRows damage = source.slot().batch()) {
        damage.put(
            KeySpace.SYSTEM, "shard".getBytes(StandardCharsets.US_ASCII), new byte[] {99, 1});
        source.slot().write(damage);
      }
      Path copy = target.slot().workPath("copy");
      LogPosition copied = source.machine().checkpoint(copy);
      source.write(TIME, command(2, LATER, add(KEY, 1)));

      assertThatThrownBy(() -> target.machine().install(copy)).isInstanceOf(HengeException.class);
      assertThat(target.machine().applied()).isEqualTo(copied);
      assertThatThrownBy(() -> target.replay(source.log()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("could not be applied");
      assertThat(target.machine().applied()).isEqualTo(copied);
    }
  }

  @Test
  void shouldTellItsObserverWhatTheLogDoes() {
    List<String> told = new ArrayList<>();
    EntryObserver observer =
        new EntryObserver() {
          @Override
          public void onApplied(EntryHeader header, LogPosition position) {
            told.add("applied " + header.kind() + " " + position.index());
          }

          @Override
          public void onAdvanced(LogPosition position) {
            told.add("advanced " + position.index());
          }

          @Override
          public void onForeignAppended(@Nullable EntryHeader header) {
            told.add("foreign " + (header == null ? "?" : header.proposerId()));
          }

          @Override
          public void onLeadershipChanged(boolean isLeader, long term, @Nullable String leader) {
            told.add("leader " + isLeader + " " + term + " " + leader);
          }

          @Override
          public void onStopped(@Nullable Throwable fault) {
            told.add("stopped " + fault);
          }
        };
    try (TestShard shard = new TestShard(engine, directory, observer).create(TIME)) {
      shard.machine().foreignEntryAppended(shard.log().get(0));
      shard.machine().foreignEntryAppended(new byte[] {77});
      shard.machine().leadershipChanged(true, 3, "me");
      shard.machine().advance(new LogPosition(3, 5));
      shard.machine().stopped(null);
    }
    assertThat(told)
        .containsExactly(
            "applied CREATE 0",
            "foreign 1122334455667788",
            "foreign ?",
            "leader true 3 me",
            "advanced 5",
            "stopped null");
  }

  @Test
  void shouldReadRangesPageByPage() {
    try (TestShard shard = new TestShard(engine, directory)) {
      byte[] first = key("ann", TestShard.PLAIN, "k1");
      byte[] last = key("ann", TestShard.PLAIN, "k8");
      shard.create(TIME, first, last);
      for (int i = 0; i < 10; i++) {
        shard.write(
            TIME, command(i + 1, LATER, put(key("ann", TestShard.PLAIN, "k" + i), "v" + i)));
      }
      ShardDescription range = Objects.requireNonNull(shard.machine().state().shard());
      try (ReadView view = shard.slot().snapshot()) {
        assertThat(values(view, range, false, 3, 9999)).isEqualTo("v1v2v3 more");
        assertThat(values(view, range, true, 3, 9999)).isEqualTo("v7v6v5 more");
        assertThat(values(view, range, false, 7, 9999)).isEqualTo("v1v2v3v4v5v6v7 end");
        assertThat(values(view, range, false, 100, 1)).isEqualTo("v1 more");
        ItemPage outside = ItemReader.range(view, range, last, TestShard.NONE, false, 5, 9999);
        assertThat(outside.items()).isEmpty();
        assertThat(outside.more()).isFalse();
        List<@Nullable StoredItem> several = ItemReader.get(view, List.of(first, last, first));
        assertThat(several.get(0)).isNotNull();
        assertThat(several.get(1)).isNull();
        assertThat(ItemReader.getIfCached(view, first))
            .usingRecursiveComparison()
            .isEqualTo(several.get(2));
      }
    }
  }

  private static String values(
      ReadView view, ShardDescription range, boolean reverse, int items, int bytes) {
    ItemPage page =
        ItemReader.range(view, range, TestShard.NONE, TestShard.NONE, reverse, items, bytes);
    StringBuilder text = new StringBuilder();
    for (StoredItem item : page.items()) {
      text.append(
          new String(((Value.Data) item.value()).bytes(), java.nio.charset.StandardCharsets.UTF_8));
    }
    return text + (page.more() ? " more" : " end");
  }

  /** Counts the reads of the items. */
  private static ShardStore counting(ShardStore store, AtomicInteger reads) {
    return (ShardStore)
        Proxy.newProxyInstance(
            ShardStore.class.getClassLoader(),
            new Class<?>[] {ShardStore.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("latest")) {
                reads.incrementAndGet();
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
