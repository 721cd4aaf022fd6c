package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.StorageEngine;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Shards that are cut and joined while they are written to, on three nodes that lag and lose what
 * they have not flushed, against a model that knows no logs.
 */
class ReshapingPropertyTest {
  private static final long START = 1_000_000;
  private static final List<String> MEMBERS =
      List.of("00000000000000a1", "00000000000000a2", "00000000000000a3");

  @TempDir Path directory;

  private Random random = new Random();
  private CommandGenerator commands = new CommandGenerator(random);
  private final List<TestGroup> groups = new ArrayList<>();
  private final List<TestGroup.Node> nodes = new ArrayList<>();

  /** Versions that items were last given: they rise for ever, whichever shard they are in. */
  private final Map<String, Long> versions = new HashMap<>();

  private long time = START;
  private long ids;
  private int splits;
  private int merges;
  private int aborts;
  private int replays;
  private int repeats;

  @Test
  void shouldDoWhatTheModelDoes() {
    long first = Seed.next("ReshapingPropertyTest");
    for (int run = 0; run < 12; run++) {
      run(first + run, new InMemoryStorageEngine(), 500);
    }
    assertThat(happened(40)).as("else the runs prove nothing").isTrue();
  }

  @Test
  void shouldDoWhatTheModelDoesOnRocksDb() {
    long first = Seed.next("ReshapingPropertyTest");
    try (RocksStorageEngine rocks = new RocksStorageEngine(RocksSettings.of(64 << 20))) {
      for (int run = 0; run < 2 || (run < 12 && !happened(5)); run++) {
        run(first + run, rocks, 400);
      }
    }
    assertThat(happened(5)).as("else the runs prove nothing").isTrue();
  }

  /** Whether each kind of event has come up more than so often, or a fair part of it. */
  private boolean happened(int least) {
    return splits > least
        && merges > least / 2
        && aborts > least / 10
        && replays > least
        && repeats > least
        && nodes.stream().mapToInt(node -> node.seeds).sum() > splits;
  }

  private void run(long seed, StorageEngine third, int steps) {
    random = new Random(seed);
    commands = new CommandGenerator(random);
    versions.clear();
    time = START;
    ids = 100;
    Path place = directory.resolve(Long.toString(seed));
    List<TestGroup.Node> its = new ArrayList<>();
    for (int i = 0; i < TestGroup.REPLICAS; i++) {
      StorageEngine engine = i == 2 ? third : new InMemoryStorageEngine();
      its.add(new TestGroup.Node(engine, place.resolve("node" + i)));
    }
    nodes.addAll(its);
    ShardDescription all = new ShardDescription(7, 1, TestShard.NONE, TestShard.NONE);
    TestGroup root = new TestGroup(7, its, new ShardModel(all, START));
    root.createAll();
    root.leader().create(START);
    groups.add(root);
    try {
      for (int step = 0; step < steps; step++) {
        step(its);
      }
      settle();
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
    } finally {
      groups.forEach(TestGroup::close);
      groups.clear();
    }
  }

  private void step(List<TestGroup.Node> its) {
    time += random.nextInt(5) == 0 ? random.nextInt(600) : random.nextInt(20);
    TestGroup group = groups.get(random.nextInt(groups.size()));
    switch (random.nextInt(16)) {
      case 0, 1, 2, 3, 4, 5, 6 -> write();
      case 7 -> {
        group.model.advance(time);
        group.leader().tick(time);
      }
      case 8 -> split(group, its);
      case 9 -> trim(group);
      case 10, 11, 12 -> {
        for (int i = random.nextInt(3); i >= 0; i--) {
          merge(groups.stream().filter(of -> of.merging != 0).findAny().orElse(group));
        }
      }
      case 13 -> lag(group);
      case 14 -> flush(group);
      default -> crash(group);
    }
    makeChildren();
  }

  // ---- Writes ----

  private void write() {
    Map<TestGroup, List<WriteCommand>> routed = new java.util.LinkedHashMap<>();
    for (WriteCommand command : commands.next(1 + random.nextInt(8), time)) {
      routed.computeIfAbsent(owner(command), group -> new ArrayList<>()).add(command);
    }
    routed.forEach(this::write);
  }

  private TestGroup owner(WriteCommand command) {
    // Now and then to the wrong one, as a client with an old map does.
    if (command.mutations().isEmpty() || random.nextInt(30) == 0) {
      return groups.get(random.nextInt(groups.size()));
    }
    byte[] key = command.mutations().get(0).key();
    return groups.stream()
        .filter(group -> group.model.range().contains(key))
        .findAny()
        .orElseThrow();
  }

