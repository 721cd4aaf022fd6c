package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.StorageEngine;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Documents that come, change and expire while indexes are declared, built and dropped, and shards
 * cut and joined: whatever happens, the rows are those that a recount from the documents gives. A
 * second replica lags, crashes and replays, and ends with the same bytes.
 */
class IndexPropertyTest {
  private static final long START = 1_000_000;
  private static final List<String> MEMBERS =
      List.of("00000000000000a1", "00000000000000a2", "00000000000000a3");
  private static final List<List<IndexInfo.Field>> SHAPES =
      List.of(
          List.of(new IndexInfo.Field("n", false)),
          List.of(new IndexInfo.Field("text", true), new IndexInfo.Field("n", false)),
          List.of(new IndexInfo.Field("list[]", false)),
          List.of(new IndexInfo.Field("inner.x", true)),
          List.of(new IndexInfo.Field("list[]", true), new IndexInfo.Field("t", false)));

  @TempDir Path directory;

  private Random random = new Random();
  private DocumentMutations mutations = new DocumentMutations(random);
  private List<IndexInfo> indexes = new ArrayList<>();
  private final Map<Long, TestShard> shards = new LinkedHashMap<>();
  private final Map<Long, TestShard> followers = new LinkedHashMap<>();
  private final Map<String, Path> seeds = new LinkedHashMap<>();
  private long time;
  private long ids;
  private int fills;
  private int drops;
  private int splits;
  private int merges;
  private int crashes;
  private int overdue;
  private int done;
  private int failed;
  private long changedIn = 10;
  private long sequence;
  private int made;

  @Test
  void shouldHaveTheRowsThatTheDocumentsGive() {
    long first = Seed.next("IndexPropertyTest");
    // Chance decides what happens; it goes on until enough of everything has.
    for (int run = 0; run < 12 || (run < 60 && !isVaried()); run++) {
      run(first + run, new InMemoryStorageEngine());
    }
    assertThat(isVaried()).as("enough of everything happens").isTrue();
    assertThat(done).isGreaterThan(2000);
    assertThat(failed).isGreaterThan(500);
  }

  private boolean isVaried() {
    // Overdue: documents that were due while they were absorbed.
    return fills > 40 && drops > 10 && splits > 10 && merges > 4 && crashes > 20 && overdue > 0;
  }

  @Test
  void shouldHaveTheRowsThatTheDocumentsGiveOnRocksDb() {
    long first = Seed.next("IndexPropertyTest");
    try (RocksStorageEngine rocks = new RocksStorageEngine(RocksSettings.of(64 << 20))) {
      run(first, rocks);
    }
  }

  private void run(long seed, StorageEngine engine) {
    random = new Random(seed);
    mutations = new DocumentMutations(random);
    indexes = new ArrayList<>();
    time = START;
    ids = 100;
    try {
      TestShard root = shard(engine, seed, 7);
      root.create(START);
      followers.put(7L, shard(engine, -seed - 1, 7));
      shards.put(7L, root);
      for (int step = 0; step < 400; step++) {
        step(engine, seed);
        for (TestShard shard : shards.values()) {
          IndexModel.check(shard);
        }
      }
      finish();
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
    } finally {
      shards.values().forEach(TestShard::close);
      followers.values().forEach(TestShard::close);
      shards.clear();
      followers.clear();
    }
  }

  private TestShard shard(StorageEngine engine, long place, long id) {
    return new TestShard(
        engine, directory.resolve(place + "-" + id), EntryObserver.NONE, id, 0, seedMaker(place));
  }

  private SeedMaker seedMaker(long place) {
    return new SeedMaker() {
      @Override
      public void seed(Child child, Consumer<Path> checkpoint) {
        Path seed = directory.resolve("seed-" + ++made);
        checkpoint.accept(seed);
        seeds.put(place + "-" + child.childId(), seed);
      }

      @Override
      public void split(Child child) {}
    };
  }

  private void step(StorageEngine engine, long seed) {
    time += random.nextInt(5) == 0 ? random.nextInt(500) : random.nextInt(20);
    TestShard shard = anyShard();
    switch (random.nextInt(14)) {
      case 0, 1, 2, 3, 4, 5 -> write();
      case 6 -> shard.tick(time);
      case 7, 8 -> fill(shard);
      case 9 -> declare();
      case 10 -> split(engine, seed, shard);
      case 11 -> merge();
      default -> follow();
    }
  }

  private TestShard shardOf(long id) {
    return Objects.requireNonNull(shards.get(id));
  }

  private TestShard anyShard() {
    List<TestShard> all = List.copyOf(shards.values());
    return all.get(random.nextInt(all.size()));
  }

