package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.engine.DurableFiles;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.StorageEngine;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import io.henge.replication.statemachine.ReshapeCommand.Absorb;
import io.henge.replication.statemachine.ReshapeCommand.AbsorbCommit;
import io.henge.replication.statemachine.ReshapeCommand.AbsorbRows;
import io.henge.replication.statemachine.ReshapeCommand.Freeze;
import io.henge.replication.statemachine.ReshapeCommand.Seal;
import io.henge.replication.statemachine.ReshapeCommand.Split;
import io.henge.replication.statemachine.ReshapeCommand.Trim;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lists and totals under whatever happens to a shard: after every entry, every copy is what the
 * documents of its family say.
 */
class FamilyPropertyTest {
  private static final long START = 1_000_000;
  private static final String[] PEOPLE = {"ann", "bob", "cid", "dan", "eve", "fay"};
  private static final String[] IDS = {"1", "2", "3", "4", "5"};
  private static final String[] TOTALS = {
    "1",
    "2.50",
    "-0.75",
    "1e3",
    "0.0",
    "\"much\"",
    "null",
    "1e37",
    "1e38",
    "1e-18",
    "1e-19",
    "0.100000000000000000000"
  };
  private static final String[] TIMES = {
    "1", "2", "2.0", "3", "\"x\"", "null", "-1", "[1]", "true"
  };

  @TempDir Path directory;

  private Random random = new Random();
  private StorageEngine engine = new InMemoryStorageEngine();

  /** In the order of their ranges. */
  private final List<TestShard> shards = new ArrayList<>();

  private final Map<Long, Path> seeds = new HashMap<>();
  private Path place = Path.of("");
  private long time;
  private long requests;
  private long version;
  private int nextId;
  private long nextShard;
  private List<CopyRule> ofUsers = List.of();
  private List<CopyRule> ofOrders = List.of();

  private int compared;
  private int failed;
  private int splits;
  private int merges;
  private int dropped;
  private int crashes;
  private int walks;
  private int recounted;
  private int amidWalk;

  @Test
  void shouldSayWhatDocumentsSay() {
    long first = Seed.next("FamilyPropertyTest");
    for (int run = 0; run < 10; run++) {
      run(first + run, 400);
    }
    assertThat(compared).isGreaterThan(10_000);
    assertThat(List.of(failed, splits, merges, dropped, crashes, walks, recounted))
        .as("else the runs prove nothing")
        .allMatch(happened -> happened > 5);
  }

  @Test
  void shouldSayWhatDocumentsSayOnRocksDb() {
    long first = Seed.next("FamilyPropertyTest");
    try (RocksStorageEngine rocks = new RocksStorageEngine(RocksSettings.of(64 << 20))) {
      engine = rocks;
      run(first, 300);
    }
  }

  private void run(long seed, int steps) {
    random = new Random(seed);
    place = directory.resolve(Long.toString(seed));
    time = START;
    version = 1;
    nextId = 100;
    nextShard = 8;
    ofUsers = List.of();
    ofOrders = List.of();
    TestShard root =
        new TestShard(engine, place.resolve("7"), EntryObserver.NONE, 7, 0, seedMaker());
    if (random.nextBoolean()) {
      ofUsers =
          List.of(
              FamilyFixture.ORDER_COUNT,
              FamilyFixture.SPENT,
              FamilyFixture.RECENT,
              FamilyFixture.PIECES);
      ofOrders = List.of(FamilyFixture.LINE_COUNT, FamilyFixture.FIRST_LINES);
    }
    root.create(START, TestShard.NONE, TestShard.NONE, catalogue());
    shards.add(root);
    try {
      for (int step = 0; step < steps; step++) {
        step();
        check();
        if (step % 100 == 99) {
          walk();
        }
      }
      for (TestShard shard : shards) {
        fillAll(shard);
        compared += FamilyModel.check(shard);
        long checksum = shard.machine().checksum();
        shard.crash();
        assertThat(shard.machine().checksum()).isEqualTo(checksum);
      }
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
    } finally {
      shards.forEach(TestShard::close);
      shards.clear();
    }
  }

