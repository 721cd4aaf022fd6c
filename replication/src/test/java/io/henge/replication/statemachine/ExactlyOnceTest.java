package io.henge.replication.statemachine;

import static io.henge.replication.statemachine.TestShard.add;
import static io.henge.replication.statemachine.TestShard.command;
import static io.henge.replication.statemachine.TestShard.key;
import static io.henge.replication.statemachine.TestShard.mutation;
import static io.henge.replication.statemachine.TestShard.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.engine.KeySpace;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExactlyOnceTest {
  private static final long TIME = 1_000_000;
  private static final long LATER = TIME + 10_000;
  private static final byte[] KEY = key("ann", TestShard.PLAIN, "1");
  private static final byte[] OTHER = key("ann", TestShard.PLAIN, "2");

  @TempDir Path directory;
  private TestShard shard;

  @BeforeEach
  void open() {
    shard = new TestShard(new InMemoryStorageEngine(), directory).create(TIME);
  }

  @AfterEach
  void close() {
    shard.close();
  }

  @Test
  void shouldCountExactlyWithManyIncrementsOfOneKeyAndFailuresAmongThem() {
    List<WriteCommand> commands = new ArrayList<>();
    for (int i = 1; i <= 200; i++) {
      WriteCommand increment = command(i, LATER, add(KEY, 1));
      commands.add(increment);
      if (i % 10 == 0) {
        commands.add(command(1000 + i, LATER, add(KEY, Long.MAX_VALUE)));
        commands.add(
            command(2000 + i, LATER, add(KEY, 5), mutation(KEY, new Action.Append(new byte[1]))));
        commands.add(increment); // a retry that was gathered with its first attempt
      }
    }
    List<WriteOutcome> outcomes = shard.write(TIME, commands, false);

    assertCounter(200);
    int increments = 0;
    for (int i = 0; i < commands.size(); i++) {
      WriteOutcome outcome = outcomes.get(i);
      long sequence = commands.get(i).id().sequence();
      if (sequence <= 200) {
        assertThat(outcome.error()).isNull();
        assertThat(outcome.results().get(0).counter()).isEqualTo(sequence);
        increments++;
      } else {
        assertThat(outcome.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
        assertThat(outcome.failedMutation()).isEqualTo(sequence > 2000 ? 1 : 0);
      }
    }
    assertThat(increments).isEqualTo(220);
    assertThat(shard.rows(KeySpace.DATA)).hasSize(1);
    assertThat(shard.rows(KeySpace.REQUESTS)).hasSize(1);
  }

  @Test
  void shouldAnswerARetryLikeTheFirstAttemptAfterCrashes() {
    shard.write(TIME, command(1, LATER, put(KEY, "old")));
    WriteCommand exchange =
        command(
            2,
            LATER,
            new Mutation(
                KEY, Condition.present(), new Action.Put(Value.of("new"), Action.TTL_NEVER), true),
            add(OTHER, 3),
            mutation(OTHER, Action.Check.CHECK));
    WriteOutcome first = shard.write(TIME + 1, exchange).get(0);
    assertThat(Objects.requireNonNull(first.results().get(0).previous()).value())
        .isEqualTo(Value.of("old"));

    for (boolean flushed : new boolean[] {false, true}) {
      if (flushed) {
        shard.machine().flush();
      }
      shard.crash();
      WriteOutcome again = shard.write(TIME + 2, exchange).get(0);
      assertThat(again.error()).isNull();
      assertThat(again.results()).usingRecursiveComparison().isEqualTo(first.results());
      assertThat(again.shardVersion()).isEqualTo(shard.machine().state().version());
    }
    assertThat(Objects.requireNonNull(shard.get(OTHER)).value()).isEqualTo(Value.of(3));
  }

  /** Its failure may have been told to the caller: a late second attempt must not succeed. */
  @Test
  void shouldRepeatDefiniteFailures() {
    WriteCommand create =
        command(
            1,
            LATER,
            new Mutation(KEY, Condition.present(), new Action.Put(Value.of("x"), 0), false));
    assertThat(shard.write(TIME, create).get(0).error()).isEqualTo(ErrorCode.CONDITION_FAILED);
    shard.write(TIME, command(2, LATER, put(KEY, "there")));
    WriteOutcome again = shard.write(TIME, create).get(0);
    assertThat(again.error()).isEqualTo(ErrorCode.CONDITION_FAILED);
    assertThat(again.failedMutation()).isZero();
    assertThat(Objects.requireNonNull(shard.get(KEY)).value()).isEqualTo(Value.of("there"));
  }

  /** What the client is to try again must be able to succeed then. */
  @Test
  void shouldNotRememberWhatIsToBeTriedAgain() {
    CollectionInfo late = new CollectionInfo(50, "late", 0, false, false, 9);
    WriteCommand command = command(1, LATER, put(key("ann", late, "1"), "x"));
    assertThat(shard.write(TIME, command).get(0).error()).isEqualTo(ErrorCode.STALE_CATALOGUE);
    shard.applyNew(
        new Entry.Catalogue(shard.header(EntryKind.CATALOGUE, TIME), List.of(late)), false);
    assertThat(shard.write(TIME, command).get(0).error()).isNull();
    assertThat(shard.write(TIME, command).get(0).error()).isNull();
  }

  @Test
  void shouldRefuseWhatIsPastAndForgetItThen() {
    WriteCommand increment = command(1, TIME + 100, add(KEY, 1));
    shard.write(TIME, increment);
    assertThat(shard.write(TIME + 100, increment).get(0).error()).isNull();
    assertThat(shard.machine().requestBytes()).isPositive();

    assertThat(shard.write(TIME + 101, increment).get(0).error())
        .isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(shard.write(TIME + 101, command(2, TIME + 100, add(KEY, 1))).get(0).error())
        .isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertCounter(1);

    assertThat(shard.machine().nextForgetting()).isBetween(TIME + 101, TIME + 100 + 8192);
    shard.tick(shard.machine().nextForgetting());
    assertThat(shard.rows(KeySpace.REQUESTS)).isEmpty();
    assertThat(shard.machine().requestBytes()).isZero();
    assertThat(shard.machine().nextForgetting()).isEqualTo(Long.MAX_VALUE);
    assertThat(shard.write(TIME + 101, increment).get(0).error())
        .isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertCounter(1);
  }

  /** One request that lives long keeps its row, but not those that share the row. */
  @Test
  void shouldForgetEachRequestAtItsOwnTime() {
    WriteCommand longLived = command(1, TIME + 60_000, add(KEY, 1));
    WriteCommand shortLived = command(2, TIME + 10, add(KEY, 10));
    shard.write(TIME, longLived, shortLived);
    shard.tick(TIME + 30_000);
    shard.machine().flush();
    for (int i = 0; i < 2; i++) {
      assertThat(shard.write(TIME + 30_000, longLived).get(0).error()).isNull();
      assertThat(shard.write(TIME + 30_000, shortLived).get(0).error())
          .isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
      shard.crash();
    }
    assertCounter(11);
  }

  @Test
  void shouldDeleteRowsOfForgottenRequestsLittleByLittle() {
    int entries = 3 * RequestMemory.ROWS_MAX - 10;
    for (int i = 0; i < entries; i++) {
      shard.write(TIME, command(i + 1, TIME + 100, add(KEY, 1)));
    }
    assertThat(shard.rows(KeySpace.REQUESTS)).hasSize(entries);
    shard.tick(TIME + 20_000);
    assertThat(shard.rows(KeySpace.REQUESTS)).hasSize(entries - RequestMemory.ROWS_MAX);
    assertThat(shard.machine().nextForgetting()).isZero();
    shard.machine().flush();
    shard.crash();
    assertThat(shard.machine().nextForgetting()).isZero();
    shard.tick(TIME + 20_000);
    shard.tick(TIME + 20_000);
    assertThat(shard.rows(KeySpace.REQUESTS)).isEmpty();
    assertThat(shard.machine().nextForgetting()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void shouldRefuseToRememberForHours() {
    long ahead = ApplyLimits.NOT_AFTER_AHEAD_MILLIS_MAX;
    List<WriteOutcome> outcomes =
        shard.write(
            TIME,
            command(1, TIME + ahead, add(KEY, 1)),
            command(2, TIME + ahead + 1, add(KEY, 1)),
            command(3, Long.MAX_VALUE, add(KEY, 1)),
            command(4, Long.MIN_VALUE, add(KEY, 1)));
    assertThat(outcomes)
        .extracting(WriteOutcome::error)
        .containsExactly(
            null,
            ErrorCode.INVALID_ARGUMENT,
            ErrorCode.INVALID_ARGUMENT,
            ErrorCode.OUTCOME_UNKNOWN);
    assertCounter(1);
  }

  @Test
  void shouldGiveBackPreviousItemsUpToALimit() {
    byte[] large = new byte[ApplyLimits.VALUE_BYTES_MAX];
    List<Mutation> removals = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      byte[] each = key("ann", TestShard.PLAIN, "large" + i);
      shard.write(TIME, command(10 + i, LATER, mutation(each, new Action.Put(Value.of(large), 0))));
      removals.add(new Mutation(each, Condition.none(), Action.Remove.REMOVE, true));
    }
    WriteOutcome three =
        shard.write(TIME, new WriteCommand(TestShard.request(1), LATER, 9, removals)).get(0);
    assertThat(three.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(three.message()).contains("return_previous", "" + ApplyLimits.PREVIOUS_BYTES_MAX);
    assertThat(shard.rows(KeySpace.DATA)).hasSize(3);
    WriteCommand two = new WriteCommand(TestShard.request(2), LATER, 9, removals.subList(0, 2));
    for (int i = 0; i < 2; i++) {
      WriteOutcome outcome = shard.write(TIME, two).get(0);
      assertThat(Objects.requireNonNull(outcome.results().get(1).previous()).value())
          .isEqualTo(Value.of(large));
    }
    assertThat(shard.rows(KeySpace.DATA)).hasSize(1);
  }

  @Test
  void shouldRefuseToAppendBeyondTheLimitOfAValue() {
    byte[] most = new byte[ApplyLimits.VALUE_BYTES_MAX - 1];
    List<WriteOutcome> outcomes =
        shard.write(
            TIME,
            command(1, LATER, mutation(KEY, new Action.Put(Value.of(most), 0))),
            command(
                2, LATER, mutation(KEY, new Action.Append("a".getBytes(StandardCharsets.UTF_8)))),
            command(
                3, LATER, mutation(KEY, new Action.Append("b".getBytes(StandardCharsets.UTF_8)))));
    assertThat(outcomes.get(1).error()).isNull();
    assertThat(outcomes.get(2).error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(outcomes.get(2).message()).contains("1048577", "1048576");
    assertThat(Objects.requireNonNull(shard.get(KEY)).value().size()).isEqualTo(1 << 20);
  }

  private void assertCounter(long value) {
    assertThat(Objects.requireNonNull(shard.get(KEY)).value()).isEqualTo(Value.of(value));
  }
}
