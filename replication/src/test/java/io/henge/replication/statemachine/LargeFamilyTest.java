package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.WriteRows;
import io.henge.engine.memory.InMemoryStorageEngine;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Families that are too large to be looked at as a whole, with differences that a test plants in
 * the store, below everything that would keep them away.
 */
@Timeout(300)
class LargeFamilyTest {
  private static final byte[] NONE = {};
  private static final int INDEX = 77;

  @TempDir Path directory;
  private final Random random = Seed.random("LargeFamilyTest");
  private TestShard shard;
  private TestShard other;
  private @Nullable RocksStorageEngine rocks;
  private long time = 1_000_000;
  private long requests;

  @BeforeEach
  void open() {
    InMemoryStorageEngine engine = new InMemoryStorageEngine();
    shard = new TestShard(engine, directory.resolve("a"));
    shard.create(time, NONE, NONE, catalogue());
    other = new TestShard(engine, directory.resolve("b"));
  }

  private void openOnRocksDb() {
    close();
    RocksStorageEngine engine = new RocksStorageEngine(RocksSettings.of(64 << 20));
    rocks = engine;
    shard = new TestShard(engine, directory.resolve("c"));
    shard.create(time, NONE, NONE, catalogue());
    other = new TestShard(engine, directory.resolve("d"));
  }

  /** Orders have an index, too. */
  private static List<CollectionInfo> catalogue() {
    List<CollectionInfo> all = new ArrayList<>();
    for (CollectionInfo info : FamilyFixture.all()) {
      CollectionInfo.Documents documents = Objects.requireNonNull(info.documents());
      List<IndexInfo> indexes =
          info.id() == FamilyFixture.ORDERS
              ? List.of(
                  new IndexInfo(INDEX, "by_total", List.of(new IndexInfo.Field("total", true))))
              : List.of();
      all.add(
          new CollectionInfo(
              info.id(),
              info.name(),
              info.ttlMillisDefault(),
              info.divisible(),
              info.dropped(),
              info.changedIn(),
              new CollectionInfo.Documents(
                  documents.shardPaths(),
                  documents.idPaths(),
                  documents.ttlPath(),
                  indexes,
                  documents.rules(),
                  null)));
    }
    return all;
  }

  @AfterEach
  void close() {
    shard.close();
    other.close();
    if (rocks != null) {
      rocks.close();
    }
  }

  @Test
  void shouldFindAndMendWhatIsPlantedWhileOthersWrite() {
    Set<Difference.Kind> kinds = EnumSet.noneOf(Difference.Kind.class);
    int planted = 0;
    int recounts = 0;
    int written = 0;
    for (int round = 0; round < 80; round++) {
      for (int i = 0; i < 5; i++) {
        write();
      }
      other.replay(shard.log());
      for (int i = random.nextInt(3); i >= 0; i--) {
        planted += plant() ? 1 : 0;
      }
      int pace = random.nextInt(4);
      int[] writes = {0};
      FamilyWalk walk =
          FamilyWalk.tiny(
              true,
              () -> {
                if (pace > 0 && random.nextInt(4 * pace) == 0 && writes[0]++ < 100) {
                  write();
                }
              });
      walk.run(shard, time);
      written += writes[0];
      recounts += walk.recounts;
      kinds.addAll(walk.counts().keySet());
      FamilyModel.check(shard);
      assertRight("round " + round);
      // Planted on one replica only: now they say the same again. (Versions may differ: a write
      // may have changed a damaged holder, and left the other one as it was.)
      other.replay(shard.log());
      FamilyModel.check(other);
      assertThat(contents(shard)).as("round %d", round).isEqualTo(contents(other));
      assertThat(shard.rows(KeySpace.INDEX)).isEqualTo(other.rows(KeySpace.INDEX));
    }
    assertThat(planted).isGreaterThan(60);
    assertThat(recounts).isGreaterThan(60);
    assertThat(written).isGreaterThan(100);
    assertThat(kinds)
        .containsExactlyInAnyOrder(
            Difference.Kind.ROW_MISSING,
            Difference.Kind.ROW_STRAY,
            Difference.Kind.ROW_WRONG,
            Difference.Kind.FIELD_WRONG);
  }