  private void check() {
    for (TestShard shard : shards) {
      FamilyModel model = FamilyModel.checked(shard);
      compared += model.compared;
      recounted += model.recounted;
    }
  }

  /**
   * Verifies all families as if they were large, a step between any two looks: nothing may seem
   * wrong, whatever happens meanwhile.
   */
  private void walk() {
    FamilyWalk[] walking = new FamilyWalk[1];
    FamilyWalk walk = FamilyWalk.tiny(random.nextBoolean(), () -> amid(walking[0]));
    walking[0] = walk;
    amidWalk = 0;
    walk.run(
        new FamilyWalk.Shards() {
          @Override
          public TestShard of(byte[] key) {
            return holding(key);
          }

          @Override
          public long time() {
            return time;
          }
        });
    assertThat(walk.differences).as("what was found: %s", walk.counts()).isEmpty();
    walks++;
  }

  private void amid(FamilyWalk walk) {
    if (random.nextInt(6) != 0 || amidWalk++ >= 200) {
      return;
    }
    if (walk.inPass) {
      time += random.nextInt(40);
      write();
    } else {
      step();
    }
    check();
  }

  private List<CollectionInfo> catalogue() {
    return List.of(
        FamilyFixture.users(version, ofUsers),
        FamilyFixture.orders(version, ofOrders),
        FamilyFixture.lines(1));
  }

  private void step() {
    time += random.nextInt(40);
    TestShard shard = shards.get(random.nextInt(shards.size()));
    switch (random.nextInt(27)) {
      case 0 -> shard.tick(time + random.nextInt(300));
      case 1 -> {
        shard.crash();
        crashes++;
      }
      case 2 -> {
        if (random.nextInt(3) == 0) {
          shard.machine().flush();
        }
      }
      case 3 -> declare();
      case 4 -> drop();
      case 5, 6, 7, 8 -> fill(shard);
      case 9 -> split(shard);
      case 10 -> merge();
      case 11 -> mend(shard);
      case 12, 13 -> recount(shard);
      default -> write();
    }
  }

  // ---- Writes ----

  private void write() {
    List<WriteCommand> commands = new ArrayList<>();
    TestShard shard = null;
    for (int i = random.nextInt(3); i >= 0; i--) {
      String person = PEOPLE[random.nextInt(PEOPLE.length)];
      byte[] key = FamilyFixture.user(person);
      TestShard its = holding(key);
      if (shard != null && shard != its) {
        continue;
      }
      shard = its;
      List<Mutation> mutations = new ArrayList<>();
      for (int j = random.nextInt(4); j >= 0; j--) {
        mutations.add(mutation(person));
      }
      if (random.nextInt(10) == 0) {
        // Fails, with all that was done before it.
        mutations.add(
            new Mutation(
                FamilyFixture.order(person, "none"),
                Condition.present(),
                Action.Remove.REMOVE,
                false));
      }
      commands.add(
          TestShard.command(++requests, time + 10_000, mutations.toArray(Mutation[]::new)));
    }
    if (shard != null) {
      for (WriteOutcome outcome : shard.write(time, commands, random.nextBoolean())) {
        failed += outcome.error() == null ? 0 : 1;
      }
    }
  }

  private TestShard holding(byte[] key) {
    return shards.stream().filter(shard -> shard.range().contains(key)).findFirst().orElseThrow();
  }

