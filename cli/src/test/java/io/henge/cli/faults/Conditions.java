package io.henge.cli.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import io.henge.testkit.process.ProcessCluster;
import io.henge.testkit.process.ServerProcess;
import io.henge.testkit.workload.HistoryWorkload;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** What tests on real processes wait for. */
final class Conditions {
  private static final long SHARD = 1;
  private static final Pattern DIGEST =
      Pattern.compile("\"index\":(\\d+),\"checksum\":\"([0-9a-f]{16})\"");
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  private Conditions() {}

  static HengeClient connect(ProcessCluster cluster, int timeoutSeconds) {
    return HengeClient.connect(
        List.of(cluster.addresses().split(",")),
        ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(timeoutSeconds)));
  }

  static ServerProcess leader(ProcessCluster cluster, HengeClient client) {
    ClusterStatus status = await(client, current -> isRunning(cluster, leaderName(current)));
    return cluster.nodeOf(leaderName(status));
  }

  private static String leaderName(ClusterStatus status) {
    return status.shards().stream()
        .filter(shard -> shard.id() == SHARD)
        .map(ClusterStatus.Shard::leader)
        .findFirst()
        .orElse("");
  }

  private static boolean isRunning(ProcessCluster cluster, String node) {
    return !node.isEmpty() && cluster.nodeOf(node).isAlive();
  }

  static ClusterStatus await(HengeClient client, Predicate<ClusterStatus> wanted) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptions()
        .until(() -> client.admin().status(), wanted);
  }

  static void awaitWrites(HistoryWorkload load, long more) {
    awaitWrites(load::writes, more);
  }

  static void awaitWrites(LongSupplier writes, long more) {
    long wanted = writes.getAsLong() + more;
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> writes.getAsLong() >= wanted);
  }

  static void awaitCaughtUp(HengeClient client, String node) {
    await(
        client, status -> status.shards().stream().allMatch(shard -> isNearTheFirst(shard, node)));
  }

  private static boolean isNearTheFirst(ClusterStatus.Shard shard, String node) {
    long most =
        shard.replicas().stream().mapToLong(ClusterStatus.Replica::appliedIndex).max().orElse(0);
    return shard.replicas().stream()
        .anyMatch(
            replica ->
                replica.node().equals(node)
                    && replica.appliedIndex() > 0
                    && most - replica.appliedIndex() < 1_000);
  }

  /**
   * Waits until every running node has told the digest of its replica at some common index, and
   * requires the digests to be equal there. Nobody may write meanwhile.
   */
  static void requireEqualReplicas(ProcessCluster cluster) {
    requireEqualReplicas(SHARD, cluster.nodes());
  }

  /** The same of any shard, which has its replicas on these nodes. */
  static void requireEqualReplicas(long shard, List<ServerProcess> nodes) {
    List<Map<Long, String>> seen = new ArrayList<>();
    nodes.forEach(node -> seen.add(new HashMap<>()));
    Awaitility.await("digests of shard " + shard)
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(50))
        .ignoreExceptions()
        .until(
            () -> {
              for (int i = 0; i < seen.size(); i++) {
                addDigest(nodes.get(i), shard, seen.get(i));
              }
              return seen.get(0).keySet().stream()
                  .anyMatch(index -> seen.stream().allMatch(node -> node.containsKey(index)));
            });
    for (Map.Entry<Long, String> first : seen.get(0).entrySet()) {
      for (int i = 1; i < seen.size(); i++) {
        String other = seen.get(i).getOrDefault(first.getKey(), first.getValue());
        assertThat(other)
            .as(
                "checksum of shard %d at index %d of %s",
                shard, first.getKey(), nodes.get(i).name())
            .isEqualTo(first.getValue());
      }
    }
  }

  private static void addDigest(ServerProcess node, long shard, Map<Long, String> digests) {
    String answer = get(node, "/checksum?shard=" + shard).body();
    Matcher digest = DIGEST.matcher(answer);
    assertThat(digest.find()).as(answer).isTrue();
    digests.put(Long.valueOf(digest.group(1)), digest.group(2));
  }

  /** The value of a metric without tags. */
  static double metric(ServerProcess node, String name) {
    return get(node, "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError(node.name() + " has no metric " + name));
  }

  private static HttpResponse<String> get(ServerProcess node, String path) {
    try {
      return HTTP.send(
          HttpRequest.newBuilder(URI.create("http://" + node.ready().http() + path))
              .timeout(Duration.ofSeconds(20))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
