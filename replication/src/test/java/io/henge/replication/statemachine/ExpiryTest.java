package io.henge.replication.statemachine;

import static io.henge.replication.statemachine.TestShard.command;
import static io.henge.replication.statemachine.TestShard.key;
import static io.henge.replication.statemachine.TestShard.mutation;
import static io.henge.replication.statemachine.TestShard.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.Action;
import io.henge.engine.KeySpace;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExpiryTest {
  private static final long TIME = 1_000_000;
  private static final byte[] KEY = key("ann", TestShard.PLAIN, "1");

  @TempDir Path directory;
  private TestShard shard;
  private long sequence;

  @BeforeEach
  void open() {
    shard = new TestShard(new InMemoryStorageEngine(), directory).create(TIME);
  }

  @AfterEach
  void close() {
    shard.close();
  }

  @Test
  void shouldDeleteAnItemWhenItsTimeHasComeAndNotBefore() {
    write(TIME, put(KEY, "x", 100));
    assertThat(Objects.requireNonNull(shard.get(KEY)).expiresAtMillis()).isEqualTo(TIME + 100);
    assertThat(shard.machine().nextExpiry()).isEqualTo(TIME + 100);
    shard.tick(TIME + 99);
    assertThat(shard.get(KEY)).isNotNull();
    shard.tick(TIME + 100);
    assertThat(shard.get(KEY)).isNull();
    assertThat(shard.rows(KeySpace.EXPIRY)).isEmpty();
    assertThat(shard.machine().nextExpiry()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void shouldNotSeeInAnEntryWhatExpiresWithIt() {
    write(TIME, put(KEY, "x", 100));
    WriteOutcome touch = write(TIME + 100, mutation(KEY, new Action.Touch(500)));
    assertThat(touch.error()).isEqualTo(ErrorCode.NOT_FOUND);
    WriteOutcome again = write(TIME + 100, put(KEY, "y", 100));
    assertThat(again.error()).isNull();
    assertThat(shard.rows(KeySpace.EXPIRY)).hasSize(1);
  }

  @Test
  void shouldKeepOneIndexRowForEachItemThatExpires() {
    write(TIME, put(KEY, "a", 100));
    write(TIME, put(KEY, "b", 200));
    assertThat(expiries()).containsExactly(TIME + 200);
    write(TIME, put(KEY, "c", 300), put(KEY, "d", 400));
    assertThat(expiries()).containsExactly(TIME + 400);
    write(TIME, mutation(KEY, new Action.Append(new byte[1])));
    assertThat(expiries()).containsExactly(TIME + 400);
    write(TIME, mutation(KEY, new Action.Touch(50)));
    assertThat(expiries()).containsExactly(TIME + 50);
    write(TIME, mutation(KEY, new Action.Touch(Action.TTL_NEVER)));
    assertThat(expiries()).isEmpty();
    write(TIME, put(KEY, "e", 100));
    write(TIME, put(KEY, "f"));
    assertThat(expiries()).isEmpty();
    write(TIME, put(KEY, "g", 100));
    write(TIME, mutation(KEY, Action.Remove.REMOVE));
    assertThat(expiries()).isEmpty();
    shard.tick(TIME + 1000);
    assertThat(shard.get(KEY)).isNull();
  }

  @Test
  void shouldUseTheDefaultOfTheCollection() {
    byte[] key = key("ann", TestShard.EXPIRING, "1");
    write(TIME, put(key, "x"), TestShard.add(key("ann", TestShard.EXPIRING, "2"), 1));
    assertThat(expiries()).containsExactly(TIME + 500, TIME + 500);
    write(TIME + 100, put(key, "x", Action.TTL_NEVER));
    assertThat(expiries()).containsExactly(TIME + 500);
  }

  @Test
  void shouldSweepABacklogInPiecesAndHoldItsTimeBack() {
    int items = 2 * ExpiryIndex.SWEEP_MAX + 500;
    List<Mutation> puts = new ArrayList<>();
    for (int i = 0; i < items; i++) {
      // The first 1,700 at one time, the others one by one behind it.
      puts.add(put(key("ann", TestShard.PLAIN, "item" + i), "x", 100 + Math.max(0, i - 1699)));
    }
    shard.write(TIME, new WriteCommand(TestShard.request(++sequence), TIME + 60_000, 9, puts));
    long due = TIME + 50_000;

    shard.tick(due);
    assertThat(shard.rows(KeySpace.DATA)).hasSize(items - ExpiryIndex.SWEEP_MAX);
    assertThat(time()).isEqualTo(TIME + 99);
    assertThat(shard.machine().nextExpiry()).isEqualTo(TIME + 100);
    shard.machine().flush();
    shard.crash();
    assertThat(shard.machine().nextExpiry()).isEqualTo(TIME + 100);

    // A write meanwhile: its own expiry counts from the entry's time, never early.
    write(due, put(KEY, "y", 100));
    assertThat(Objects.requireNonNull(shard.get(KEY)).expiresAtMillis()).isEqualTo(due + 100);
    assertThat(shard.rows(KeySpace.DATA)).hasSize(items - 2 * ExpiryIndex.SWEEP_MAX + 1);
    assertThat(time()).isEqualTo(TIME + 100 + 300);
    assertThat(shard.machine().state().version() >>> 16).isEqualTo(due);

    shard.tick(due);
    assertThat(time()).isEqualTo(due);
    assertThat(shard.rows(KeySpace.DATA)).hasSize(1);
    assertThat(shard.machine().nextExpiry()).isEqualTo(due + 100);
  }

  /** A clock that is behind never sets the shard back. */
  @Test
  void shouldOnlyRise() {
    write(TIME + 5000, put(KEY, "x", 100));
    long version = shard.machine().state().version();
    write(TIME - 5000, put(KEY, "y", 100));
    assertThat(time()).isEqualTo(TIME + 5000);
    assertThat(shard.machine().state().version()).isEqualTo(version + 1);
    assertThat(expiries()).containsExactly(TIME + 5100);
  }

  @Test
  void shouldRefuseTimesToLiveThatCannotBe() {
    for (long ttl : new long[] {-2, Long.MIN_VALUE, EntryHeader.TIME_MILLIS_MAX, Long.MAX_VALUE}) {
      WriteOutcome outcome = write(TIME, put(KEY, "x", ttl));
      assertThat(outcome.error()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
      assertThat(outcome.message()).contains("ttl_millis", "" + ttl);
    }
    assertThat(shard.get(KEY)).isNull();
  }

  private WriteOutcome write(long timeMillis, Mutation... mutations) {
    return shard.write(timeMillis, command(++sequence, timeMillis + 60_000, mutations)).get(0);
  }

  private long time() {
    return shard.machine().state().timeMillis();
  }

  private List<Long> expiries() {
    return shard.rows(KeySpace.EXPIRY).keySet().stream()
        .map(row -> Long.parseLong(row.substring(0, 16), 16))
        .toList();
  }
}