  @Test
  void shouldMakeReplicasEqualOfWhichOneWasDamaged() {
    int planted = 0;
    for (int round = 0; round < 60; round++) {
      for (int i = 0; i < 5; i++) {
        write();
      }
      other.replay(shard.log());
      for (int i = random.nextInt(3); i >= 0; i--) {
        planted += plant() ? 1 : 0;
      }
      FamilyWalk.tiny(true, () -> time++).run(shard, time);
      assertRight("round " + round);
      other.replay(shard.log());
      for (KeySpace space : List.of(KeySpace.DATA, KeySpace.INDEX, KeySpace.SYSTEM)) {
        assertThat(shard.rows(space))
            .as("%s of round %d", space, round)
            .isEqualTo(other.rows(space));
      }
    }
    assertThat(planted).isGreaterThan(60);
  }

  @Test
  void shouldFindWhatIsPlantedWithoutChangingAnything() {
    int planted = 0;
    for (int round = 0; round < 40; round++) {
      for (int i = 0; i < 5; i++) {
        write();
      }
      if (!plant()) {
        continue;
      }
      planted++;
      int entries = shard.log().size();
      FamilyWalk walk = FamilyWalk.tiny(false, () -> {});
      walk.run(shard, time);
      assertThat(walk.differences).as("round %d", round).isNotEmpty();
      assertThat(shard.log()).hasSize(entries);
      FamilyWalk.tiny(true, () -> {}).run(shard, time);
      assertRight("round " + round);
    }
    assertThat(planted).isGreaterThan(20);
  }

  @Test
  void shouldVerifyAndMendAFamilyOf25000Documents() {
    openOnRocksDb();
    put(FamilyFixture.user("star"), "{\"u\":\"star\",\"name\":\"S\"}");
    int count = 25_000;
    List<Mutation> mutations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      mutations.add(order("star", String.format("%06d", i), i % 1000));
      if (mutations.size() == 500) {
        write(mutations);
        mutations.clear();
      }
    }
    FamilyWalk clean = real(false, () -> {});
    clean.run(shard, time);
    assertThat(clean.differences).isEmpty();
    assertThat(clean.documents).isEqualTo(count + 1);
    // The index, the list, and three totals of which that of lines is not there.
    assertThat(clean.rows).isEqualTo(2 * count + 3);
    assertThat(clean.slices).isGreaterThan(count / 2_000);