  private void write(TestGroup group, List<WriteCommand> batch) {
    group.model.advance(time);
    List<WriteOutcome> expected = batch.stream().map(group.model::apply).toList();
    List<WriteOutcome> outcomes = group.leader().write(time, batch, random.nextBoolean());
    for (int i = 0; i < outcomes.size(); i++) {
      WriteOutcome outcome = outcomes.get(i);
      assertThat(outcome.error())
          .as("%s: %s", batch.get(i), outcome.message())
          .isEqualTo(expected.get(i).error());
      assertThat(outcome.results())
          .usingRecursiveComparison(TestShard.bytesAtOnce())
          .isEqualTo(expected.get(i).results());
      assertThat(outcome.shardVersion()).isEqualTo(expected.get(i).shardVersion());
      assertThat(outcome.shardTimeMillis()).isEqualTo(expected.get(i).shardTimeMillis());
    }
    noteVersions(group);
  }

  private void noteVersions(TestGroup group) {
    group
        .model
        .items()
        .forEach(
            (key, item) -> {
              Long before = versions.put(key, item.version());
              if (before != null && before > item.version()) {
                throw new AssertionError(key + ": " + item.version() + " after " + before);
              }
            });
    commands.seen(group.model.version());
  }

  // ---- Splits ----

  private void split(TestGroup group, List<TestGroup.Node> its) {
    if (groups.size() > 4 || (group.merging != 0 && random.nextInt(4) > 0)) {
      return;
    }
    byte[] at = commands.someKey();
    if (random.nextInt(3) > 0) {
      at =
          Arrays.copyOf(
              at,
              random.nextBoolean()
                  ? PhysicalKey.TOKEN_BYTES
                  : PhysicalKey.endOfShardingKey(at) + 1);
    }
    long childId = ++ids;
    long operationId = ++ids;
    ShardDescription range = group.leader().range();
    ReshapeCommand.Split split =
        new ReshapeCommand.Split(operationId, childId, at, range.epoch(), MEMBERS);
    ReshapeOutcome outcome = group.leader().reshape(time, split, random.nextBoolean());
    boolean fits =
        range.contains(at)
            && Arrays.compareUnsigned(at, range.start()) > 0
            && !group.leader().reshaping().isFrozen()
            && group.leader().reshaping().absorbing() == null;
    if (!fits) {
      assertThat(outcome.isDone()).isFalse();
      return;
    }
    if (!outcome.isDone()) {
      // Only a cut through a collection that is not divisible.
      assertThat(at.length).isGreaterThan(PhysicalKey.endOfShardingKey(at) + 1);
      assertThat(outcome.message()).contains("divisible");
      return;
    }
    splits++;
    groups.add(new TestGroup(childId, its, group.model.split(at, childId)));
    if (random.nextBoolean()) {
      repeats++;
      assertThat(group.leader().reshape(time, split)).isEqualTo(ReshapeOutcome.REPEATED);
    }
  }

  /** Wherever a parent's replica says so and a seed is there. */
  private void makeChildren() {
    for (TestGroup parent : List.copyOf(groups)) {
      for (int i = 0; i < TestGroup.REPLICAS; i++) {
        for (Child child : parent.isMade(i) ? parent.children(i) : List.<Child>of()) {
          int index = i;
          // The first at once: the model has it.
          if (i == 0 || random.nextInt(3) == 0) {
            groups.stream()
                .filter(group -> group.id() == child.childId())
                .forEach(group -> group.make(index, child));
          }
        }
      }
    }
  }

  private void trim(TestGroup group) {
    List<Long> complete = new ArrayList<>();
    for (Child child : group.children(0)) {
      if (groups.stream().anyMatch(of -> of.id() == child.childId() && of.isComplete())) {
        complete.add(child.childId());
      }
    }
    boolean untrimmed = group.leader().reshaping().untrimmed() != null;
    group.model.advance(time);
    ReshapeOutcome outcome = group.leader().reshape(time, new ReshapeCommand.Trim(complete));
    assertThat(outcome.isDone()).isTrue();
    assertThat(outcome.repeated()).isEqualTo(!untrimmed && complete.isEmpty());
    if (untrimmed) {
      // So little is there that one is enough.
      assertThat(group.leader().reshaping().untrimmed()).isNull();
      group.model.trim();
    }
  }

