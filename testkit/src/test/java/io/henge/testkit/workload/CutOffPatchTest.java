package io.henge.testkit.workload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import io.henge.server.Node;
import io.henge.testkit.cluster.HengeCluster;
import io.henge.testkit.cluster.TestCluster;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Sixteen clients patch while leaders are cut off from the other nodes (and not from the clients,
 * who go on asking them), killed and started again, and shards are cut. Runs for 12 s; {@code
 * -Dhenge.chaos.seconds=N} for longer, {@code -Dtest.seed=N} for another course.
 */
@Tag("cluster")
final class CutOffPatchTest {
  private static final long SECONDS = Long.getLong("henge.chaos.seconds", 12);
  private static final int SHARDS_MAX = 4;

  @Test
  @Timeout(1_200)
  @HengeCluster(nodes = 3)
  void shouldTakeEachPatchOnceThoughLeadersAreCutOff(TestCluster cluster)
      throws InterruptedException {
    long seed = Seed.next("CutOffPatchTest");
    Random random = new Random(seed);
    cluster.awaitStatus(status -> status.replicationFactor() == 3);
    ClientOptions patient = ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30));
    int cuts = 0;
    int kills = 0;
    int splits = 0;
    try (HengeClient client = cluster.newClient(patient);
        HengeClient another = cluster.newClient(patient);
        PatchWorkload load = PatchWorkload.start(List.of(client, another), 16, seed, 10)) {
      awaitWrites(load, 200);
      client.operations().set("auto-merge", "off");
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
      while (System.nanoTime() - end < 0 || cuts == 0 || kills == 0 || splits == 0) {
        ClusterStatus status = client.admin().status();
        ClusterStatus.Shard shard = status.shards().get(random.nextInt(status.shards().size()));
        Node leader = cluster.leader(shard.id());
        boolean kill = random.nextInt(3) == 0;
        if (status.shards().size() < SHARDS_MAX && random.nextInt(3) == 0 && split(client, shard)) {
          splits++;
        }
        if (kill) {
          kills++;
          cluster.kill(leader);
        } else {
          cuts++;
          cluster.cutOff(leader);
        }
        awaitWrites(load, 20 + random.nextInt(200));
        if (kill) {
          cluster.restart(leader.name());
        } else {
          cluster.heal(leader);
        }
        awaitWrites(load, 20 + random.nextInt(200));
      }
      load.finish();
      System.err.println(cuts + " cuts, " + kills + " kills, " + splits + " splits, " + load);
      assertThat(load.errors()).isEmpty();
      load.requireExact();
    }
  }

  private static boolean split(HengeClient client, ClusterStatus.Shard shard) {
    try {
      client.operations().split(shard.id());
      return true;
    } catch (HengeException e) {
      System.err.println("split was refused: " + e.getMessage());
      return false;
    }
  }

  private static void awaitWrites(PatchWorkload load, long more) {
    long wanted = load.writes() + more;
    await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> load.writes() >= wanted);
  }
}