  private Mutation mutation(String person) {
    String id = pick(IDS);
    byte[] order = FamilyFixture.order(person, id);
    byte[] line = FamilyFixture.line(person, id, pick(IDS));
    return switch (random.nextInt(13)) {
      case 0 -> FamilyFixture.put(FamilyFixture.user(person), user(person));
      case 1 -> FamilyFixture.remove(FamilyFixture.user(person));
      case 2 ->
          TestShard.mutation(
              FamilyFixture.user(person),
              TestShard.patch(
                  pick(
                      "{\"set\":{\"name\":\"N\"}}",
                      "{\"set\":{\"order_count\":\"mine\"}}",
                      "{\"unset\":\"recent\"}",
                      "{\"set\":{\"figures\":\"none\"}}"),
                  user(person)));
      case 3, 4, 5 -> FamilyFixture.put(order, order(person, id));
      case 6 -> FamilyFixture.remove(order);
      case 7, 8 ->
          TestShard.mutation(
              order,
              TestShard.patch(
                  pick(
                      "{\"set\":{\"total\":" + pick(TOTALS) + "}}",
                      "{\"set\":{\"at\":" + pick(TIMES) + "}}",
                      "{\"unset\":\"at\"}",
                      "{\"set\":{\"status\":\"" + random.nextInt(3) + "\"}}",
                      "{\"set\":{\"other\":" + random.nextInt(100) + "}}",
                      "{\"inc\":{\"status\":1}}",
                      "{\"set\":{\"t\":" + (time + random.nextInt(200)) + "}}"),
                  order(person, id)));
      case 9, 10, 11 -> {
        String l = PhysicalKey.sortKey(line).parts().get(1).toString();
        yield FamilyFixture.put(
            line,
            "{\"u\":\""
                + person
                + "\",\"o\":\""
                + id
                + "\",\"l\":\""
                + l
                + "\",\"sku\":\"s"
                + random.nextInt(4)
                + "\""
                + expiry()
                + "}");
      }
      default -> FamilyFixture.remove(line);
    };
  }

  private String user(String person) {
    return "{\"u\":\""
        + person
        + "\",\"name\":\"n\""
        + (random.nextInt(4) == 0 ? ",\"recent\":\"mine\"" : "")
        + "}";
  }

  private String order(String person, String id) {
    return "{\"u\":\""
        + person
        + "\",\"o\":\""
        + id
        + "\""
        + (random.nextInt(4) == 0 ? "" : ",\"total\":" + pick(TOTALS))
        + (random.nextInt(4) == 0 ? "" : ",\"at\":" + pick(TIMES))
        + (random.nextInt(4) == 0 ? ",\"status\":\"new\"" : "")
        + expiry()
        + "}";
  }

  private String expiry() {
    return random.nextInt(3) == 0 ? ",\"t\":" + (time + random.nextInt(400)) : "";
  }

  private String pick(String... texts) {
    return texts[random.nextInt(texts.length)];
  }

  // ---- Rules ----

  private void declare() {
    CopyRule rule =
        List.of(
                FamilyFixture.ORDER_COUNT,
                FamilyFixture.SPENT,
                FamilyFixture.RECENT,
                FamilyFixture.PIECES,
                FamilyFixture.LINE_COUNT,
                FamilyFixture.FIRST_LINES)
            .get(random.nextInt(6));
    boolean users = rule.sourceId() == FamilyFixture.ORDERS;
    List<CopyRule> there = users ? ofUsers : ofOrders;
    if (there.stream()
        .anyMatch(
            other ->
                other.state() == CopyRule.State.LIVE && other.target().equals(rule.target()))) {
      return;
    }
    List<CopyRule> more = new ArrayList<>(there);
    more.add(FamilyFixture.in(rule, nextId++, CopyRule.State.LIVE));
    install(users, more);
  }

  private void drop() {
    boolean users = random.nextBoolean();
    List<CopyRule> rules = new ArrayList<>(users ? ofUsers : ofOrders);
    if (rules.isEmpty()) {
      return;
    }
    int at = random.nextInt(rules.size());
    CopyRule rule = rules.get(at);
    if (rule.state() == CopyRule.State.LIVE) {
      CopyRule.State state =
          random.nextInt(3) == 0 ? CopyRule.State.DROPPED_KEEPING : CopyRule.State.DROPPED;
      rules.set(at, FamilyFixture.in(rule, rule.id(), state));
      install(users, rules);
      dropped++;
    }
  }

