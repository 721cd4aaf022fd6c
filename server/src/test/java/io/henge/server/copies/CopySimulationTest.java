package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs with {@code -Dhenge.copies.seeds=N} worlds; 200 if it is not said. */
class CopySimulationTest {
  @TempDir Path directory;

  @Test
  void shouldMakeEveryCopyWhatItsSourceSays() {
    int worlds = Integer.getInteger("henge.copies.seeds", 200);
    long first = Seed.next("CopySimulationTest");
    int split = 0;
    int merged = 0;
    for (int i = 0; i < worlds; i++) {
      long seed = first + i;
      try (CopyWorld world =
          new CopyWorld(new Random(seed), directory.resolve(String.valueOf(i)), 1 + i % 4)) {
        world.run(120);
        assertThat(world.wasFaulty()).as("messages were lost, and others arrived").isTrue();
        merged += world.merged();
        split += world.shardCount() > 1 + i % 4 ? 1 : 0;
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("the world of -Dtest.seed=" + seed, e);
      }
    }
    assertThat(split).as("worlds with splits").isPositive();
    assertThat(merged).as("merges").isPositive();
  }
}
