package io.henge.replication.statemachine;

import static io.henge.replication.statemachine.TestShard.EXPIRING;
import static io.henge.replication.statemachine.TestShard.NONE;
import static io.henge.replication.statemachine.TestShard.PLAIN;
import static io.henge.replication.statemachine.TestShard.command;
import static io.henge.replication.statemachine.TestShard.key;
import static io.henge.replication.statemachine.TestShard.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.DurableFiles;
import io.henge.engine.KeySpace;
import io.henge.engine.StorageEngine;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.replication.Consensus;
import io.henge.replication.statemachine.ReshapeCommand.Absorb;
import io.henge.replication.statemachine.ReshapeCommand.AbsorbAbort;
import io.henge.replication.statemachine.ReshapeCommand.AbsorbCommit;
import io.henge.replication.statemachine.ReshapeCommand.AbsorbRows;
import io.henge.replication.statemachine.ReshapeCommand.Freeze;
import io.henge.replication.statemachine.ReshapeCommand.Seal;
import io.henge.replication.statemachine.ReshapeCommand.Split;
import io.henge.replication.statemachine.ReshapeCommand.Thaw;
import io.henge.replication.statemachine.ReshapeCommand.Trim;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReshapingTest {
  private static final long TIME = 1_000_000;
  private static final List<String> MEMBERS = List.of("00000000000000a1", "00000000000000a2");

  /** Two keys of different sharding keys, in order. */
  private static final byte[] LOW;

  private static final byte[] HIGH;

  /** Between them: where the sharding key of HIGH begins. */
  private static final byte[] CUT;

  static {
    byte[] one = key("one", EXPIRING, "a");
    byte[] two = key("two", EXPIRING, "a");
    boolean inOrder = Arrays.compareUnsigned(one, two) < 0;
    LOW = inOrder ? one : two;
    HIGH = inOrder ? two : one;
    CUT = Arrays.copyOf(HIGH, PhysicalKey.TOKEN_BYTES);
  }

  @TempDir Path directory;
  private final StorageEngine engine = new InMemoryStorageEngine();
  private TestShard shard;

  /** Lays seeds down beside the shard, as a node does. */
  private final SeedMaker seeds =
      new SeedMaker() {
        @Override
        public void seed(Child child, Consumer<Path> checkpoint) {
          try {
            DurableFiles.deleteTree(seedOf(child.childId()));
            DurableFiles.createDirectories(seedOf(child.childId()).resolveSibling(""));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
          checkpoint.accept(seedOf(child.childId()));
        }
      };

  private Path seedOf(long childId) {
    return directory.resolve("seeds").resolve(Long.toString(childId));
  }

  @BeforeEach
  void open() {
    shard = new TestShard(engine, directory.resolve("7"), EntryObserver.NONE, 7, 0, seeds);
    shard.create(TIME);
  }

  @AfterEach
  void close() {
    shard.close();
  }

  private TestShard child(long childId) {
    return TestShard.ofSeed(
        engine,
        directory.resolve(Long.toString(childId)),
        seedOf(childId),
        shard.reshaping().children().stream()
            .filter(c -> c.childId() == childId)
            .findAny()
            .orElseThrow(),
        seeds);
  }

  private static Split split(long operationId, long childId, byte[] at, long epoch) {
    return new Split(operationId, childId, at, epoch, MEMBERS);
  }

  private static void assertRefused(ReshapeOutcome outcome, ErrorCode code, String why) {
    assertThat(outcome.code()).as(outcome.message()).isEqualTo(code);
    assertThat(outcome.message()).contains(why);
    assertThat(outcome.repeated()).isFalse();
  }

  /** Nothing but the position may have changed. */
  private void assertNoEffect(ReshapeCommand command, ErrorCode code, String why) {
    Map<String, String> before = rows(shard);
    assertRefused(shard.reshape(TIME, command), code, why);
    assertThat(rows(shard)).isEqualTo(before);
  }

  private static Map<String, String> rows(TestShard of) {
    Map<String, String> rows = new TreeMap<>();
    for (KeySpace space : KeySpace.values()) {
      of.rows(space).forEach((key, value) -> rows.put(space + key, value));
    }
    rows.keySet()
        .removeIf(
            key ->
                key.startsWith(
                    "SYSTEM"
                        + TestShard.hex(
                            "!applied".getBytes(java.nio.charset.StandardCharsets.US_ASCII))));
    return rows;
  }

  @Test
  void shouldCutAShardInTwo() {
    shard.write(
        TIME,
        command(1, TIME + 9000, put(LOW, "low", 5000)),
        command(2, TIME + 9000, put(HIGH, "high", 7000)));
    long version = shard.machine().state().version();

    ReshapeOutcome outcome = shard.reshape(TIME + 100, split(5, 9, CUT, 1));

    assertThat(outcome).isEqualTo(ReshapeOutcome.DONE);
    assertThat(shard.range())
        .usingRecursiveComparison()
        .isEqualTo(new ShardDescription(7, 2, NONE, CUT));
    assertThat(shard.reshaping().lastOperation()).isEqualTo(new Reshaping.Operation(5, true));
    assertThat(shard.machine().holdsLog()).isTrue();
    // As of the entry before: the split itself moves nothing.
    assertThat(shard.machine().state().timeMillis()).isEqualTo(TIME);
    try (TestShard child = child(9)) {
      assertThat(child.range())
          .usingRecursiveComparison()
          .isEqualTo(new ShardDescription(9, 2, CUT, NONE));
      assertThat(child.machine().applied()).isEqualTo(Consensus.SEED_POSITION);
      assertThat(child.machine().durable()).isEqualTo(Consensus.SEED_POSITION);
      assertThat(child.machine().state().version()).isEqualTo(version);
      assertThat(child.machine().state().timeMillis()).isEqualTo(TIME);
      assertThat(child.reshaping().children()).isEmpty();
      assertThat(child.reshaping().untrimmed()).isEmpty();
      assertThat(child.reshaping().lastOperation()).isEqualTo(new Reshaping.Operation(5, true));
      assertThat(child.machine().holdsLog()).isFalse();

      // Each answers for its own half, and knows what was written before.
      assertThat(
              shard
                  .write(TIME + 1, command(2, TIME + 9000, put(HIGH, "high", 7000)))
                  .get(0)
                  .error())
          .isEqualTo(ErrorCode.WRONG_SHARD);
      assertThat(
              child.write(TIME + 1, command(1, TIME + 9000, put(LOW, "low", 5000))).get(0).error())
          .isEqualTo(ErrorCode.WRONG_SHARD);
      WriteOutcome again =
          child.write(TIME + 2, command(2, TIME + 9000, put(HIGH, "high", 7000))).get(0);
      assertThat(again.results().get(0).version()).isEqualTo(version);
      assertThat(
              child
                  .write(TIME + 3, command(3, TIME + 9000, put(HIGH, "new")))
                  .get(0)
                  .shardVersion())
          .isGreaterThan(version);

      for (TestShard half : List.of(shard, child)) {
        assertThat(half.reshape(TIME + 4, new Trim(List.of(9L)))).isEqualTo(ReshapeOutcome.DONE);
        assertThat(half.reshaping().untrimmed()).isNull();
        assertThat(half.rows(KeySpace.DATA)).hasSize(1);
        assertThat(half.rows(KeySpace.EXPIRY)).hasSize(1);
        assertThat(half.reshape(TIME + 4, new Trim(List.of(9L))))
            .isEqualTo(ReshapeOutcome.REPEATED);
      }
      assertThat(shard.machine().holdsLog()).isFalse();
      child.tick(TIME + 50_000);
      shard.tick(TIME + 50_000);
      assertThat(child.get(HIGH)).isNull();
      assertThat(shard.get(LOW)).isNull();
    }
  }

  @Test
  void shouldAnswerARepeatedSplitLikeTheFirst() {
    shard.reshape(TIME, split(5, 9, CUT, 1));
    assertThat(shard.reshape(TIME, split(5, 9, CUT, 1))).isEqualTo(ReshapeOutcome.REPEATED);
    shard.reshape(TIME, new Trim(List.of(9L)));
    assertThat(shard.reshape(TIME, split(5, 9, CUT, 1))).isEqualTo(ReshapeOutcome.REPEATED);
    assertNoEffect(split(4, 9, CUT, 1), ErrorCode.CONDITION_FAILED, "is over");
  }

  @Test
  void shouldRefuseSplitsThatDoNotFit() {
    assertNoEffect(split(5, 9, CUT, 2), ErrorCode.WRONG_SHARD, "epoch");
    assertNoEffect(split(5, 7, CUT, 1), ErrorCode.INVALID_ARGUMENT, "taken");
    assertNoEffect(split(5, 9, NONE, 1), ErrorCode.INVALID_ARGUMENT, "inside");
    assertNoEffect(split(5, 9, new byte[5000], 1), ErrorCode.INVALID_ARGUMENT, "inside");
    assertNoEffect(new Split(5, 9, CUT, 1, List.of()), ErrorCode.INVALID_ARGUMENT, "members");
    shard.reshape(TIME, split(5, 9, CUT, 1));
    assertNoEffect(split(6, 9, LOW, 2), ErrorCode.INVALID_ARGUMENT, "taken");
    assertNoEffect(split(6, 10, CUT, 2), ErrorCode.INVALID_ARGUMENT, "inside");
    assertNoEffect(split(6, 10, HIGH, 2), ErrorCode.INVALID_ARGUMENT, "inside");
    assertThat(Files.exists(seedOf(10))).isFalse();
  }

  @Test
  void shouldNotCutThroughACollectionThatIsNotDivisible() {
    byte[] plain = key("one", PLAIN, "a");
    byte[] divisible = key("one", EXPIRING, "m");
    shard.write(TIME, command(1, TIME + 9000, put(divisible, "x", -1)));
    // Only a divisible one has items there.
    assertThat(shard.reshape(TIME, split(5, 9, key("one", EXPIRING, "k"), 1)))
        .isEqualTo(ReshapeOutcome.DONE);
    shard.write(TIME, command(2, TIME + 9000, put(plain, "y")));
    assertNoEffect(split(6, 10, key("one", EXPIRING, "b"), 2), ErrorCode.CONDITION_FAILED, "plain");
    // Before the first item of the sharding key nothing is parted.
    assertThat(
            shard.reshape(
                TIME,
                split(6, 10, Arrays.copyOf(plain, PhysicalKey.endOfShardingKey(plain) + 1), 2)))
        .isEqualTo(ReshapeOutcome.DONE);
  }

  /** It took effect as a whole before the boundary was there, and its answer was lost. */
  @Test
  void shouldAnswerAWriteThatASplitHasDividedSince() {
    WriteCommand batch =
        command(
            1,
            TIME + 9000,
            put(key("one", EXPIRING, "a"), "x", -1),
            put(key("one", EXPIRING, "m"), "y", -1));
    assertThat(shard.write(TIME, batch).get(0).error()).isNull();
    shard.reshape(TIME, split(5, 9, key("one", EXPIRING, "k"), 1));
    assertThat(shard.write(TIME, batch).get(0).error()).isNull();
    WriteCommand other = new WriteCommand(TestShard.request(2), TIME + 9000, 0, batch.mutations());
    assertThat(shard.write(TIME, other).get(0).error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    try (TestShard child = child(9)) {
      assertThat(child.write(TIME, other).get(0).error()).isEqualTo(ErrorCode.WRONG_SHARD);
    }
  }

  @Test
  void shouldTrimInBoundedSteps() {
    WriteCommand[] commands = new WriteCommand[2600];
    for (int i = 0; i < commands.length; i++) {
      byte[] key = key(i % 2 == 0 ? "one" : "two", EXPIRING, "k" + i);
      commands[i] = command(i + 1, TIME + 9000, put(key, "v", 900_000));
    }
    shard.write(TIME, commands);
    shard.reshape(TIME, split(5, 9, CUT, 1));
    assertThat(shard.reshape(TIME, new Trim(List.of()))).isEqualTo(ReshapeOutcome.DONE);
    assertThat(shard.reshaping().children()).hasSize(1);
    assertThat(shard.rows(KeySpace.DATA)).hasSize(1300);
    assertThat(shard.rows(KeySpace.EXPIRY)).hasSize(1600);
    assertThat(shard.reshaping().untrimmed()).isNotEmpty();
    shard.machine().flush();
    shard.crash();
    shard.reshape(TIME, new Trim(List.of(9L)));
    assertThat(shard.rows(KeySpace.EXPIRY)).hasSize(1300);
    assertThat(shard.reshaping())
        .usingRecursiveComparison()
        .isEqualTo(Reshaping.NONE.over(5, true));
  }

  // ---- Merge ----

  /** Splits, trims both halves, and gives the right one. */
  private TestShard halve() {
    shard.reshape(TIME, split(5, 9, CUT, 1));
    TestShard right = child(9);
    shard.reshape(TIME, new Trim(List.of(9L)));
    right.reshape(TIME, new Trim(List.of()));
    return right;
  }

  @Test
  void shouldMergeTwoShards() {
    try (TestShard right = halve()) {
      shard.write(TIME + 1, command(1, TIME + 9000, put(LOW, "low", -1)));
      right.write(TIME + 60, command(2, TIME + 9000, put(HIGH, "high", 300)));
      StoredItem item = right.get(HIGH);

      assertThat(shard.reshape(TIME + 1, new Absorb(6, right.range())).isDone()).isTrue();
      assertThat(right.reshape(TIME + 400, new Freeze(6, 7)).isDone()).isTrue();
      // Frozen: writes are refused, repeated ones answered, nothing expires, time stands still.
      assertThat(right.write(TIME + 900, command(3, TIME + 9000, put(HIGH, "no"))).get(0))
          .satisfies(outcome -> assertThat(outcome.error()).isEqualTo(ErrorCode.BUSY))
          .satisfies(outcome -> assertThat(outcome.retryAfterMillis()).isPositive());
      assertThat(
              right
                  .write(TIME + 900, command(2, TIME + 9000, put(HIGH, "high", 300)))
                  .get(0)
                  .error())
          .isNull();
      right.tick(TIME + 900);
      assertThat(right.machine().state().timeMillis()).isEqualTo(TIME + 60);
      assertThat(right.get(HIGH)).isEqualTo(item);

      List<RawRow> rows = right.copied();
      assertThat(rows).hasSize(2);
      byte[] middle = rows.get(0).position();
      AbsorbRows first = new AbsorbRows(6, NONE, middle, rows.subList(0, 1));
      AbsorbRows second = new AbsorbRows(6, middle, AbsorbRows.END, rows.subList(1, 2));
      assertNoEffect(second, ErrorCode.CONDITION_FAILED, "go on");
      assertThat(shard.reshape(TIME + 2, first)).isEqualTo(ReshapeOutcome.DONE);
      assertThat(shard.reshape(TIME + 2, first)).isEqualTo(ReshapeOutcome.REPEATED);
      assertNoEffect(right.absorbed(6), ErrorCode.CONDITION_FAILED, "not all");
      assertThat(shard.reshape(TIME + 3, second)).isEqualTo(ReshapeOutcome.DONE);
      assertThat(shard.reshape(TIME + 3, first).code()).isEqualTo(ErrorCode.CONDITION_FAILED);
      assertThat(right.reshape(TIME, new Seal(6))).isEqualTo(ReshapeOutcome.DONE);
      assertThat(right.reshape(TIME, new Seal(6))).isEqualTo(ReshapeOutcome.REPEATED);
      assertThat(right.reshaping().isSealed()).isTrue();

      // Not before its time has reached the neighbour's.
      assertRefused(shard.reshape(TIME + 30, right.absorbed(6)), ErrorCode.BUSY, "not yet");
      assertThat(shard.write(TIME + 30, command(2, TIME + 9000, put(HIGH, "x"))).get(0).error())
          .isEqualTo(ErrorCode.WRONG_SHARD);
      AbsorbCommit right1 = right.absorbed(6);
      AbsorbCommit wrong =
          new AbsorbCommit(
              6, 2, right1.timeMillis(), 1, List.of(), right1.rows(), right1.checksum() + 1);
      assertRefused(shard.reshape(TIME + 60, wrong), ErrorCode.CONDITION_FAILED, "are not those");

      assertThat(shard.reshape(TIME + 60, right1)).isEqualTo(ReshapeOutcome.DONE);
      assertThat(shard.reshape(TIME + 60, right1)).isEqualTo(ReshapeOutcome.REPEATED);
      assertThat(shard.range())
          .usingRecursiveComparison()
          .isEqualTo(new ShardDescription(7, 3, NONE, NONE));
      assertThat(shard.machine().state().version())
          .isGreaterThanOrEqualTo(right.machine().state().version());
      assertThat(shard.get(HIGH)).isEqualTo(item);
      // What the right one had answered is known; what it refused takes effect here.
      assertThat(
              shard
                  .write(TIME + 61, command(2, TIME + 9000, put(HIGH, "x")))
                  .get(0)
                  .results()
                  .get(0)
                  .version())
          .isEqualTo(item == null ? 0 : item.version());
      WriteOutcome third =
          shard.write(TIME + 62, command(3, TIME + 9000, put(HIGH, "y", 200))).get(0);
      assertThat(third.results().get(0).version()).isGreaterThan(item == null ? 0 : item.version());
      assertNoEffect(new AbsorbAbort(6), ErrorCode.CONDITION_FAILED, "is over");
      // The expiry index followed: the old row went, the new one counts.
      assertThat(shard.rows(KeySpace.EXPIRY)).hasSize(1);
      shard.tick(TIME + 261);
      assertThat(shard.get(HIGH)).isNotNull();
      shard.tick(TIME + 262);
      assertThat(shard.get(HIGH)).isNull();
    }
  }

  @Test
  void shouldTakeAMergeBack() {
    try (TestShard right = halve()) {
      right.write(TIME, command(2, TIME + 9000, put(HIGH, "high", 300)));
      shard.reshape(TIME, new Absorb(6, right.range()));
      right.reshape(TIME, new Freeze(6, 7));
      shard.reshape(TIME, new AbsorbRows(6, NONE, AbsorbRows.END, right.copied()));
      right.reshape(TIME, new Seal(6));
      assertThat(shard.rows(KeySpace.DATA)).hasSize(1);

      assertThat(shard.reshape(TIME, new AbsorbAbort(6))).isEqualTo(ReshapeOutcome.DONE);
      assertThat(shard.reshape(TIME, new AbsorbAbort(6))).isEqualTo(ReshapeOutcome.REPEATED);
      assertThat(shard.rows(KeySpace.DATA)).isEmpty();
      assertNoEffect(right.absorbed(6), ErrorCode.CONDITION_FAILED, "taken back");
      assertNoEffect(new Absorb(6, right.range()), ErrorCode.CONDITION_FAILED, "taken back");
      assertThat(right.reshape(TIME, new Thaw(6))).isEqualTo(ReshapeOutcome.DONE);
      assertThat(right.reshape(TIME, new Thaw(6))).isEqualTo(ReshapeOutcome.REPEATED);
      assertRefused(
          right.reshape(TIME, new Freeze(6, 7)), ErrorCode.CONDITION_FAILED, "taken back");
      assertRefused(right.reshape(TIME, new Seal(6)), ErrorCode.CONDITION_FAILED, "taken back");
      assertThat(right.write(TIME + 5, command(4, TIME + 9000, put(HIGH, "on"))).get(0).error())
          .isNull();

      // What is left of it has to be gone before the next one.
      assertNoEffect(new Absorb(7, right.range()), ErrorCode.BUSY, "trimmed");
      shard.reshape(TIME, new Trim(List.of()));
      assertThat(shard.rows(KeySpace.EXPIRY)).isEmpty();
      assertThat(shard.reshape(TIME, new Absorb(7, right.range()))).isEqualTo(ReshapeOutcome.DONE);
    }
  }

  @Test
  void shouldRefuseStepsThatComeTooLate() {
    assertThat(shard.reshape(TIME, new AbsorbAbort(6))).isEqualTo(ReshapeOutcome.DONE);
    ShardDescription neighbour = new ShardDescription(9, 1, CUT, NONE);
    assertNoEffect(new Absorb(6, neighbour), ErrorCode.CONDITION_FAILED, "is over");
    assertThat(shard.reshape(TIME, new Thaw(7))).isEqualTo(ReshapeOutcome.DONE);
    assertNoEffect(new Freeze(7, 3), ErrorCode.CONDITION_FAILED, "is over");
    assertNoEffect(new Thaw(5), ErrorCode.CONDITION_FAILED, "is over");
    assertNoEffect(split(7, 9, CUT, 1), ErrorCode.CONDITION_FAILED, "is over");
    assertNoEffect(new Seal(8), ErrorCode.CONDITION_FAILED, "not frozen");
    assertNoEffect(
        new AbsorbRows(8, NONE, AbsorbRows.END, List.of()),
        ErrorCode.CONDITION_FAILED,
        "not absorbing");
  }

  @Test
  void shouldDoOneThingAtATime() {
    try (TestShard right = halve()) {
      shard.reshape(TIME, new Absorb(6, right.range()));
      assertThat(shard.reshape(TIME, new Absorb(6, right.range())))
          .isEqualTo(ReshapeOutcome.REPEATED);
      assertNoEffect(new Absorb(7, right.range()), ErrorCode.CONDITION_FAILED, "already");
      assertNoEffect(split(7, 10, LOW, 2), ErrorCode.CONDITION_FAILED, "merged");
      assertNoEffect(new Freeze(7, 3), ErrorCode.CONDITION_FAILED, "absorbing");
      assertNoEffect(new AbsorbAbort(7), ErrorCode.CONDITION_FAILED, "not absorbing");
      right.reshape(TIME, new Freeze(6, 7));
      assertRefused(
          right.reshape(TIME, new Freeze(8, 7)), ErrorCode.CONDITION_FAILED, "operation 6");
      assertRefused(
          right.reshape(TIME, split(8, 10, HIGH, 2)), ErrorCode.CONDITION_FAILED, "merged");
      assertRefused(
          right.reshape(TIME, new Absorb(8, new ShardDescription(10, 1, NONE, NONE))),
          ErrorCode.CONDITION_FAILED,
          "itself");
    }
  }

  @Test
  void shouldRefuseWhatIsNoNeighboursRow() {
    shard.reshape(TIME, split(5, 9, CUT, 1));
    shard.reshape(TIME, new Trim(List.of(9L)));
    assertNoEffect(
        new Absorb(6, new ShardDescription(9, 2, HIGH, NONE)), ErrorCode.WRONG_SHARD, "begin");
    assertNoEffect(
        new Absorb(6, new ShardDescription(9, 2, CUT, CUT)), ErrorCode.WRONG_SHARD, "begin");
    shard.reshape(TIME, new Absorb(6, new ShardDescription(9, 2, CUT, NONE)));
    byte[] value = ItemCodec.encode(io.henge.api.item.Value.of("x"), 1, 0);
    for (RawRow row :
        List.of(
            new RawRow(KeySpace.DATA, LOW, value),
            new RawRow(KeySpace.DATA, CUT, value),
            new RawRow(KeySpace.EXPIRY, ExpiryIndex.key(1, HIGH), NONE),
            new RawRow(KeySpace.SYSTEM, new byte[] {'x'}, value),
            new RawRow(KeySpace.REQUESTS, new byte[15], value))) {
      assertNoEffect(
          new AbsorbRows(6, NONE, AbsorbRows.END, List.of(row)),
          ErrorCode.INVALID_ARGUMENT,
          "rows");
    }
    RawRow good = new RawRow(KeySpace.DATA, HIGH, value);
    assertNoEffect(
        new AbsorbRows(6, NONE, AbsorbRows.END, List.of(good, good)),
        ErrorCode.INVALID_ARGUMENT,
        "order");
    assertNoEffect(
        new AbsorbRows(6, NONE, new byte[] {'d'}, List.of(good)),
        ErrorCode.INVALID_ARGUMENT,
        "position");
    assertThat(
            new AbsorbRows(
                    6,
                    NONE,
                    AbsorbRows.END,
                    List.of(new RawRow(KeySpace.DATA, HIGH, new byte[] {77})))
                .unreadable())
        .contains("damaged");
    assertThat(new AbsorbRows(6, NONE, AbsorbRows.END, List.of(good)).unreadable()).isNull();
  }

  /** A collection may become known after its items came: its puts must still look for expiries. */
  @Test
  void shouldKnowThatItemsOfANewCollectionExpire() {
    CollectionInfo late = new CollectionInfo(50, "late", 0, true, false, 9);
    byte[] other = PhysicalKey.of(PhysicalKey.shardingKey(HIGH), 50, Key.of("k"));
    try (TestShard right = halve()) {
      right.applyNew(
          new Entry.Catalogue(right.header(EntryKind.CATALOGUE, TIME), List.of(late)), false);
      right.write(TIME, command(2, TIME + 9000, put(other, "v", 300)));
      shard.reshape(TIME, new Absorb(6, right.range()));
      right.reshape(TIME, new Freeze(6, 7));
      shard.reshape(TIME, new AbsorbRows(6, NONE, AbsorbRows.END, right.copied()));
      assertThat(shard.reshape(TIME, right.absorbed(6))).isEqualTo(ReshapeOutcome.DONE);
      // Blind, and yet the old row of the index goes.
      shard.write(TIME + 1, command(8, TIME + 9000, put(other, "w", -1)));
      assertThat(shard.rows(KeySpace.EXPIRY)).isEmpty();
      shard.tick(TIME + 1000);
      assertThat(shard.get(other)).isNotNull();
    }
  }
}