  private void install(boolean users, List<CopyRule> rules) {
    version++;
    if (users) {
      ofUsers = rules;
    } else {
      ofOrders = rules;
    }
    for (TestShard shard : shards) {
      shard.applyNew(
          new Entry.Catalogue(shard.header(EntryKind.CATALOGUE, time), catalogue()),
          random.nextBoolean());
    }
  }

  private boolean fill(TestShard shard) {
    DerivedState filling = shard.machine().state().derived().filling();
    if (filling == null) {
      return false;
    }
    boolean stale = random.nextInt(10) == 0;
    shard.applyNew(
        new Entry.Fill(
            shard.header(EntryKind.FILL, time),
            filling.id(),
            stale ? new byte[] {1, 2, 3} : filling.position()),
        random.nextBoolean());
    return true;
  }

  private void fillAll(TestShard shard) {
    int entries = 0;
    while (fill(shard)) {
      assertThat(entries++).isLessThan(1000);
    }
  }

  // ---- Repairs ----

  /** Of what is not wrong: nothing may become so. */
  private void mend(TestShard shard) {
    List<RepairPart> parts = new ArrayList<>();
    for (int i = random.nextInt(5); i >= 0; i--) {
      String person = pick(PEOPLE);
      String id = pick(IDS);
      byte[] key =
          switch (random.nextInt(3)) {
            case 0 -> FamilyFixture.user(person);
            case 1 -> FamilyFixture.order(person, id);
            default -> FamilyFixture.line(person, id, pick(IDS));
          };
      parts.add(
          new RepairPart(
              random.nextBoolean() ? RepairPart.Kind.DOCUMENT : RepairPart.Kind.HOLDER, key));
    }
    shard.rows(KeySpace.INDEX).keySet().stream()
        .filter(row -> random.nextInt(10) == 0)
        .forEach(
            row ->
                parts.add(
                    new RepairPart(RepairPart.Kind.ROW, java.util.HexFormat.of().parseHex(row))));
    shard.applyNew(
        new Entry.RepairParts(shard.header(EntryKind.REPAIR_PARTS, time), parts),
        random.nextBoolean());
  }

  /** Goes on from where a total says, or begins, or from where it does not make sense. */
  private void recount(TestShard shard) {
    String person = pick(PEOPLE);
    byte[] user = FamilyFixture.user(person);
    byte[] family = Arrays.copyOf(user, PhysicalKey.endOfShardingKey(user) + 1);
    boolean lines = random.nextBoolean();
    byte[] holder = lines ? FamilyFixture.order(person, pick(IDS)) : user;
    List<RecountTarget> targets = new ArrayList<>();
    byte[] from = TestShard.NONE;
    for (CopyRule rule : lines ? ofOrders : ofUsers) {
      FamilyRule live = shard.machine().state().catalogue().families().rule(rule.id());
      byte[] row =
          live == null || live.isList()
              ? null
              : TestShard.bytes(shard, KeySpace.INDEX, live.row(holder));
      FamilyTotal.Recount recount = row == null ? null : FamilyTotal.decode(row).recount();
      if (recount != null) {
        from = recount.position();
      }
      targets.add(new RecountTarget(rule.id(), holder));
    }
    if (random.nextInt(20) == 0) {
      from = TestShard.NONE;
    }
    byte[] source =
        lines
            ? FamilyFixture.line(person, pick(IDS), pick(IDS))
            : FamilyFixture.order(person, pick(IDS));
    byte[] to =
        random.nextInt(4) == 0 || Arrays.compareUnsigned(source, from) <= 0
            ? TestShard.NONE
            : source;
    shard.applyNew(
        new Entry.Recount(
            shard.header(EntryKind.RECOUNT, time),
            family,
            lines ? FamilyFixture.LINES : FamilyFixture.ORDERS,
            targets,
            from,
            to),
        random.nextBoolean());
  }

  // ---- Ranges ----