  // ---- Merges ----

  /** One step of the merge of a shard with its right neighbour; or the first one. */
  private void merge(TestGroup left) {
    TestGroup right =
        groups.stream()
            .filter(
                group ->
                    left.leader().range().end().length > 0
                        && Arrays.equals(
                            group.leader().range().start(), left.leader().range().end()))
            .findAny()
            .orElse(null);
    if (right == null || !right.isComplete() || !left.isComplete()) {
      return;
    }
    Reshaping.Absorbing under = left.leader().reshaping().absorbing();
    if (under == null) {
      begin(left, right);
    } else if (!right.leader().reshaping().isFrozen()) {
      freeze(left, right);
    } else if (random.nextInt(20) == 0) {
      abort(left, right);
    } else if (!Arrays.equals(under.position(), ReshapeCommand.AbsorbRows.END)) {
      copy(left, right, under);
    } else if (!right.leader().reshaping().isSealed()) {
      reshapeFrozen(right, new ReshapeCommand.Seal(left.merging));
    } else {
      commit(left, right);
    }
  }

  private void begin(TestGroup left, TestGroup right) {
    if (left.leader().reshaping().isFrozen()) {
      return;
    }
    if (left.leader().reshaping().untrimmed() != null || !left.children(0).isEmpty()) {
      lag(left);
      makeChildren();
      trim(left);
      return;
    }
    long operationId = ++ids;
    left.model.advance(time);
    ReshapeOutcome outcome =
        left.leader().reshape(time, new ReshapeCommand.Absorb(operationId, right.leader().range()));
    assertThat(outcome.isDone()).as(outcome.message()).isEqualTo(left.children(0).isEmpty());
    left.merging = outcome.isDone() ? operationId : 0;
  }

  private void freeze(TestGroup left, TestGroup right) {
    boolean possible =
        right.children(0).isEmpty() && right.leader().reshaping().absorbing() == null;
    // The epoch has to be the one that was absorbed.
    Reshaping.Absorbing under = left.leader().reshaping().absorbing();
    boolean same = under != null && under.neighbour().epoch() == right.leader().range().epoch();
    // Or an operation of its own may have come later than this one.
    Reshaping.Operation last = right.leader().reshaping().lastOperation();
    if (!same || (last != null && last.id() > left.merging)) {
      abort(left, right);
      return;
    }
    ReshapeOutcome outcome =
        right.leader().reshape(time, new ReshapeCommand.Freeze(left.merging, left.id()));
    assertThat(outcome.isDone()).as(outcome.message()).isEqualTo(possible);
    if (possible) {
      right.model.freeze(true);
    }
  }

  private void reshapeFrozen(TestGroup right, ReshapeCommand command) {
    assertThat(right.leader().reshape(time, command).isDone()).isTrue();
    if (random.nextInt(3) == 0) {
      repeats++;
      assertThat(right.leader().reshape(time, command)).isEqualTo(ReshapeOutcome.REPEATED);
    }
  }

  private void copy(TestGroup left, TestGroup right, Reshaping.Absorbing under) {
    List<RawRow> rows =
        right.leader().copied().stream()
            .filter(row -> Arrays.compareUnsigned(row.position(), under.position()) > 0)
            .toList();
    int count = random.nextInt(rows.size() + 1);
    boolean last = count == rows.size();
    byte[] to =
        last
            ? ReshapeCommand.AbsorbRows.END
            : count == 0 ? under.position() : rows.get(count - 1).position();
    ReshapeCommand page =
        new ReshapeCommand.AbsorbRows(left.merging, under.position(), to, rows.subList(0, count));
    left.model.advance(time);
    boolean empty = Arrays.equals(to, under.position());
    ReshapeOutcome outcome = left.leader().reshape(time, page, random.nextBoolean());
    assertThat(outcome).isEqualTo(empty ? ReshapeOutcome.REPEATED : ReshapeOutcome.DONE);
    rows.subList(0, count).stream()
        .filter(row -> row.space() == KeySpace.DATA)
        .map(row -> ItemCodec.expiresAtMillis(row.value()))
        .forEach(left.model::copied);
    if (random.nextInt(3) == 0) {
      repeats++;
      left.model.advance(time);
      assertThat(left.leader().reshape(time, page)).isEqualTo(ReshapeOutcome.REPEATED);
    }
  }

