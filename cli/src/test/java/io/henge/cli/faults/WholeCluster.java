package io.henge.cli.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import io.henge.client.Operations.Operation;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** How a cluster must be after everything that has been done to it. */
final class WholeCluster {
  private WholeCluster() {}

  /** Nothing is under way, every shard has a leader and all its copies, and nothing is planned. */
  static void awaitRest(HengeClient client) {
    Awaitility.await("nothing is under way")
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(200))
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              assertThat(client.operations().list(false)).isEmpty();
              ClusterStatus status = client.admin().status();
              assertThat(status.remarks()).isEmpty();
              assertThat(status.shards())
                  .allSatisfy(
                      shard -> {
                        assertThat(shard.leader()).as("leader of %s", shard.id()).isNotEmpty();
                        assertThat(shard.replicas()).as("replicas of %s", shard.id()).hasSize(3);
                      });
            });
    List<Operation> ended = client.operations().list(true);
    System.err.println(
        ended.stream()
            .collect(
                Collectors.groupingBy(
                    operation -> operation.kind() + " " + operation.state(),
                    Collectors.counting())));
  }

  /**
   * Shards tile the ring, replicas are equal, and nothing is left over on any node. Nobody may
   * write.
   */
  static void require(ProcessCluster cluster, ClusterStatus status) {
    requireTiles(status);
    for (ClusterStatus.Shard shard : status.shards()) {
      Conditions.requireEqualReplicas(
          shard.id(),
          shard.replicas().stream().map(replica -> cluster.nodeOf(replica.node())).toList());
    }
    for (ServerProcess node : cluster.nodes()) {
      Awaitility.await("nothing is left over on " + node.name())
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() -> requireNothingLeft(node, status));
    }
  }

  /** Every position of the ring belongs to one shard. */
  private static void requireTiles(ClusterStatus status) {
    List<ClusterStatus.Shard> shards =
        status.shards().stream()
            .sorted(Comparator.comparing(ClusterStatus.Shard::start, Arrays::compareUnsigned))
            .toList();
    byte[] reached = new byte[0];
    for (ClusterStatus.Shard shard : shards) {
      assertThat(shard.start()).as("start of shard %s", shard.id()).isEqualTo(reached);
      reached = shard.end();
    }
    assertThat(reached).as("end of the last shard").isEmpty();
  }

  private static void requireNothingLeft(ServerProcess node, ClusterStatus status)
      throws IOException {
    Set<Long> hosted =
        status.shards().stream()
            .filter(shard -> shard.replicas().stream().anyMatch(replica -> isOn(replica, node)))
            .map(ClusterStatus.Shard::id)
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(numbers(node, "shards")).as("stores of %s", node.name()).isEqualTo(hosted);
    assertThat(numbers(node, "raft")).as("groups of %s", node.name()).isEqualTo(hosted);
    assertThat(entries(node, "seeds")).as("seeds of %s", node.name()).isEmpty();
    assertThat(entries(node, "raft/incoming")).as("groups under way to %s", node.name()).isEmpty();
    // Tombstones stay, also where a shard has come back; nothing else is to be in there.
    Path registry = node.directory().resolve("registry");
    if (Files.exists(registry)) {
      assertThat(Files.readAllLines(registry).stream().skip(1))
          .as("tombstones of %s", node.name())
          .allMatch(line -> line.matches("gone [0-9]+"));
    }
  }

  private static boolean isOn(ClusterStatus.Replica replica, ServerProcess node) {
    return replica.node().equals(node.ready().id()) || replica.node().equals(node.name());
  }

  /**
   * Numbers of the shards (not meta's) that directories are named after: the lower half of the
   * group's id.
   */
  private static Set<Long> numbers(ServerProcess node, String kind) throws IOException {
    return entries(node, kind).stream()
        .filter(name -> !name.equals("incoming"))
        .map(name -> Long.parseUnsignedLong(name.substring(19).replace("-", ""), 16))
        .filter(number -> number != 0)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> entries(ServerProcess node, String kind) throws IOException {
    Path place = node.directory().resolve(kind);
    if (!Files.exists(place)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(place)) {
      return entries.map(path -> path.getFileName().toString()).toList();
    }
  }
}
