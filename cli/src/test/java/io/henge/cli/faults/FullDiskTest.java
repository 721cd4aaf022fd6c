package io.henge.cli.faults;

import static io.henge.cli.faults.Conditions.await;
import static io.henge.cli.faults.Conditions.awaitCaughtUp;
import static io.henge.cli.faults.Conditions.connect;
import static io.henge.cli.faults.Conditions.leader;
import static io.henge.cli.faults.Conditions.requireEqualReplicas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.testing.Seed;
import io.henge.client.HengeClient;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node whose disk is full takes itself out, says so in one line, and comes back once there is
 * space; clients notice nothing. Needs root (mounts).
 */
@Tag("faults")
class FullDiskTest {
  private static final int DISK_MIB = 400;
  private static final int VALUE_BYTES = 20_000;

  @TempDir Path directory;
  private final Map<String, SmallDisk> disks = new HashMap<>();

  @BeforeEach
  void mount() {
    for (String name : List.of("n1", "n2", "n3")) {
      disks.put(name, SmallDisk.mount(directory.resolve(name), DISK_MIB));
    }
  }

  @AfterEach
  void unmount() {
    disks.values().forEach(SmallDisk::close);
  }

  @Test
  void shouldTakeNodesOutWhoseLogCannotBeWritten() throws IOException {
    // Small segments: the next one is what does not fit.
    requireLoudEnds("1m");
  }

  @Test
  void shouldTakeNodesOutWhoseStoreCannotBeFlushed() throws IOException {
    // A large segment is there already, so that the log goes on while the store cannot.
    requireLoudEnds("64m");
  }

  /** Of the leader, and when it is back of a node that does not lead. */
  private void requireLoudEnds(String segment) throws IOException {
    long seed = Seed.next("FullDiskTest");
    try (ProcessCluster cluster =
            ProcessCluster.in(directory)
                .startAlike(3, "--memory", "16m", "--log-segment", segment);
        HengeClient client = connect(cluster, 5)) {
      await(client, status -> status.replicationFactor() >= 3);
      ServerProcess leader = leader(cluster, client);
      requireLoudEnd(cluster, client, leader, seed);
      ServerProcess next = leader(cluster, client);
      ServerProcess follower =
          cluster.nodes().stream()
              .filter(node -> node != leader && node != next)
              .findFirst()
              .orElseThrow();
      requireLoudEnd(cluster, client, follower, seed + 1);
    }
  }

  private void requireLoudEnd(
      ProcessCluster cluster, HengeClient client, ServerProcess victim, long seed)
      throws IOException {
    SmallDisk disk = disks.get(victim.name());
    try (Writers writers = Writers.start(client, 2, VALUE_BYTES, seed)) {
      writers.awaitMore(50);
      disk.fill();
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> !victim.isAlive());
      requireOneClearLine(victim);
      writers.awaitMore(50);
      // Its end gave back what the log had allocated in advance. Full again, it does not start.
      disk.fill();
      long begun = Files.size(victim.log());
      assertThatThrownBy(victim::start).isInstanceOf(IllegalStateException.class);
      assertThat(Files.readString(victim.log()).substring((int) begun))
          .contains("no space left on the disk of " + directory.resolve(victim.name()));
      disk.free();
      victim.start();
      awaitCaughtUp(client, victim.name());
      writers.awaitMore(50);
      assertThat(writers.errors()).isEmpty();
    }
    requireEqualReplicas(cluster);
  }

  private void requireOneClearLine(ServerProcess victim) throws IOException {
    List<String> errors =
        Files.readAllLines(victim.log()).stream()
            // Ratis has words of its own for it.
            .filter(line -> line.contains(" ERROR ") && !line.contains(" o.a.r."))
            .toList();
    assertThat(errors).hasSize(1);
    assertThat(errors.get(0))
        .contains("takes itself out")
        .contains("no space left on the disk of " + directory.resolve(victim.name()))
        .contains("free some and start the node again");
  }
}
