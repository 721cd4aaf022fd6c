package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
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
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Lists and totals under whatever happens to a shard: after every entry, every copy is what the
 * documents of its family say.
 */
class FamilyPropertyTest {
  private static final long START = 1_000_000;
  @TempDir Path directory;

  private Random random = new Random();
  private StorageEngine engine = new InMemoryStorageEngine();

  private FamilyMutations mutations = new FamilyMutations(random);

  @SuppressWarnings("NullAway.Init") // every run makes its own
  private FamilyRing ring;

  private long time;
  private long requests;
  private long version;
  private int nextId;
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
    mutations = new FamilyMutations(random);
    time = START;
    version = 1;
    nextId = 100;
    ofUsers = List.of();
    ofOrders = List.of();
    if (random.nextBoolean()) {
      ofUsers =
          List.of(
              FamilyFixture.ORDER_COUNT,
              FamilyFixture.SPENT,
              FamilyFixture.RECENT,
              FamilyFixture.PIECES);
      ofOrders = List.of(FamilyFixture.LINE_COUNT, FamilyFixture.FIRST_LINES);
    }
    ring = new FamilyRing(engine, directory.resolve(Long.toString(seed)), START, catalogue());
    try {
      for (int step = 0; step < steps; step++) {
        step();
        check();
        if (step % 100 == 99) {
          walk();
        }
      }
      for (TestShard shard : ring.shards()) {
        fillAll(shard);
        compared += FamilyModel.check(shard);
        long checksum = shard.machine().checksum();
        shard.crash();
        assertThat(shard.machine().checksum()).isEqualTo(checksum);
      }
    } catch (AssertionError | RuntimeException e) {
      throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
    } finally {
      ring.close();
    }
  }

  private void check() {
    for (TestShard shard : ring.shards()) {
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
            return ring.holding(key);
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
    TestShard shard = ring.shards().get(random.nextInt(ring.shards().size()));
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
      case 9 -> {
        byte[] key = FamilyFixture.user(mutations.person());
        splits += ring.split(shard, key, time, random.nextBoolean()) ? 1 : 0;
      }
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
      String person = mutations.person();
      byte[] key = FamilyFixture.user(person);
      TestShard its = ring.holding(key);
      if (shard != null && shard != its) {
        continue;
      }
      shard = its;
      List<Mutation> some = new ArrayList<>();
      for (int j = random.nextInt(4); j >= 0; j--) {
        some.add(mutations.mutation(person, time));
      }
      if (random.nextInt(10) == 0) {
        // Fails, with all that was done before it.
        some.add(
            new Mutation(
                FamilyFixture.order(person, "none"),
                Condition.present(),
                Action.Remove.REMOVE,
                false));
      }
      commands.add(TestShard.command(++requests, time + 10_000, some.toArray(Mutation[]::new)));
    }
    if (shard != null) {
      for (WriteOutcome outcome : shard.write(time, commands, random.nextBoolean())) {
        failed += outcome.error() == null ? 0 : 1;
      }
    }
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
    for (TestShard shard : ring.shards()) {
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
      String person = mutations.person();
      String id = mutations.id();
      byte[] key =
          switch (random.nextInt(3)) {
            case 0 -> FamilyFixture.user(person);
            case 1 -> FamilyFixture.order(person, id);
            default -> FamilyFixture.line(person, id, mutations.id());
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
    String person = mutations.person();
    byte[] user = FamilyFixture.user(person);
    byte[] family = Arrays.copyOf(user, PhysicalKey.endOfShardingKey(user) + 1);
    boolean lines = random.nextBoolean();
    byte[] holder = lines ? FamilyFixture.order(person, mutations.id()) : user;
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
            ? FamilyFixture.line(person, mutations.id(), mutations.id())
            : FamilyFixture.order(person, mutations.id());
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

  private void merge() {
    if (ring.shards().size() > 1) {
      int at = random.nextInt(ring.shards().size() - 1);
      fillAll(ring.shards().get(at));
      fillAll(ring.shards().get(at + 1));
      time = ring.merge(at, time, random.nextInt(200));
      merges++;
    }
  }
}
