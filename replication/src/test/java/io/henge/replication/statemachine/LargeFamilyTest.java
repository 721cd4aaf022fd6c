package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import io.henge.engine.RowCursor;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Families that are too large to be looked at as a whole, with differences that a test plants. */
@Timeout(300)
class LargeFamilyTest {
  private static final byte[] NONE = {};

  @TempDir Path directory;
  private final Random random = Seed.random("LargeFamilyTest");
  private FamilyPair families;
  private TestShard shard;
  private FamilyDamage damage;

  @BeforeEach
  void open() {
    families = new FamilyPair(new InMemoryStorageEngine(), directory, random);
    shard = families.shard;
    damage = new FamilyDamage(shard, random);
  }

  @AfterEach
  void close() {
    families.close();
  }

  @Test
  void shouldFindAndMendWhatIsPlantedWhileOthersWrite() {
    Set<Difference.Kind> kinds = EnumSet.noneOf(Difference.Kind.class);
    int planted = 0;
    int recounts = 0;
    int written = 0;
    for (int round = 0; round < 80; round++) {
      for (int i = 0; i < 5; i++) {
        families.write();
      }
      families.other.replay(shard.log());
      for (int i = random.nextInt(3); i >= 0; i--) {
        planted += damage.plant() ? 1 : 0;
      }
      int pace = random.nextInt(4);
      int[] writes = {0};
      FamilyWalk walk =
          FamilyWalk.tiny(
              true,
              () -> {
                if (pace > 0 && random.nextInt(4 * pace) == 0 && writes[0]++ < 100) {
                  families.write();
                }
              });
      walk.run(shard, families.time);
      written += writes[0];
      recounts += walk.recounts;
      kinds.addAll(walk.counts().keySet());
      FamilyModel.check(shard);
      families.assertRight("round " + round);
      // Planted on one replica only: now they say the same again. (Versions may differ: a write
      // may have changed a damaged holder, and left the other one as it was.)
      families.other.replay(shard.log());
      FamilyModel.check(families.other);
      assertThat(contents(shard)).as("round %d", round).isEqualTo(contents(families.other));
      assertThat(shard.rows(KeySpace.INDEX)).isEqualTo(families.other.rows(KeySpace.INDEX));
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
        families.write();
      }
      families.other.replay(shard.log());
      for (int i = random.nextInt(3); i >= 0; i--) {
        planted += damage.plant() ? 1 : 0;
      }
      FamilyWalk.tiny(true, () -> families.time++).run(shard, families.time);
      families.assertRight("round " + round);
      families.other.replay(shard.log());
      for (KeySpace space : List.of(KeySpace.DATA, KeySpace.INDEX, KeySpace.SYSTEM)) {
        assertThat(shard.rows(space))
            .as("%s of round %d", space, round)
            .isEqualTo(families.other.rows(space));
      }
    }
    assertThat(planted).isGreaterThan(60);
  }

  @Test
  void shouldFindWhatIsPlantedWithoutChangingAnything() {
    int planted = 0;
    for (int round = 0; round < 40; round++) {
      for (int i = 0; i < 5; i++) {
        families.write();
      }
      if (!damage.plant()) {
        continue;
      }
      planted++;
      int entries = shard.log().size();
      FamilyWalk walk = FamilyWalk.tiny(false, () -> {});
      walk.run(shard, families.time);
      assertThat(walk.differences).as("round %d", round).isNotEmpty();
      assertThat(shard.log()).hasSize(entries);
      FamilyWalk.tiny(true, () -> {}).run(shard, families.time);
      families.assertRight("round " + round);
    }
    assertThat(planted).isGreaterThan(20);
  }

  @Test
  void shouldGoOnWithManyHoldersAWindowAtATime() {
    for (int i = 0; i < 60; i++) {
      families.write(
          List.of(
              FamilyPair.order("star", "o" + i, i),
              FamilyFixture.put(
                  FamilyFixture.line("star", "o" + i, "l"),
                  "{\"u\":\"star\",\"o\":\"o" + i + "\",\"l\":\"l\",\"sku\":\"s\"}")));
    }
    byte[][] rows =
        shard.keys(KeySpace.INDEX).stream()
            .filter(row -> PhysicalKey.collectionId(row) == FamilyFixture.LINE_COUNT.id())
            .toArray(byte[][]::new);
    assertThat(rows).hasNumberOfRows(60);
    for (int i = 0; i < 60; i += 7) {
      damage.change(KeySpace.INDEX, rows[i], new FamilyTotal(0, 5, BigDecimal.ZERO).encode());
    }
    FamilyWalk walk = FamilyWalk.tiny(true, () -> {});
    walk.run(shard, families.time);
    assertThat(walk.counts().get(Difference.Kind.ROW_WRONG)).isEqualTo(9);
    families.assertRight("");
  }

  @Test
  void shouldDeleteRowsThatMakeNoSense() {
    families.put(FamilyFixture.user("star"), "{\"u\":\"star\"}");
    for (int i = 0; i < 9; i++) {
      families.write(List.of(FamilyPair.order("star", "o" + i, i)));
    }
    byte[] user = FamilyFixture.user("star");
    int head = PhysicalKey.endOfShardingKey(user) + 1 + Integer.BYTES;
    int planted = 0;
    for (int round = 0; round < 200; round++) {
      List<byte[]> rows = shard.keys(KeySpace.INDEX);
      for (int i = 0; i < 5; i++) {
        byte[] row = rows.get(random.nextInt(rows.size()));
        int length = head + random.nextInt(row.length - head + 3);
        byte[] other = Arrays.copyOf(row, length);
        for (int k = random.nextInt(3); k > 0 && length > head; k--) {
          other[head + random.nextInt(length - head)] = (byte) random.nextInt(256);
        }
        if (TestShard.bytes(shard, KeySpace.INDEX, other) == null) {
          planted++;
          damage.change(KeySpace.INDEX, other, damage.value(row));
        }
      }
      FamilyWalk.tiny(true, () -> {}).run(shard, families.time);
      families.assertRight("round " + round);
      assertThat(shard.keys(KeySpace.INDEX)).hasSameSizeAs(rows);
    }
    assertThat(planted).isGreaterThan(500);
  }

  @Test
  void shouldCountAnewWhatCannotBeRead() {
    families.put(FamilyFixture.user("star"), "{\"u\":\"star\"}");
    for (int i = 0; i < 9; i++) {
      families.write(List.of(FamilyPair.order("star", "o" + i, i)));
    }
    FamilyRule rule =
        Objects.requireNonNull(
            shard.machine().state().catalogue().families().rule(FamilyFixture.ORDER_COUNT.id()));
    damage.change(KeySpace.INDEX, rule.row(FamilyFixture.user("star")), new byte[] {99, 1});
    FamilyWalk walk = FamilyWalk.tiny(true, () -> {});
    walk.run(shard, families.time);
    assertThat(walk.differences)
        .extracting(Difference::kind)
        .containsOnly(Difference.Kind.ROW_WRONG);
    families.assertRight("");
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
}
