package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.StorageEngine;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardStateMachinePropertyTest {
  private static final long START = 1_000_000;
  private static final byte[] RANGE_END = TestShard.key("dee", TestShard.PLAIN, "2");

  private final Random random = Seed.random("ShardStateMachinePropertyTest");
  private final InMemoryStorageEngine engine = new InMemoryStorageEngine();

  @TempDir Path directory;

  @Test
  void shouldDoWhatTheModelDoes() {
    try (TestShard shard = new TestShard(engine, directory)) {
      shard.create(START, TestShard.NONE, RANGE_END);
      ShardModel model =
          new ShardModel(new ShardDescription(7, 1, TestShard.NONE, RANGE_END), START);
      CommandGenerator commands = new CommandGenerator(random);
      long time = START;
      for (int entry = 0; entry < 1500; entry++) {
        time += random.nextInt(4) == 0 ? random.nextInt(400) : random.nextInt(3) - 1;
        model.advance(time);
        List<WriteCommand> batch = commands.next(random.nextInt(12), model.time());
        List<WriteOutcome> expected = batch.stream().map(model::apply).toList();
        List<WriteOutcome> outcomes = shard.write(time, batch, random.nextBoolean());
        assertThat(outcomes).hasSameSizeAs(expected);
        for (int i = 0; i < outcomes.size(); i++) {
          assertSame(outcomes.get(i), expected.get(i), batch.get(i));
        }
        assertThat(shard.machine().state().version()).isEqualTo(model.version());
        assertThat(shard.machine().state().timeMillis()).isEqualTo(model.time());
        assertThat(shard.machine().nextExpiry()).isGreaterThan(model.time());
        if (!model.items().isEmpty()) {
          commands.seen(model.items().values().iterator().next().version());
        }
        if (entry % 20 == 0) {
          assertSameItems(shard, model);
        }
      }
      assertSameItems(shard, model);
    }
  }

  /** What was gathered into one entry and what into the next must not matter. */
  @Test
  void shouldNotDependOnHowCommandsAreGathered() {
    try (TestShard one = new TestShard(engine, directory.resolve("one"));
        TestShard other = new TestShard(engine, directory.resolve("other"))) {
      one.create(START);
      other.create(START);
      CommandGenerator commands = new CommandGenerator(random);
      long time = START;
      for (int round = 0; round < 300; round++) {
        time += random.nextInt(300);
        List<WriteCommand> batch = commands.next(1 + random.nextInt(20), time);
        List<WriteOutcome> together = one.write(time, batch, true);
        List<WriteOutcome> parts = new ArrayList<>();
        int from = 0;
        while (from < batch.size()) {
          int to = from + 1 + random.nextInt(batch.size() - from);
          parts.addAll(other.write(time, batch.subList(from, to), false));
          from = to;
        }
        assertThat(parts).usingRecursiveComparison(TestShard.bytesAtOnce()).isEqualTo(together);
        commands.seen(one.machine().state().version());
        assertThat(other.rows(KeySpace.DATA)).isEqualTo(one.rows(KeySpace.DATA));
        assertThat(other.rows(KeySpace.EXPIRY)).isEqualTo(one.rows(KeySpace.EXPIRY));
        Map<String, String> system = one.rows(KeySpace.SYSTEM);
        Map<String, String> otherSystem = other.rows(KeySpace.SYSTEM);
        String position =
            TestShard.hex("!applied".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        system.remove(position);
        otherSystem.remove(position);
        assertThat(otherSystem).isEqualTo(system);
      }
    }
  }

  @Test
  void shouldComeToTheSameStateFromEveryCrashPoint() {
    assertSameStateFromEveryCrashPoint(engine, 600);
  }

  @Test
  void shouldComeToTheSameStateFromEveryCrashPointOnRocksDb() {
    try (RocksStorageEngine rocks = new RocksStorageEngine(RocksSettings.of(64 << 20))) {
      assertSameStateFromEveryCrashPoint(rocks, 300);
    }
  }

  /** The proposer's replica (in memory), one that decodes, and one that dies again and again. */
  private void assertSameStateFromEveryCrashPoint(StorageEngine tested, int entries) {
    try (TestShard leader = new TestShard(engine, directory.resolve("leader"));
        TestShard follower = new TestShard(tested, directory.resolve("follower"));
        TestShard dying = new TestShard(tested, directory.resolve("dying"))) {
      leader.create(START);
      CommandGenerator commands = new CommandGenerator(random);
      long time = START;
      int replays = 0;
      for (int i = 0; i < entries; i++) {
        time += random.nextInt(10) == 0 ? random.nextInt(9000) : random.nextInt(100);
        if (random.nextInt(8) == 0) {
          leader.tick(time);
        } else {
          leader.write(time, commands.next(random.nextInt(10), time), true);
        }
        dying.replay(leader.log());
        if (random.nextInt(10) == 0) {
          assertThat(dying.machine().flush()).isEqualTo(dying.machine().applied());
        }
        if (random.nextInt(12) == 0) {
          var durable = dying.machine().durable();
          var applied = dying.machine().applied();
          dying.crash();
          assertThat(dying.machine().applied()).isEqualTo(durable);
          assertThat(dying.machine().durable()).isEqualTo(durable);
          replays += applied.equals(durable) ? 0 : 1;
          dying.replay(leader.log());
          assertThat(dying.machine().checksum()).isEqualTo(leader.machine().checksum());
          assertThat(dying.machine().nextForgetting()).isEqualTo(leader.machine().nextForgetting());
        }
      }
      follower.replay(leader.log());
      assertThat(replays).isGreaterThan(5);
      assertThat(follower.machine().checksum()).isEqualTo(leader.machine().checksum());
      assertThat(dying.machine().checksum()).isEqualTo(leader.machine().checksum());
    }
  }

  private static void assertSame(
      WriteOutcome outcome, WriteOutcome expected, WriteCommand command) {
    assertThat(outcome.error())
        .as("%s: %s", command, outcome.message())
        .isEqualTo(expected.error());
    assertThat(outcome.results())
        .as("%s", command)
        .usingRecursiveComparison(TestShard.bytesAtOnce())
        .isEqualTo(expected.results());
    assertThat(outcome.shardVersion()).isEqualTo(expected.shardVersion());
    assertThat(outcome.shardTimeMillis()).isEqualTo(expected.shardTimeMillis());
    if (outcome.error() != null) {
      assertThat(outcome.message()).isNotEmpty();
    }
  }

  private static void assertSameItems(TestShard shard, ShardModel model) {
    TreeMap<String, ShardModel.Item> items = new TreeMap<>();
    TreeMap<String, String> expiries = new TreeMap<>();
    try (ReadView view = shard.slot().snapshot()) {
      ItemPage page =
          ItemReader.range(
              view,
              java.util.Objects.requireNonNull(shard.machine().state().shard()),
              TestShard.NONE,
              TestShard.NONE,
              false,
              Integer.MAX_VALUE,
              Integer.MAX_VALUE);
      for (StoredItem item : page.items()) {
        items.put(
            HexFormat.of().formatHex(item.key()),
            new ShardModel.Item(item.value(), item.version(), item.expiresAtMillis()));
        if (item.expiresAtMillis() != 0) {
          expiries.put(TestShard.hex(ExpiryIndex.key(item.expiresAtMillis(), item.key())), "");
        }
      }
    }
    assertThat(items).isEqualTo(model.items());
    assertThat(shard.rows(KeySpace.EXPIRY)).isEqualTo(expiries);
  }
}