    plantInLarge(count);
    int[] written = {0};
    FamilyWalk walk =
        real(
            true,
            () -> {
              if (random.nextInt(3) == 0) {
                written[0]++;
                write(List.of(randomOrder(count)));
              }
            });
    walk.run(shard, time);
    assertThat(walk.counts().keySet())
        .contains(
            Difference.Kind.ROW_MISSING,
            Difference.Kind.ROW_STRAY,
            Difference.Kind.ROW_WRONG,
            Difference.Kind.FIELD_WRONG);
    assertThat(walk.recounts).isGreaterThan(count / 600);
    assertThat(written[0]).isPositive();
    FamilyModel.check(shard);
    FamilyWalk after = real(false, () -> {});
    after.run(shard, time);
    assertThat(after.differences).isEmpty();
  }

  @Test
  void shouldGoOnWithManyHoldersAWindowAtATime() {
    for (int i = 0; i < 60; i++) {
      write(
          List.of(
              order("star", "o" + i, i),
              FamilyFixture.put(
                  FamilyFixture.line("star", "o" + i, "l"),
                  "{\"u\":\"star\",\"o\":\"o" + i + "\",\"l\":\"l\",\"sku\":\"s\"}")));
    }
    byte[][] rows =
        keys(KeySpace.INDEX).stream()
            .filter(row -> PhysicalKey.collectionId(row) == FamilyFixture.LINE_COUNT.id())
            .toArray(byte[][]::new);
    assertThat(rows).hasNumberOfRows(60);
    for (int i = 0; i < 60; i += 7) {
      change(KeySpace.INDEX, rows[i], new FamilyTotal(0, 5, BigDecimal.ZERO).encode());
    }
    FamilyWalk walk = FamilyWalk.tiny(true, () -> {});
    walk.run(shard, time);
    assertThat(walk.counts().get(Difference.Kind.ROW_WRONG)).isEqualTo(9);
    assertRight("");
  }

  @Test
  void shouldDeleteRowsThatMakeNoSense() {
    put(FamilyFixture.user("star"), "{\"u\":\"star\"}");
    for (int i = 0; i < 9; i++) {
      write(List.of(order("star", "o" + i, i)));
    }
    byte[] user = FamilyFixture.user("star");
    int head = PhysicalKey.endOfShardingKey(user) + 1 + Integer.BYTES;
    int planted = 0;
    for (int round = 0; round < 200; round++) {
      List<byte[]> rows = keys(KeySpace.INDEX);
      for (int i = 0; i < 5; i++) {
        byte[] row = rows.get(random.nextInt(rows.size()));
        int length = head + random.nextInt(row.length - head + 3);
        byte[] other = Arrays.copyOf(row, length);
        for (int k = random.nextInt(3); k > 0 && length > head; k--) {
          other[head + random.nextInt(length - head)] = (byte) random.nextInt(256);
        }
        if (TestShard.bytes(shard, KeySpace.INDEX, other) == null) {
          planted++;
          change(
              KeySpace.INDEX,
              other,
              Objects.requireNonNull(TestShard.bytes(shard, KeySpace.INDEX, row)));
        }
      }
      FamilyWalk.tiny(true, () -> {}).run(shard, time);
      assertRight("round " + round);
      assertThat(keys(KeySpace.INDEX)).hasSameSizeAs(rows);
    }
    assertThat(planted).isGreaterThan(500);
  }

  @Test
  void shouldCountAnewWhatCannotBeRead() {
    put(FamilyFixture.user("star"), "{\"u\":\"star\"}");
    for (int i = 0; i < 9; i++) {
      write(List.of(order("star", "o" + i, i)));
    }
    FamilyRule rule =
        Objects.requireNonNull(
            shard.machine().state().catalogue().families().rule(FamilyFixture.ORDER_COUNT.id()));
    change(KeySpace.INDEX, rule.row(FamilyFixture.user("star")), new byte[] {99, 1});
    FamilyWalk walk = FamilyWalk.tiny(true, () -> {});
    walk.run(shard, time);
    assertThat(walk.differences)
        .extracting(Difference::kind)
        .containsOnly(Difference.Kind.ROW_WRONG);
    assertRight("");
  }

  @Test
  void shouldBeginARecountAnewThatNobodyHasFinished() {
    put(FamilyFixture.user("star"), "{\"u\":\"star\"}");
    for (int i = 0; i < 9; i++) {
      write(List.of(order("star", "o" + i, i)));
    }
    byte[] user = FamilyFixture.user("star");
    byte[] family = Arrays.copyOf(user, PhysicalKey.endOfShardingKey(user) + 1);
    List<RecountTarget> targets =
        List.of(
            new RecountTarget(FamilyFixture.ORDER_COUNT.id(), user),
            new RecountTarget(FamilyFixture.SPENT.id(), user),
            // No total, and no rule.
            new RecountTarget(FamilyFixture.RECENT.id(), user),
            new RecountTarget(4711, user));
    byte[] third = FamilyFixture.order("star", "o2");
    assertThat(recount(family, targets, NONE, third)).isEqualTo(2);
    FamilyModel.check(shard);
    shard.crash();
    FamilyModel.check(shard);
    // From where nobody is.
    assertThat(recount(family, targets, FamilyFixture.order("star", "o5"), NONE)).isZero();
    assertThat(recount(family, targets, NONE, third)).isEqualTo(2);
    write(List.of(FamilyFixture.remove(FamilyFixture.order("star", "o1"))));
    write(List.of(FamilyFixture.remove(FamilyFixture.order("star", "o7"))));
    FamilyModel.check(shard);
    assertThat(recount(family, targets, third, NONE)).isEqualTo(2);
    FamilyModel.check(shard);
    assertRight("");
    assertThat(FamilyFixture.json(shard, user)).contains("\"order_count\":7");
  }

  @Test
  void shouldDoNothingOfWhatMakesNoSense() {
    put(FamilyFixture.user("star"), "{\"u\":\"star\"}");
    write(List.of(order("star", "o1", 1)));
    String before = shard.rows(KeySpace.INDEX).toString() + shard.rows(KeySpace.DATA);
    byte[] user = FamilyFixture.user("star");
    byte[] family = Arrays.copyOf(user, PhysicalKey.endOfShardingKey(user) + 1);
    List<RecountTarget> targets = List.of(new RecountTarget(FamilyFixture.ORDER_COUNT.id(), user));
    assertThat(recount(new byte[] {1}, targets, NONE, NONE)).isZero();
    assertThat(recount(NONE, targets, NONE, NONE)).isZero();
    assertThat(recount(user, targets, NONE, NONE)).isZero();
    assertThat(recount(family, targets, new byte[] {7}, NONE)).isZero();
    assertThat(recount(family, targets, NONE, new byte[] {7})).isZero();
    assertThat(
            recount(
                family,
                List.of(new RecountTarget(FamilyFixture.ORDER_COUNT.id(), NONE)),
                NONE,
                NONE))
        .isZero();
    List<RepairPart> parts = new ArrayList<>();
    for (RepairPart.Kind kind : RepairPart.Kind.values()) {
      for (byte[] key : new byte[][] {NONE, {1, 2, 3}, family, new byte[40]}) {
        parts.add(new RepairPart(kind, key));
      }
    }
    assertThat(
            shard.applyNew(
                new Entry.RepairParts(shard.header(EntryKind.REPAIR_PARTS, time), parts), false))
        .isEqualTo(parts.size());
    assertThat(shard.rows(KeySpace.INDEX).toString() + shard.rows(KeySpace.DATA)).isEqualTo(before);
  }

  // ---- Walks ----

  private FamilyWalk real(boolean repairs, Runnable between) {
    return new FamilyWalk(
        Verifier.Size.DEFAULT, 500, TotalsScan.Limits.DEFAULT, 500, repairs, between);
  }

  /** Both ways of looking find nothing. */
  private void assertRight(String when) {
    FamilyModel.check(shard);
    FamilyWalk parts = FamilyWalk.tiny(false, () -> {});
    parts.run(shard, time);
    assertThat(parts.differences).as("%s: %s", when, parts.counts()).isEmpty();
    try (ReadView view = shard.slot().snapshot()) {
      VerifyPage page =
          Verifier.page(view, NONE, 0, 100_000, 1 << 30, new Verifier.Size(10_000, 16 << 20));
      assertThat(page.differences()).as(when).isEmpty();
      assertThat(page.documents()).isEqualTo(parts.documents);
      assertThat(page.rows()).isEqualTo(parts.rows);
    }
  }

  private int recount(byte[] family, List<RecountTarget> targets, byte[] from, byte[] to) {
    return (Integer)
        Objects.requireNonNull(
            shard.applyNew(
                new Entry.Recount(
                    shard.header(EntryKind.RECOUNT, time),
                    family,
                    FamilyFixture.ORDERS,
                    targets,
                    from,
                    to),
                false));
  }

  // ---- Writes ----

  private void write(List<Mutation> mutations) {
    shard.write(
        time,
        new WriteCommand(TestShard.request(++requests), time + 5000, 0, List.copyOf(mutations)));
  }

  private void put(byte[] key, String json) {
    write(List.of(FamilyFixture.put(key, json)));
  }

  private static Mutation order(String family, String id, int total) {
    return FamilyFixture.put(
        FamilyFixture.order(family, id),
        "{\"u\":\"%s\",\"o\":\"%s\",\"total\":%d.25,\"at\":%d}"
            .formatted(family, id, total, total % 7));
  }

  private Mutation randomOrder(int count) {
    String id = String.format("%06d", random.nextInt(count + 1000));
    return random.nextInt(3) == 0
        ? FamilyFixture.remove(FamilyFixture.order("star", id))
        : order("star", id, random.nextInt(1000));
  }

  private void write() {
    time += random.nextInt(10);
    String family = "f" + random.nextInt(3);
    List<Mutation> mutations = new ArrayList<>();
    for (int m = random.nextInt(4); m >= 0; m--) {
      String id = "o" + random.nextInt(8);
      String line = "l" + random.nextInt(3);
      mutations.add(
          switch (random.nextInt(8)) {
            case 0 -> FamilyFixture.remove(FamilyFixture.order(family, id));
            case 1 ->
                FamilyFixture.put(
                    FamilyFixture.user(family), "{\"u\":\"" + family + "\",\"name\":\"x\"}");
            case 2, 3 ->
                FamilyFixture.put(
                    FamilyFixture.line(family, id, line),
                    "{\"u\":\"%s\",\"o\":\"%s\",\"l\":\"%s\",\"sku\":\"s%d\"%s}"
                        .formatted(
                            family,
                            id,
                            line,
                            random.nextInt(4),
                            random.nextInt(4) == 0 ? ",\"t\":" + (time + random.nextInt(40)) : ""));
            case 4 -> FamilyFixture.remove(FamilyFixture.line(family, id, line));
            default -> order(family, id, random.nextInt(9));
          });
    }
    write(mutations);
  }

  // ---- Damage ----

  /** Some of everything, in a family of many documents. */
  private void plantInLarge(int count) {
    List<byte[]> rows = keys(KeySpace.INDEX);
    List<byte[]> indexed =
        rows.stream().filter(row -> PhysicalKey.collectionId(row) == INDEX).toList();
    List<byte[]> listed =
        rows.stream()
            .filter(row -> PhysicalKey.collectionId(row) == FamilyFixture.RECENT.id())
            .toList();
    try (WriteRows batch = shard.slot().batch()) {
      for (int i = 0; i < 300; i++) {
        batch.delete(KeySpace.INDEX, indexed.get(random.nextInt(indexed.size())));
      }
      batch.delete(KeySpace.INDEX, listed.get(listed.size() - 1));
      batch.delete(KeySpace.INDEX, listed.get(random.nextInt(listed.size())));
      byte[] stray = Arrays.copyOf(indexed.get(17), indexed.get(17).length + 2);
      stray[stray.length - 2] = 3;
      batch.put(KeySpace.INDEX, stray, NONE);
      byte[] later = listed.get(listed.size() - 1);
      byte[] beyond = Arrays.copyOf(later, later.length + 2);
      beyond[beyond.length - 2] = 3;
      batch.put(KeySpace.INDEX, beyond, NONE);
      shard.slot().write(batch);
    }
    for (int i = 0; i < 3; i++) {
      // Nobody writes all three of them meanwhile.
      String id = String.format("%06d", count - 1 - 1000 * i);
      setField(FamilyFixture.order("star", id), "lines");
    }
    for (CopyRule each : List.of(FamilyFixture.ORDER_COUNT, FamilyFixture.SPENT)) {
      FamilyRule rule =
          Objects.requireNonNull(shard.machine().state().catalogue().families().rule(each.id()));
      byte[] row = rule.row(FamilyFixture.user("star"));
      FamilyTotal total =
          FamilyTotal.decode(Objects.requireNonNull(TestShard.bytes(shard, KeySpace.INDEX, row)));
      assertThat(total.count()).isEqualTo(count);
      change(KeySpace.INDEX, row, total.plus(-3, new BigDecimal("0.01")).encode());
    }
  }

  /** Changes a row as nobody may; false if there is nothing to change. */
  private boolean plant() {
    List<byte[]> rows = keys(KeySpace.INDEX);
    if (rows.isEmpty()) {
      return false;
    }
    byte[] row = rows.get(random.nextInt(rows.size()));
    switch (random.nextInt(5)) {
      case 0 -> change(KeySpace.INDEX, row, null);
      case 1 -> {
        byte[] more = Arrays.copyOf(row, row.length + 2);
        more[row.length] = 24;
        byte[] value = Objects.requireNonNull(TestShard.bytes(shard, KeySpace.INDEX, row));
        change(KeySpace.INDEX, Arrays.copyOf(more, row.length + 1), value);
      }
      case 2 -> {
        return wrong(rows);
      }
      default -> {
        return field();
      }
    }
    return true;
  }

  private boolean wrong(List<byte[]> rows) {
    List<byte[]> totals =
        rows.stream()
            .filter(
                row ->
                    Objects.requireNonNull(TestShard.bytes(shard, KeySpace.INDEX, row)).length > 0)
            .toList();
    if (totals.isEmpty()) {
      return false;
    }
    byte[] row = totals.get(random.nextInt(totals.size()));
    FamilyTotal total =
        FamilyTotal.decode(Objects.requireNonNull(TestShard.bytes(shard, KeySpace.INDEX, row)));
    change(KeySpace.INDEX, row, total.plus(random.nextInt(3) - 1, BigDecimal.TEN).encode());
    return true;
  }

  private boolean field() {
    List<byte[]> holders =
        keys(KeySpace.DATA).stream()
            .filter(key -> PhysicalKey.collectionId(key) != FamilyFixture.LINES)
            .toList();
    if (holders.isEmpty()) {
      return false;
    }
    byte[] key = holders.get(random.nextInt(holders.size()));
    boolean user = PhysicalKey.collectionId(key) == FamilyFixture.USERS;
    String name =
        user
            ? random.nextBoolean() ? "order_count" : "recent"
            : random.nextBoolean() ? "lines" : "skus";
    setField(key, name);
    return true;
  }

  private void setField(byte[] key, String name) {
    StoredItem item = Objects.requireNonNull(shard.get(key));
    JsonObject document = DocumentCodec.decode(((Value.Document) item.value()).bytes());
    byte[] bytes = DocumentCodec.encode(document.with(name, JsonNumber.of(1_000_000)));
    change(
        KeySpace.DATA,
        key,
        ItemCodec.encode(new Value.Document(bytes), item.version(), item.expiresAtMillis()));
  }

  private void change(KeySpace space, byte[] key, byte @Nullable [] value) {
    try (WriteRows batch = shard.slot().batch()) {
      if (value == null) {
        batch.delete(space, key);
      } else {
        batch.put(space, key, value);
      }
      shard.slot().write(batch);
    }
  }

  /** Documents without their versions. */
  private static List<String> contents(TestShard of) {
    List<String> contents = new ArrayList<>();
    try (ReadView view = of.slot().snapshot();
        RowCursor cursor = view.scan(KeySpace.DATA, NONE, NONE, false)) {
      while (cursor.next()) {
        contents.add(
            TestShard.hex(cursor.key())
                + TestShard.hex(((Value.Document) ItemCodec.value(cursor.value())).bytes()));
      }
    }
    return contents;
  }

  private List<byte[]> keys(KeySpace space) {
    List<byte[]> keys = new ArrayList<>();
    try (ReadView view = shard.slot().snapshot();
        RowCursor cursor = view.scan(space, NONE, NONE, false)) {
      while (cursor.next()) {
        keys.add(cursor.key());
      }
    }
    return keys;
  }
}