  private void write() {
    Map<TestShard, List<WriteCommand>> routed = new LinkedHashMap<>();
    for (int i = random.nextInt(16); i >= 0; i--) {
      String shardingKey = "k" + random.nextInt(12);
      byte[] family = family(shardingKey);
      TestShard owner =
          shards.values().stream()
              .filter(shard -> shard.range().contains(family))
              .findAny()
              .orElseThrow();
      List<Mutation> its = new ArrayList<>();
      for (int count = random.nextInt(4); count >= 0; count--) {
        its.add(mutations.next(shardingKey, owner.machine().state().version(), time));
      }
      routed
          .computeIfAbsent(owner, any -> new ArrayList<>())
          .add(new WriteCommand(TestShard.request(++sequence), time + 5000, 0, its));
    }
    routed.forEach(
        (shard, batch) -> {
          for (WriteOutcome outcome : shard.write(time, batch, random.nextBoolean())) {
            done += outcome.error() == null ? 1 : 0;
            failed += outcome.error() == null ? 0 : 1;
          }
        });
  }

  private void fill(TestShard shard) {
    DerivedState state = shard.machine().state().derived().filling();
    if (shard.fill(time) && state != null) {
      fills++;
      drops += state.phase() == DerivedState.Phase.DROPPING ? 1 : 0;
      // Again: it has no effect.
      DerivedStates before = shard.machine().state().derived();
      shard.applyNew(
          new Entry.Fill(
              shard.header(EntryKind.FILL, time), state.id(), new byte[] {1, 2, 3, 4, 5, 6, 7, 8}),
          false);
      assertThat(shard.machine().state().derived()).isSameAs(before);
    }
  }

  private void declare() {
    indexes = new ArrayList<>(indexes);
    if (!indexes.isEmpty() && (indexes.size() > 3 || random.nextInt(3) == 0)) {
      indexes.remove(random.nextInt(indexes.size()));
    } else {
      int id = (int) ++ids;
      indexes.add(new IndexInfo(id, "by" + id, SHAPES.get(random.nextInt(SHAPES.size()))));
    }
    CollectionInfo.Documents keys = TestShard.DOCUMENTS.documents();
    CollectionInfo newest =
        new CollectionInfo(
            TestShard.DOCUMENTS.id(),
            TestShard.DOCUMENTS.name(),
            0,
            false,
            false,
            ++changedIn,
            new CollectionInfo.Documents(
                keys == null ? List.of() : keys.shardPaths(),
                keys == null ? List.of() : keys.idPaths(),
                "t",
                indexes,
                List.of(),
                null));
    for (TestShard shard : shards.values()) {
      shard.applyNew(
          new Entry.Catalogue(shard.header(EntryKind.CATALOGUE, time), List.of(newest)), true);
    }
  }

  private void split(StorageEngine engine, long seed, TestShard shard) {
    if (shards.size() > 3) {
      return;
    }
    byte[] at = Arrays.copyOf(family("k" + random.nextInt(12)), PhysicalKey.TOKEN_BYTES);
    long childId = ++ids;
    ReshapeCommand.Split split =
        new ReshapeCommand.Split(++ids, childId, at, shard.range().epoch(), MEMBERS);
    if (!shard.reshape(time, split).isDone()) {
      return;
    }
    splits++;
    long id = idOf(shard);
    for (boolean leads : new boolean[] {true, false}) {
      TestShard parent = leads ? shard : caughtUp(id);
      long place = leads ? seed : -seed - 1;
      Child child =
          parent.reshaping().children().stream()
              .filter(one -> one.childId() == childId)
              .findAny()
              .orElseThrow();
      TestShard made =
          TestShard.ofSeed(
              engine,
              directory.resolve(place + "-" + childId),
              Objects.requireNonNull(seeds.get(place + "-" + childId)),
              child,
              seedMaker(place));
      (leads ? shards : followers).put(childId, made);
    }
    trim(shard, List.of(childId));
    trim(shardOf(childId), List.of());
  }

  private void trim(TestShard shard, List<Long> children) {
    shard.reshape(time, new ReshapeCommand.Trim(children));
    while (shard.reshaping().untrimmed() != null) {
      shard.reshape(time, new ReshapeCommand.Trim(List.of()));
    }
  }

  private long idOf(TestShard shard) {
    return shard.range().shardId();
  }

