package io.henge.testkit.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.replication.shard.LeaseTiming;
import io.henge.replication.sim.SimulatedNode;
import io.henge.replication.sim.SimulationSettings;
import io.henge.testkit.history.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that retry, over replicas whose nodes crash, stop, are cut off, and hand over: whatever
 * happens, histories are linearizable, and nothing takes effect twice.
 */
class ReplicaSimulationTest {
  private static final int CLIENTS = 6;
  private static final Duration TROUBLE = Duration.ofSeconds(8);

  /** Leaders change before their leases have run out. */
  static final SimulationSettings HASTY =
      new SimulationSettings(
          SimulationSettings.ROUGH.delayMin(),
          Duration.ofMillis(8),
          0.01,
          0.03,
          Duration.ofMillis(4),
          Duration.ofMillis(2),
          Duration.ofMillis(40),
          Duration.ofMillis(160),
          Duration.ofMillis(15),
          Duration.ofSeconds(5));

  @TempDir Path directory;

  private int acknowledged;
  private int servedByAny;

  @Test
  void shouldBeLinearizableWhateverHappens() throws IOException {
    long first = Seed.next("ReplicaSimulationTest");
    int runs = Integer.getInteger("test.simulations", 300);
    for (int i = 0; i < runs; i++) {
      long seed = first + i;
      SimulationSettings settings = i % 2 == 0 ? HASTY : SimulationSettings.ROUGH;
      Verdict verdict = run(seed, settings, SimulatedShard.Options.SOUND, i % 3 == 0);
      assertThat(verdict.isLinearizable())
          .as("seed %s: %s%n%s", seed, verdict.kind(), verdict.counterexample())
          .isTrue();
    }
    // Else the runs prove nothing.
    assertThat(acknowledged).isGreaterThan(runs * 100);
    assertThat(servedByAny).isGreaterThan(runs * 50);
  }

  /** Shows that the simulation finds what it is there to find. */
  @Test
  void shouldCatchALeaseThatIsLongerThanOthersWait() throws IOException {
    LeaseTiming tooLong = LeaseTiming.of(Duration.ofSeconds(3), Duration.ofSeconds(5));
    SimulatedShard.Options broken =
        new SimulatedShard.Options(
            node -> node.equals(SimulatedShard.NODES.get(0)) ? tooLong : LeaseTiming.DEFAULT,
            node -> node::wallMillis);
    assertCaught(broken, false);
  }

  @Test
  void shouldCatchALeaseThatTrustsAClockThatStoodStill() throws IOException {
    SimulatedShard.Options broken =
        new SimulatedShard.Options(
            node -> LeaseTiming.DEFAULT,
            // A wall clock that stands still together with the monotonic one: nothing to notice.
            node -> () -> node.nanoTime() / 1_000_000);
    assertCaught(broken, true);
  }

  private void assertCaught(SimulatedShard.Options broken, boolean suspends) throws IOException {
    List<String> found = new ArrayList<>();
    for (long seed = 1; seed <= 2_000 && found.isEmpty(); seed++) {
      Verdict verdict = run(seed, SimulationSettings.ROUGH, broken, suspends);
      if (verdict.kind() == Verdict.Kind.NOT_LINEARIZABLE) {
        found.add(verdict.counterexample());
      }
    }
    assertThat(found).isNotEmpty();
    assertThat(found.get(0)).contains("must be");
  }

  private Verdict run(
      long seed, SimulationSettings settings, SimulatedShard.Options options, boolean suspends)
      throws IOException {
    Path place = Files.createTempDirectory(directory, "run");
    SimulatedShard shard = new SimulatedShard(seed, settings, place, options);
    Histories histories = new Histories();
    List<SimulatedClient> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new SimulatedClient(shard, histories, i));
    }
    FollowerReader reader =
        new FollowerReader(shard, histories, options.equals(SimulatedShard.Options.SOUND));
    Chaos chaos = new Chaos(shard, suspends);
    clients.forEach(SimulatedClient::run);
    reader.run();
    chaos.run();
    shard.time().runFor(TROUBLE);
    chaos.stop();
    assertThat(shard.settle(Duration.ofSeconds(20))).as("seed %s settles", seed).isTrue();
    shard.time().runFor(Duration.ofSeconds(1));
    clients.forEach(SimulatedClient::stop);
    reader.stop();
    shard.time().runFor(Duration.ofSeconds(4));
    assertThat(shard.settle(Duration.ofSeconds(20))).as("seed %s settles", seed).isTrue();
    assertSame(seed, shard);
    acknowledged += histories.acknowledgedCount();
    servedByAny += reader.served();
    return histories.check();
  }

  private static void assertSame(long seed, SimulatedShard shard) {
    List<Long> checksums = new ArrayList<>();
    for (SimulatedNode node : shard.cluster().nodes()) {
      checksums.add(shard.replica(node.id()).machine().checksum());
    }
    assertThat(checksums.stream().distinct().count())
        .as("seed %s: replicas differ: %s", seed, checksums)
        .isEqualTo(1);
  }
}
