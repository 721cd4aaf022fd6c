package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs with {@code -Dhenge.copies.seeds=N} worlds; 100 if it is not said. */
class CopySimulationTest {
  private static final int WORLDS = Integer.getInteger("henge.copies.seeds", 100);

  @TempDir Path directory;

  /** From the seed alone, so that it says all of a world. */
  private static int shards(long seed) {
    return 1 + (int) Math.floorMod(seed, 4L);
  }

  @Test
  void shouldMakeEveryCopyWhatItsSourceSays() {
    int worlds = WORLDS;
    long first = Seed.next("CopySimulationTest");
    int split = 0;
    int merged = 0;
    for (int i = 0; i < worlds; i++) {
      long seed = first + i;
      try (CopyWorld world =
          new CopyWorld(new Random(seed), directory.resolve(String.valueOf(i)), shards(seed))) {
        world.run(120);
        assertThat(world.wasFaulty()).as("messages were lost, and others arrived").isTrue();
        merged += world.merged();
        split += world.shardCount() > shards(seed) ? 1 : 0;
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("the world of -Dtest.seed=" + seed, e);
      }
    }
    assertThat(split).as("worlds with splits").isPositive();
    assertThat(merged).as("merges").isPositive();
  }

  /**
   * Whoever looks while copies change sees nothing wrong, and afterwards whatever was made wrong.
   */
  @Test
  void shouldFindWhatIsWrongAndNothingElse() {
    int worlds = WORLDS / 2;
    long first = Seed.next("CopySimulationTest.verify");
    Map<CopyDamage.Kind, Integer> planted = new EnumMap<>(CopyDamage.Kind.class);
    long compared = 0;
    for (int i = 0; i < worlds; i++) {
      long seed = first + i;
      Random random = new Random(seed);
      try (CopyWorld world = new CopyWorld(random, directory.resolve("v" + i), shards(seed))) {
        List<WorldVerification> looks = new ArrayList<>();
        for (int at = 50; at < 1_500; at += 150) {
          world.clock().after(at, () -> looks.add(new WorldVerification(world, false).begin()));
        }
        world.run(120);
        for (WorldVerification look : looks) {
          compared += look.finish().copies();
          assertThat(look.differences()).as("while copies change").isEmpty();
        }
        assertThat(new WorldVerification(world, false).begin().finish().differences())
            .as("in the end")
            .isEmpty();
        CopyDamage damage = new CopyDamage(world, random);
        for (CopyDamage.Kind kind : CopyDamage.Kind.values()) {
          if (damage.plant(kind)) {
            planted.merge(kind, 1, Integer::sum);
            mend(world, kind);
          }
        }
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("the world of -Dtest.seed=" + seed, e);
      }
    }
    assertThat(compared).as("while copies changed").isGreaterThan(worlds);
    assertThat(planted).as("all kinds").hasSize(CopyDamage.Kind.values().length);
  }

  private static void mend(CopyWorld world, CopyDamage.Kind kind) {
    WorldVerification found = new WorldVerification(world, true).begin().finish();
    assertThat(found.differences()).as("%s is found", kind).isNotEmpty();
    assertThat(found.unasked()).isZero();
    assertThat(found.mended()).as("%s is mended", kind).isPositive();
    world.settle();
    assertThat(new WorldVerification(world, false).begin().finish().differences())
        .as("%s, afterwards", kind)
        .isEmpty();
  }
}