  /** All steps of a merge, with time, writes and ticks between them. */
  private void merge() {
    TestShard left = anyShard();
    TestShard right =
        shards.values().stream()
            .filter(
                one ->
                    left.range().end().length > 0
                        && Arrays.equals(one.range().start(), left.range().end()))
            .findAny()
            .orElse(null);
    if (right == null) {
      return;
    }
    long operation = ++ids;
    ReshapeOutcome begun = left.reshape(time, new ReshapeCommand.Absorb(operation, right.range()));
    boolean fillsLeft = left.machine().state().derived().filling() != null;
    assertThat(begun.isDone()).as(begun.message()).isEqualTo(!fillsLeft);
    if (fillsLeft) {
      assertThat(begun.message()).contains("not before that is done");
      return;
    }
    if (!right.reshape(time, new ReshapeCommand.Freeze(operation, idOf(left))).isDone()) {
      assertThat(right.machine().state().derived().filling()).isNotNull();
      abort(left, null, operation);
      return;
    }
    byte[] position = new byte[0];
    List<RawRow> rows = right.copied();
    int done = 0;
    while (done < rows.size()) {
      int next = Math.min(rows.size(), done + 1 + random.nextInt(rows.size()));
      byte[] to =
          next == rows.size() ? ReshapeCommand.AbsorbRows.END : rows.get(next - 1).position();
      assertThat(
              left.reshape(
                      time,
                      new ReshapeCommand.AbsorbRows(
                          operation, position, to, rows.subList(done, next)))
                  .isDone())
          .isTrue();
      position = to;
      done = next;
      between(left);
    }
    if (rows.isEmpty()) {
      left.reshape(
          time,
          new ReshapeCommand.AbsorbRows(
              operation, position, ReshapeCommand.AbsorbRows.END, List.of()));
    }
    if (random.nextInt(4) == 0) {
      abort(left, right, operation);
      return;
    }
    right.reshape(time, new ReshapeCommand.Seal(operation));
    String mark = TestShard.hex("overdue".getBytes(StandardCharsets.US_ASCII));
    overdue += left.rows(KeySpace.SYSTEM).containsKey(mark) ? 1 : 0;
    time += 1;
    boolean same =
        left.machine().state().derived().ready().equals(right.machine().state().derived().ready());
    left.tick(time + 1000);
    time += 1000;
    ReshapeOutcome outcome = left.reshape(time, right.absorbed(operation));
    assertThat(outcome.isDone()).as(outcome.message()).isEqualTo(same);
    if (!outcome.isDone()) {
      assertThat(outcome.message()).contains("are ready");
      abort(left, right, operation);
      return;
    }
    merges++;
    long id = idOf(right);
    shardOf(id).close();
    shards.remove(id);
    TestShard follower = followers.remove(id);
    if (follower != null) {
      follower.close();
    }
    left.tick(time);
  }

  private void between(TestShard left) {
    switch (random.nextInt(4)) {
      case 0 -> {
        time += random.nextInt(400);
        left.tick(time);
      }
      case 1 -> {
        // A frozen shard refuses; the others write.
        write();
      }
      case 2 -> {
        if (random.nextInt(4) == 0) {
          declare();
        }
        left.fill(time);
      }
      default -> {
        // Nothing.
      }
    }
  }

  private void abort(TestShard left, @Nullable TestShard right, long id) {
    assertThat(left.reshape(time, new ReshapeCommand.AbsorbAbort(id)).isDone()).isTrue();
    if (right != null) {
      assertThat(right.reshape(time, new ReshapeCommand.Thaw(id)).isDone()).isTrue();
    }
    trim(left, List.of());
  }

  // ---- The second replica ----

  private TestShard caughtUp(long id) {
    TestShard follower = Objects.requireNonNull(followers.get(id));
    follower.replay(shardOf(id).log());
    return follower;
  }

  private void follow() {
    List<Long> all = List.copyOf(shards.keySet());
    long id = all.get(random.nextInt(all.size()));
    TestShard follower = Objects.requireNonNull(followers.get(id));
    List<byte[]> log = shardOf(id).log();
    int count = follower.appliedCount() + random.nextInt(20);
    follower.replay(log, Math.min(count, log.size()));
    if (random.nextBoolean()) {
      follower.machine().flush();
    }
    if (random.nextInt(3) == 0) {
      crashes++;
      follower.crash();
    }
  }

  private void finish() {
    for (long id : shards.keySet()) {
      TestShard leader = shardOf(id);
      while (leader.fill(time)) {
        IndexModel.check(leader);
      }
      IndexModel.check(leader);
      TestShard follower = caughtUp(id);
      assertThat(follower.machine().checksum()).isEqualTo(leader.machine().checksum());
      follower.machine().flush();
      follower.crash();
      assertThat(follower.machine().checksum()).isEqualTo(leader.machine().checksum());
      for (DerivedState state : leader.machine().state().derived().all()) {
        assertThat(state.phase()).isEqualTo(DerivedState.Phase.READY);
      }
      assertThat(leader.machine().state().derived().ready())
          .isEqualTo(indexes.stream().map(IndexInfo::id).toList());
    }
  }

  static byte[] family(String shardingKey) {
    return PhysicalKey.itemCollection(Key.of(shardingKey));
  }
}
