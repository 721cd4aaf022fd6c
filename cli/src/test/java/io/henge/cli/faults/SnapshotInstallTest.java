package io.henge.cli.faults;

import static io.henge.cli.faults.Conditions.await;
import static io.henge.cli.faults.Conditions.awaitCaughtUp;
import static io.henge.cli.faults.Conditions.connect;
import static io.henge.cli.faults.Conditions.leader;
import static io.henge.cli.faults.Conditions.metric;
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
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that was away for longer than the log reaches back, and one whose disk was replaced. */
@Tag("faults")
class SnapshotInstallTest {
  private static final int VALUE_BYTES = 20_000;
  private static final Pattern SEGMENT = Pattern.compile("log_(?:inprogress_)?(\\d+)(?:-\\d+)?");
  private static final String RECEIVED = "henge_snapshots_received_total";

  @TempDir Path directory;

  @Test
  void shouldInstallASnapshotOnANodeThatWasAwayForTooLong() throws IOException {
    long seed = Seed.next("SnapshotInstallTest");
    try (ProcessCluster cluster = start();
        HengeClient client = connect(cluster, 5)) {
      await(client, status -> status.replicationFactor() >= 3);
      ServerProcess away = follower(cluster, client);
      try (Writers writers = Writers.start(client, 4, VALUE_BYTES, seed)) {
        writers.awaitMore(50);
        away.kill();
        writers.awaitMore(1_000);
        awaitPurged(cluster, away);
        startAndAwaitAnInstall(away);
        // Right behind it: Ratis may not have heard of it, or not have dropped its old log.
        away.kill();
        writers.awaitMore(20);
        away.start();
        awaitCaughtUp(client, away.name());
        assertThat(writers.errors()).isEmpty();
      }
      requireEqualReplicas(cluster);
    }
  }

  @Test
  void shouldRefuseANodeThatLostItsDirectoryAndSayWhatToDo() throws IOException {
    long seed = Seed.next("SnapshotInstallTest");
    try (ProcessCluster cluster = start();
        HengeClient client = connect(cluster, 5)) {
      await(client, status -> status.replicationFactor() >= 3);
      ServerProcess lost = follower(cluster, client);
      String oldId = lost.ready().id();
      try (Writers writers = Writers.start(client, 2, VALUE_BYTES, seed)) {
        writers.awaitMore(50);
        lost.kill();
        Files.move(directory.resolve(lost.name()), directory.resolve("kept-aside"));
        long begun = Files.size(lost.log());
        assertThatThrownBy(lost::start).isInstanceOf(IllegalStateException.class);
        List<String> lastWords =
            Files.readString(lost.log())
                .substring((int) begun)
                .lines()
                .filter(line -> line.startsWith("henge server: "))
                .toList();
        assertThat(lastWords).hasSize(1);
        assertThat(lastWords.get(0))
            .contains("ALREADY_EXISTS", lost.name(), oldId, "own directory");
        writers.awaitMore(20);
        assertThat(writers.errors()).isEmpty();
      }
    }
  }

  /**
   * Waits until each of the others has dropped from its log every file that is there now: whatever
   * the one that is away may need.
   */
  private void awaitPurged(ProcessCluster cluster, ServerProcess away) throws IOException {
    Map<ServerProcess, Long> newest = new HashMap<>();
    for (ServerProcess node : cluster.nodes()) {
      if (node != away) {
        newest.put(node, segments(node).max().orElseThrow());
      }
    }
    newest.forEach(
        (node, segment) ->
            Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                // Files come and go.
                .ignoreExceptions()
                .until(() -> segments(node).min().orElseThrow() > segment));
  }

  /** Where the files of the shard's log begin. */
  private LongStream segments(ServerProcess node) throws IOException {
    // Lists, does not walk: a file may be gone before anybody looks at it.
    try (Stream<Path> replicas = Files.list(directory.resolve(node.name()).resolve("raft"))) {
      Path replica =
          replicas
              .filter(path -> path.toString().endsWith("-000000000001"))
              .findFirst()
              .orElseThrow();
      try (Stream<Path> files = Files.list(replica.resolve("current"))) {
        return LongStream.of(
            files
                .map(file -> SEGMENT.matcher(file.getFileName().toString()))
                .filter(Matcher::matches)
                .mapToLong(segment -> Long.parseLong(segment.group(1)))
                .toArray());
      }
    }
  }

  private static void startAndAwaitAnInstall(ServerProcess away) {
    away.start();
    awaitQuickly(() -> metric(away, RECEIVED) > 0);
  }

  private static void awaitQuickly(Callable<Boolean> condition) {
    Awaitility.await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(condition);
  }

  private ProcessCluster start() {
    ProcessCluster cluster = ProcessCluster.in(directory);
    try {
      return cluster.startAlike(3, "--memory", "16m", "--log-segment", "1m", "--log-keep", "100");
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  /** Not the first: the second and third find it by its address. */
  private static ServerProcess follower(ProcessCluster cluster, HengeClient client) {
    ServerProcess leader = leader(cluster, client);
    return cluster.nodes().stream()
        .skip(1)
        .filter(node -> node != leader)
        .findFirst()
        .orElseThrow();
  }
}