  private SeedMaker seedMaker() {
    return new SeedMaker() {
      @Override
      public void seed(Child child, Consumer<Path> checkpoint) {
        Path seed = place.resolve("seeds").resolve(Long.toString(child.childId()));
        try {
          DurableFiles.deleteTree(seed);
          DurableFiles.createDirectories(seed.resolveSibling(""));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        checkpoint.accept(seed);
        seeds.put(child.childId(), seed);
      }
    };
  }

  private void split(TestShard parent) {
    byte[] key = FamilyFixture.user(pick(PEOPLE));
    byte[] at = Arrays.copyOf(key, PhysicalKey.TOKEN_BYTES);
    if (shards.size() > 3
        || !parent.range().contains(key)
        || Arrays.equals(at, parent.range().start())
        || !parent.reshaping().children().isEmpty()) {
      return;
    }
    long child = nextShard++;
    ReshapeOutcome outcome =
        parent.reshape(
            time,
            new Split(child, child, at, parent.range().epoch(), List.of("00000000000000a1")),
            random.nextBoolean());
    assertThat(outcome.isDone()).describedAs(outcome.message()).isTrue();
    TestShard right =
        TestShard.ofSeed(
            engine,
            place.resolve(Long.toString(child)),
            Objects.requireNonNull(seeds.get(child)),
            parent.reshaping().children().get(0),
            seedMaker());
    parent.reshape(time, new Trim(List.of(child)));
    right.reshape(time, new Trim(List.of()));
    shards.add(shards.indexOf(parent) + 1, right);
    splits++;
  }

  private void merge() {
    if (shards.size() < 2) {
      return;
    }
    int at = random.nextInt(shards.size() - 1);
    TestShard left = shards.get(at);
    TestShard right = shards.get(at + 1);
    fillAll(left);
    fillAll(right);
    trimAll(left);
    trimAll(right);
    long operation = nextShard++;
    assertThat(left.reshape(time, new Absorb(operation, right.range())).isDone()).isTrue();
    assertThat(right.reshape(time, new Freeze(operation, 7)).isDone()).isTrue();
    List<RawRow> rows = copied(right);
    ReshapeOutcome taken =
        left.reshape(time, new AbsorbRows(operation, TestShard.NONE, AbsorbRows.END, rows));
    assertThat(taken.isDone()).describedAs(taken.message()).isTrue();
    // What expires meanwhile must not spoil it.
    time += random.nextInt(200);
    left.tick(time);
    assertThat(right.reshape(time, new Seal(operation)).isDone()).isTrue();
    RowsDigest digest = new RowsDigest(0, 0);
    rows.forEach(digest::add);
    ShardState state = right.machine().state();
    AbsorbCommit commit =
        new AbsorbCommit(
            operation,
            right.range().epoch(),
            state.timeMillis(),
            state.version(),
            state.collections(),
            digest.rows(),
            digest.checksum(),
            state.derived().ready());
    time = Math.max(time, state.timeMillis());
    left.tick(time);
    ReshapeOutcome done = left.reshape(time, commit);
    assertThat(done.isDone()).describedAs(done.message()).isTrue();
    right.close();
    shards.remove(right);
    merges++;
  }

  private void trimAll(TestShard shard) {
    for (int i = 0; i < 100 && shard.reshaping().untrimmed() != null; i++) {
      shard.reshape(time, new Trim(List.of()));
    }
  }

  private static List<RawRow> copied(TestShard shard) {
    List<RawRow> rows = new ArrayList<>();
    try (ReadView view = shard.slot().snapshot()) {
      for (KeySpace space : Spaces.COPIED) {
        try (RowCursor cursor = view.scan(space, TestShard.NONE, TestShard.NONE, false)) {
          while (cursor.next()) {
            if (Spaces.isCopied(shard.range(), space, cursor.key())) {
              rows.add(new RawRow(space, cursor.key(), cursor.value()));
            }
          }
        }
      }
    }
    return rows;
  }
}
