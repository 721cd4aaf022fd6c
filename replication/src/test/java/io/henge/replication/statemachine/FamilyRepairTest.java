package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.memory.InMemoryStorageEngine;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Families that are looked at and mended as a whole, with differences that a test plants. */
@Timeout(120)
class FamilyRepairTest {
  private static final byte[] NONE = {};

  @TempDir Path directory;
  private final Random random = Seed.random("FamilyRepairTest");
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
  void shouldFindNothingInWhatApplyHasMade() {
    for (int step = 0; step < 400; step++) {
      families.write();
      if (step % 10 == 0) {
        VerifyPage page = families.verify();
        assertThat(page.differences()).isEmpty();
        assertThat(page.next()).isNull();
      }
    }
    assertThat(families.verify().documents()).isGreaterThan(10);
    assertThat(families.verify().rows()).isGreaterThan(10);
  }

  @Test
  void shouldFindAndMendWhatIsPlanted() {
    FamilyDamage damage = new FamilyDamage(shard, random);
    int planted = 0;
    int mendedOfIndex = 0;
    for (int round = 0; round < 60; round++) {
      for (int i = 0; i < 5; i++) {
        families.write();
      }
      families.other.replay(shard.log());
      if (!damage.plant()) {
        continue;
      }
      planted++;
      VerifyPage found = families.verify();
      assertThat(found.differences()).as("round " + round).isNotEmpty();
      mendedOfIndex +=
          (int) found.differences().stream().filter(d -> d.id() == FamilyFixture.INDEX).count();
      Object mended = repair(found.damaged());
      assertThat(mended).isEqualTo(found.damaged().size());
      assertThat(families.verify().differences()).isEmpty();
      // Planted on one replica only: now they are equal again.
      families.other.replay(shard.log());
      for (KeySpace space : List.of(KeySpace.DATA, KeySpace.INDEX, KeySpace.SYSTEM)) {
        assertThat(shard.rows(space)).as("%s", space).isEqualTo(families.other.rows(space));
      }
    }
    assertThat(planted).isGreaterThan(20);
    assertThat(mendedOfIndex).as("rows of the index, too").isPositive();
  }

  @Test
  void shouldMendWhatHasChangedMeanwhileByWhatIsThere() {
    for (int i = 0; i < 40; i++) {
      families.write();
    }
    List<byte[]> roots = new ArrayList<>();
    for (byte[] key : shard.keys(KeySpace.DATA)) {
      roots.add(java.util.Arrays.copyOf(key, PhysicalKey.endOfShardingKey(key) + 1));
    }
    List<byte[]> some = roots.stream().limit(8).toList();
    families.write();
    repair(some);
    assertThat(families.verify().differences()).isEmpty();
    assertThat(repair(List.of(new byte[] {1}, NONE))).isEqualTo(0);
  }

  private Object repair(List<byte[]> roots) {
    families.time++;
    return java.util.Objects.requireNonNull(
        shard.applyNew(
            new Entry.Repair(shard.header(EntryKind.REPAIR, families.time), roots), false));
  }
}
