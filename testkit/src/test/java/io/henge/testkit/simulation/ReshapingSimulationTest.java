package io.henge.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.replication.sim.SimulationSettings;
import io.henge.testkit.history.Verdict;
import io.henge.testkit.simulation.SimulatedShard.Options;
import io.henge.testkit.simulation.SimulatedShard.Reshaping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Shards are cut and joined all the time, while clients read and write, and nodes crash, stop, are
 * cut off, and hand over: histories stay linearizable, nothing takes effect twice, replicas agree.
 */
class ReshapingSimulationTest {
  private static final int CLIENTS = 6;
  private static final Duration TROUBLE = Duration.ofSeconds(8);

  @TempDir Path directory;

  private int acknowledged;
  private int splits;
  private int merged;
  private int takenBack;

  @Test
  void shouldBeLinearizableWhileShardsAreCutAndJoined() throws IOException {
    long first = Seed.next("ReshapingSimulationTest");
    int runs = Integer.getInteger("test.simulations", 120);
    for (int i = 0; i < runs; i++) {
      long seed = first + i;
      SimulationSettings settings =
          i % 2 == 0 ? ReplicaSimulationTest.HASTY : SimulationSettings.ROUGH;
      Verdict verdict = run(seed, settings, Options.SPLITTING, i % 3 == 0);
      assertThat(verdict.isLinearizable())
          .as("seed %s: %s%n%s", seed, verdict.kind(), verdict.counterexample())
          .isTrue();
    }
    // Else the runs prove nothing.
    assertThat(acknowledged).isGreaterThan(runs * 80);
    assertThat(splits).isGreaterThan(runs * 2);
    assertThat(merged).isGreaterThan(runs);
    assertThat(takenBack).isGreaterThan(runs / 10);
  }

  /** Shows that the simulation finds what it is there to find. */
  @Test
  void shouldCatchAMergeThatDoesNotSealTheRightShard() throws IOException {
    assertCaught(Options.SOUND.with(Reshaping.NOT_SEALED));
  }

  private void assertCaught(Options broken) throws IOException {
    List<String> found = new ArrayList<>();
    for (long seed = 1; seed <= 400 && found.isEmpty(); seed++) {
      SimulationSettings settings =
          seed % 2 == 0 ? ReplicaSimulationTest.HASTY : SimulationSettings.ROUGH;
      Verdict verdict = run(seed, settings, broken, false);
      if (verdict.kind() == Verdict.Kind.NOT_LINEARIZABLE) {
        found.add(verdict.counterexample());
      }
    }
    assertThat(found).isNotEmpty();
    assertThat(found.get(0)).contains("must be");
  }

  private Verdict run(long seed, SimulationSettings settings, Options options, boolean suspends)
      throws IOException {
    Path place = Files.createTempDirectory(directory, "run");
    SimulatedShard world = new SimulatedShard(seed, settings, place, options);
    Histories histories = new Histories();
    List<SimulatedClient> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new SimulatedClient(world, histories, i));
    }
    boolean sound = options.reshaping() == Reshaping.SOUND;
    FollowerReader reader = new FollowerReader(world, histories, sound);
    Chaos chaos = new Chaos(world, suspends);
    Reshapes reshapes = new Reshapes(world);
    clients.forEach(SimulatedClient::run);
    if (sound) {
      reader.run();
    }
    chaos.run();
    reshapes.run();
    world.time().runFor(TROUBLE);
    chaos.stop();
    reshapes.finish();
    world.heal();
    boolean ended = world.time().runUntil(reshapes::isIdle, Duration.ofSeconds(30));
    assertThat(ended)
        .as("seed %s: what was begun comes to its end; %s", seed, reshapes.describe())
        .isTrue();
    assertThat(world.settle(Duration.ofSeconds(20))).as("seed %s settles", seed).isTrue();
    world.time().runFor(Duration.ofSeconds(1));
    clients.forEach(SimulatedClient::stop);
    reader.stop();
    world.time().runFor(Duration.ofSeconds(4));
    assertThat(world.settle(Duration.ofSeconds(20))).as("seed %s settles", seed).isTrue();
    for (long shard : world.shards()) {
      assertThat(
              SimulatedShard.NODES.stream()
                  .map(node -> world.replica(node, shard))
                  .map(replica -> replica == null ? 0 : replica.machine().checksum())
                  .distinct())
          .as("seed %s: replicas of shard %s", seed, shard)
          .hasSize(1);
    }
    acknowledged += histories.acknowledgedCount();
    splits += reshapes.splits();
    merged += reshapes.merged();
    takenBack += reshapes.takenBack();
    return histories.check();
  }
}
