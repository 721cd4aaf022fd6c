package io.henge.replication.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.key.PhysicalKey;
import io.henge.api.testing.Seed;
import io.henge.engine.KeySpace;
import io.henge.engine.rocksdb.RocksSettings;
import io.henge.engine.rocksdb.RocksStorageEngine;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A family of many documents on a real store, gone through as a node does. */
@Timeout(300)
class HugeFamilyTest {
  private static final byte[] NONE = {};

  @TempDir Path directory;
  private final Random random = Seed.random("HugeFamilyTest");
  private final RocksStorageEngine rocks = new RocksStorageEngine(RocksSettings.of(64 << 20));
  private FamilyPair families;
  private TestShard shard;
  private FamilyDamage damage;

  @BeforeEach
  void open() {
    families = new FamilyPair(rocks, directory, random);
    shard = families.shard;
    damage = new FamilyDamage(shard, random);
  }

  @AfterEach
  void close() {
    families.close();
    rocks.close();
  }

  @Test
  void shouldVerifyAndMendAFamilyOf25000Documents() {
    families.put(FamilyFixture.user("star"), "{\"u\":\"star\",\"name\":\"S\"}");
    int count = 25_000;
    List<Mutation> mutations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      mutations.add(FamilyPair.order("star", String.format("%06d", i), i % 1000));
      if (mutations.size() == 500) {
        families.write(mutations);
        mutations.clear();
      }
    }
    FamilyWalk clean = real(false, () -> {});
    clean.run(shard, families.time);
    assertThat(clean.differences).isEmpty();
    assertThat(clean.documents).isEqualTo(count + 1);
    // The index, the list, and three totals of which that of lines is not there.
    assertThat(clean.rows).isEqualTo(2 * count + 3);
    assertThat(clean.slices).isGreaterThan(count / 2_000);

    plant(count);
    int[] written = {0};
    FamilyWalk walk =
        real(
            true,
            () -> {
              if (random.nextInt(3) == 0) {
                written[0]++;
                families.write(List.of(randomOrder(count)));
              }
            });
    walk.run(shard, families.time);
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
    after.run(shard, families.time);
    assertThat(after.differences).isEmpty();
  }

  // ---- Walks ----

  /** As a node goes: pages, slices and parts are as large as they are there. */
  private FamilyWalk real(boolean repairs, Runnable between) {
    return new FamilyWalk(
        Verifier.Size.DEFAULT, 500, TotalsScan.Limits.DEFAULT, 500, repairs, between);
  }

  private Mutation randomOrder(int count) {
    String id = String.format("%06d", random.nextInt(count + 1000));
    return random.nextInt(3) == 0
        ? FamilyFixture.remove(FamilyFixture.order("star", id))
        : FamilyPair.order("star", id, random.nextInt(1000));
  }

  // ---- Damage ----

  /** Some of everything. */
  private void plant(int count) {
    List<byte[]> rows = shard.keys(KeySpace.INDEX);
    List<byte[]> indexed = of(rows, FamilyFixture.INDEX);
    List<byte[]> listed = of(rows, FamilyFixture.RECENT.id());
    for (int i = 0; i < 300; i++) {
      damage.change(KeySpace.INDEX, indexed.get(random.nextInt(indexed.size())), null);
    }
    byte[] last = listed.get(listed.size() - 1);
    damage.change(KeySpace.INDEX, last, null);
    damage.change(KeySpace.INDEX, listed.get(random.nextInt(listed.size())), null);
    damage.change(KeySpace.INDEX, beyond(indexed.get(17)), NONE);
    damage.change(KeySpace.INDEX, beyond(last), NONE);
    for (int i = 0; i < 3; i++) {
      // Nobody writes all three of them meanwhile.
      String id = String.format("%06d", count - 1 - 1000 * i);
      damage.field(FamilyFixture.order("star", id), "lines");
    }
    for (CopyRule each : List.of(FamilyFixture.ORDER_COUNT, FamilyFixture.SPENT)) {
      FamilyRule rule =
          Objects.requireNonNull(shard.machine().state().catalogue().families().rule(each.id()));
      byte[] row = rule.row(FamilyFixture.user("star"));
      FamilyTotal total = FamilyTotal.decode(damage.value(row));
      assertThat(total.count()).isEqualTo(count);
      damage.change(KeySpace.INDEX, row, total.plus(-3, new BigDecimal("0.01")).encode());
    }
  }

  private static List<byte[]> of(List<byte[]> rows, int id) {
    return rows.stream().filter(row -> PhysicalKey.collectionId(row) == id).toList();
  }

  /** A row behind another one, of a sort key that nobody has. */
  private static byte[] beyond(byte[] row) {
    byte[] beyond = Arrays.copyOf(row, row.length + 2);
    beyond[row.length] = 3;
    return beyond;
  }
}
