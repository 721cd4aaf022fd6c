package io.henge.testkit.cluster;

import static org.awaitility.Awaitility.await;

import io.henge.api.error.HengeException;
import io.henge.client.ClientOptions;
import io.henge.client.ClusterStatus;
import io.henge.client.HengeClient;
import io.henge.server.Henge;
import io.henge.server.Node;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;

/**
 * Real nodes in this JVM, to kill, start again, cut off and add to. Nodes are named as the embedded
 * cluster names them. Thread-safe, except that one node must not be killed and started at once.
 */
public final class TestCluster implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Henge henge;
  private final Partition partition;

  private TestCluster(Henge henge, Partition partition) {
    this.henge = henge;
    this.partition = partition;
  }

  /**
   * Starts a cluster and waits until all its nodes serve.
   *
   * @param directory for its data; left behind for the test to delete
   */
  public static TestCluster start(int nodes, int shards, Path directory) {
    Partition partition = new Partition();
    Henge henge =
        Henge.embedded()
            .nodes(nodes)
            .shards(shards)
            .directory(directory)
            .memoryBytesPerNode(64L << 20)
            .network(partition)
            .start();
    return new TestCluster(henge, partition);
  }

  /** A client of the cluster; closed with it. */
  public HengeClient client() {
    return henge.client();
  }

  /** Another client, for the caller to close. */
  public HengeClient newClient(ClientOptions options) {
    return HengeClient.connect(nodes().stream().map(Node::clientAddress).toList(), options);
  }

  /** Nodes that run. */
  public List<Node> nodes() {
    return henge.nodes();
  }

  public Node node(String nameOrId) {
    return nodes().stream()
        .filter(node -> node.name().equals(nameOrId) || node.id().equals(nameOrId))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no node " + nameOrId + " runs"));
  }

  /**
   * The node that leads a shard; waits until one that runs does. While a node is cut off the answer
   * may come from that node, which knows no better.
   */
  public Node leader(long shard) {
    String leader =
        await()
            .atMost(PATIENCE)
            .ignoreExceptionsInstanceOf(HengeException.class)
            .until(() -> leaderName(shard), this::runs);
    return node(leader);
  }

  private String leaderName(long shard) {
    return client().admin().status().shards().stream()
        .filter(s -> s.id() == shard)
        .map(ClusterStatus.Shard::leader)
        .findFirst()
        .orElse("");
  }

  private boolean runs(String nameOrId) {
    return nodes().stream().anyMatch(n -> n.name().equals(nameOrId) || n.id().equals(nameOrId));
  }

  /** Waits until the cluster's state is as wanted. */
  public ClusterStatus awaitStatus(Predicate<ClusterStatus> wanted) {
    return await()
        .atMost(PATIENCE)
        .ignoreExceptionsInstanceOf(HengeException.class)
        .until(() -> client().admin().status(), wanted);
  }

  /** As if its process had died. */
  public void kill(Node node) {
    henge.kill(node.name());
  }

  /** Starts a killed node again from its directory; waits until it serves. */
  public Node restart(String name) {
    return henge.restart(name);
  }

  /** Adds a node; waits until it serves. */
  public Node add() {
    return henge.addNode();
  }

  /** Lets no message between this node and the others through. Clients still reach it. */
  public void cutOff(Node node) {
    partition.cutOff(node.id());
  }

  /** Ends {@link #cutOff}. */
  public void heal(Node node) {
    partition.heal(node.id());
  }

  @Override
  public void close() {
    partition.healAll();
    henge.close();
  }
}