  private void commit(TestGroup left, TestGroup right) {
    ReshapeCommand commit = right.leader().absorbed(left.merging);
    long at = time - random.nextInt(3) * 200L;
    left.model.advance(at);
    ReshapeOutcome outcome = left.leader().reshape(at, commit, random.nextBoolean());
    if (left.model.time() < right.leader().machine().state().timeMillis()) {
      assertThat(outcome.code()).isEqualTo(ErrorCode.BUSY);
      return;
    }
    assertThat(outcome).as(outcome.message()).isEqualTo(ReshapeOutcome.DONE);
    merges++;
    left.model.merge(right.model);
    left.merging = 0;
    noteVersions(left);
    // Nodes delete its replicas, wherever they have got to.
    right.close();
    groups.remove(right);
  }

  private void abort(TestGroup left, TestGroup right) {
    long operationId = left.merging;
    left.model.advance(time);
    ReshapeCommand abort = new ReshapeCommand.AbsorbAbort(operationId);
    assertThat(left.leader().reshape(time, abort)).isEqualTo(ReshapeOutcome.DONE);
    Reshaping.Frozen frozen = right.leader().reshaping().frozen();
    if (frozen != null && frozen.operationId() == operationId) {
      ReshapeCommand thaw = new ReshapeCommand.Thaw(operationId);
      assertThat(right.leader().reshape(time, thaw)).isEqualTo(ReshapeOutcome.DONE);
      right.model.freeze(false);
    }
    left.merging = 0;
    aborts++;
  }

  // ---- Faults ----

  private void lag(TestGroup group) {
    for (int i = 1; i < TestGroup.REPLICAS; i++) {
      if (group.isMade(i)) {
        group.catchUp(i, random.nextInt(60));
      }
    }
  }

  private void flush(TestGroup group) {
    int index = 1 + random.nextInt(2);
    if (group.isMade(index)) {
      group.replica(index).machine().flush();
    }
  }

  private void crash(TestGroup group) {
    int index = 1 + random.nextInt(2);
    if (!group.isMade(index)) {
      return;
    }
    int applied = group.replica(index).appliedCount();
    group.crash(index);
    replays += applied == group.replica(index).appliedCount() ? 0 : 1;
    if (random.nextBoolean()) {
      group.catchUp(index, Integer.MAX_VALUE >> 1);
    }
  }

  /** Everything is worked off, and all replicas of all shards are as the model says. */
  private void settle() {
    for (int round = 0; round < 20; round++) {
      for (TestGroup group : List.copyOf(groups)) {
        for (int i = 1; i < TestGroup.REPLICAS; i++) {
          if (group.isMade(i)) {
            group.catchUp(i, Integer.MAX_VALUE >> 1);
          }
        }
        makeChildren();
      }
    }
    for (TestGroup group : groups) {
      assertThat(group.isComplete()).as("shard %s", group.id()).isTrue();
      trim(group);
      for (int i = 1; i < TestGroup.REPLICAS; i++) {
        group.catchUp(i, Integer.MAX_VALUE >> 1);
        group.replica(i).machine().flush();
        assertThat(group.replica(i).machine().checksum())
            .as("replica %s of shard %s", i, group.id())
            .isEqualTo(group.leader().machine().checksum());
        group.crash(i);
        assertThat(group.replica(i).machine().checksum())
            .isEqualTo(group.leader().machine().checksum());
        assertThat(group.replica(i).machine().nextForgetting())
            .isEqualTo(group.leader().machine().nextForgetting());
      }
      assertSameItems(group);
    }
  }

  private static void assertSameItems(TestGroup group) {
    TestShard leader = group.leader();
    TreeMap<String, ShardModel.Item> items = new TreeMap<>();
    TreeMap<String, String> expiries = new TreeMap<>();
    for (RawRow row : leader.copied()) {
      if (row.space() == KeySpace.DATA) {
        StoredItem item = ItemCodec.decode(row.key(), row.value());
        items.put(
            HexFormat.of().formatHex(row.key()),
            new ShardModel.Item(item.value(), item.version(), item.expiresAtMillis()));
        if (item.expiresAtMillis() != 0) {
          expiries.put(TestShard.hex(ExpiryIndex.key(item.expiresAtMillis(), row.key())), "");
        }
      }
    }
    assertThat(items).isEqualTo(group.model.items());
    if (leader.reshaping().absorbing() == null) {
      assertThat(leader.rows(KeySpace.EXPIRY)).isEqualTo(expiries);
      assertThat(leader.rows(KeySpace.DATA)).hasSameSizeAs(items.keySet());
    }
  }
}
