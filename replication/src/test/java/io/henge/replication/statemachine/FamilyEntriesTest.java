package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Entries of a verification that come too late, out of order, or make no sense. */
@Timeout(120)
class FamilyEntriesTest {
  private static final byte[] NONE = {};

  @TempDir Path directory;
  private final Random random = Seed.random("FamilyEntriesTest");
  private FamilyPair families;
  private TestShard shard;

  @BeforeEach
  void open() {
    families = new FamilyPair(new InMemoryStorageEngine(), directory, random);
    shard = families.shard;
  }

  @AfterEach
  void close() {
    families.close();
  }

  @Test
  void shouldBeginARecountAnewThatNobodyHasFinished() {
    families.put(FamilyFixture.user("star"), "{\"u\":\"star\"}");
    for (int i = 0; i < 9; i++) {
      families.write(List.of(FamilyPair.order("star", "o" + i, i)));
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
    assertThat(families.recount(family, targets, NONE, third)).isEqualTo(2);
    FamilyModel.check(shard);
    shard.crash();
    FamilyModel.check(shard);
    // From where nobody is.
    assertThat(families.recount(family, targets, FamilyFixture.order("star", "o5"), NONE)).isZero();
    assertThat(families.recount(family, targets, NONE, third)).isEqualTo(2);
    families.write(List.of(FamilyFixture.remove(FamilyFixture.order("star", "o1"))));
    families.write(List.of(FamilyFixture.remove(FamilyFixture.order("star", "o7"))));
    FamilyModel.check(shard);
    assertThat(families.recount(family, targets, third, NONE)).isEqualTo(2);
    FamilyModel.check(shard);
    families.assertRight("");
    assertThat(FamilyFixture.json(shard, user)).contains("\"order_count\":7");
  }

  @Test
  void shouldDoNothingOfWhatMakesNoSense() {
    families.put(FamilyFixture.user("star"), "{\"u\":\"star\"}");
    families.write(List.of(FamilyPair.order("star", "o1", 1)));
    String before = shard.rows(KeySpace.INDEX).toString() + shard.rows(KeySpace.DATA);
    byte[] user = FamilyFixture.user("star");
    byte[] family = Arrays.copyOf(user, PhysicalKey.endOfShardingKey(user) + 1);
    List<RecountTarget> targets = List.of(new RecountTarget(FamilyFixture.ORDER_COUNT.id(), user));
    assertThat(families.recount(new byte[] {1}, targets, NONE, NONE)).isZero();
    assertThat(families.recount(NONE, targets, NONE, NONE)).isZero();
    assertThat(families.recount(user, targets, NONE, NONE)).isZero();
    assertThat(families.recount(family, targets, new byte[] {7}, NONE)).isZero();
    assertThat(families.recount(family, targets, NONE, new byte[] {7})).isZero();
    assertThat(
            families.recount(
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
                new Entry.RepairParts(shard.header(EntryKind.REPAIR_PARTS, families.time), parts),
                false))
        .isEqualTo(parts.size());
    assertThat(shard.rows(KeySpace.INDEX).toString() + shard.rows(KeySpace.DATA)).isEqualTo(before);
  }
}
