package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.FeatureLevel;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.ControlOperationRequest;
import io.henge.api.v1.DrainRequest;
import io.henge.api.v1.ListOperationsRequest;
import io.henge.api.v1.MergeRequest;
import io.henge.api.v1.MoveRequest;
import io.henge.api.v1.OperationControl;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.api.v1.RemoveNodeRequest;
import io.henge.api.v1.SplitRequest;
import io.henge.client.ClientOptions;
import io.henge.client.HengeClient;
import io.henge.replication.NetworkFilter;
import io.henge.server.node.Failures;
import io.henge.server.node.LocalShard;
import io.henge.server.node.NodeControl;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Nodes in this process whose shards a test cuts and joins, step by step. */
final class ReshapeCluster implements AutoCloseable {
  private static final int SECONDS = 60;

  private final Path directory;
  private final int level;
  private final Map<String, HengeNode> nodes = new TreeMap<>();
  private final Map<String, NodeConfig> configs = new TreeMap<>();

  ReshapeCluster(Path directory, int count, int shards, ReshapeStep.Hook steps) {
    this(directory, count, shards, steps, FeatureLevel.NEWEST);
  }

  ReshapeCluster(Path directory, int count, int shards, ReshapeStep.Hook steps, int level) {
    this.directory = directory;
    this.level = level;
    for (int i = 1; i <= count; i++) {
      add("n" + i, shards, steps);
    }
    int most = Math.min(count, 3);
    Awaitility.await()
        .atMost(SECONDS, TimeUnit.SECONDS)
        .until(() -> nodes.values().stream().allMatch(n -> n.missingReplication(most) == null));
  }

  private void add(String name, int shards, ReshapeStep.Hook steps) {
    NodeConfig config = NodeConfig.of(name, directory.resolve(name)).shards(shards);
    if (!nodes.isEmpty()) {
      config = config.join(List.of(any().clientAddress()));
    }
    configs.put(name, config);
    HengeNode node =
        HengeNode.start(
            config, NodeHooks.embedded(NetworkFilter.OPEN).withSteps(steps).reading(level));
    nodes.put(name, node);
    node.awaitReady(Duration.ofSeconds(SECONDS));
  }

  List<HengeNode> nodes() {
    return List.copyOf(nodes.values());
  }

  HengeNode node(String name) {
    return Objects.requireNonNull(nodes.get(name));
  }

  /** Stops a node in order; it leaves the others as they are. */
  void stop(HengeNode node) {
    nodes.remove(node.name());
    node.close();
  }

  /** A killed node is not to be asked any more. */
  void forget(HengeNode dead) {
    nodes.remove(dead.name());
  }

  HengeNode any() {
    return nodes.values().iterator().next();
  }

  NodeControl control() {
    return any().core().control();
  }

  HengeClient connect() {
    return HengeClient.connect(
        nodes.values().stream().map(HengeNode::clientAddress).toList(),
        ClientOptions.DEFAULT.withTimeout(Duration.ofSeconds(30)));
  }

  /** A killed node comes back. */
  HengeNode restart(HengeNode dead) {
    HengeNode node =
        HengeNode.start(
            Objects.requireNonNull(configs.get(dead.name())),
            NodeHooks.embedded(NetworkFilter.OPEN).reading(level));
    nodes.put(dead.name(), node);
    return node;
  }

  HengeNode leaderOf(long shardId) {
    return Awaitility.await()
        .atMost(SECONDS, TimeUnit.SECONDS)
        .until(() -> leaderNow(shardId), Objects::nonNull);
  }

  private @Nullable HengeNode leaderNow(long shardId) {
    for (HengeNode node : nodes.values()) {
      LocalShard shard = node.core().localShards().find(shardId);
      if (shard != null && shard.consensus().isLeader()) {
        return node;
      }
    }
    return null;
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get(SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw Failures.known(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  OperationRecord split(long shardId) {
    return get(control().operations().split(SplitRequest.newBuilder().setShardId(shardId).build()));
  }

  OperationRecord merge(long shardId) {
    return get(control().operations().merge(MergeRequest.newBuilder().setShardId(shardId).build()));
  }

  OperationRecord move(long shardId, HengeNode from, HengeNode to) {
    return get(
        control()
            .operations()
            .move(
                MoveRequest.newBuilder()
                    .setShardId(shardId)
                    .setFromNode(from.name())
                    .setToNode(to.id())
                    .build()));
  }

  OperationRecord drain(HengeNode node) {
    return get(
        control().operations().drain(DrainRequest.newBuilder().setNode(node.name()).build()));
  }

  OperationRecord remove(HengeNode node) {
    return get(
        control().operations().remove(RemoveNodeRequest.newBuilder().setNode(node.name()).build()));
  }

  OperationRecord control(OperationRecord operation, OperationControl control) {
    return get(
        control()
            .operations()
            .control(
                ControlOperationRequest.newBuilder()
                    .setOperationId(operation.getOperationId())
                    .setControl(control)
                    .build()));
  }

  /** Waits until an operation has ended as it should. */
  OperationRecord await(OperationRecord operation, OperationState state) {
    OperationRecord[] last = {operation};
    Awaitility.await()
        .atMost(SECONDS, TimeUnit.SECONDS)
        .pollInterval(20, TimeUnit.MILLISECONDS)
        .untilAsserted(
            () -> {
              last[0] = now(operation, last[0]);
              assertThat(last[0].getState()).as("%s", last[0]).isEqualTo(state);
            });
    return last[0];
  }

  /** Waits until an operation is at that point of its way. */
  void awaitPhase(OperationRecord operation, String phase) {
    Awaitility.await()
        .atMost(SECONDS, TimeUnit.SECONDS)
        .pollInterval(20, TimeUnit.MILLISECONDS)
        .untilAsserted(() -> assertThat(now(operation, operation).getPhase()).isEqualTo(phase));
  }

  private OperationRecord now(OperationRecord operation, OperationRecord known) {
    ListOperationsRequest all = ListOperationsRequest.newBuilder().setAll(true).build();
    try {
      return get(control().operations().asked(false, leader -> leader.listOperations(all)))
          .getOperationsList()
          .stream()
          .map(progress -> progress.getOperation())
          .filter(each -> each.getOperationId() == operation.getOperationId())
          .findFirst()
          .orElse(known);
    } catch (HengeException e) {
      // The leader of meta may have died just now.
      return known.toBuilder().setMessage("not known: " + e.getMessage()).build();
    }
  }

  /** Waits until nothing is left of a shard on any node. */
  void awaitGone(long shardId, HengeNode... on) {
    List<HengeNode> where = on.length == 0 ? nodes() : List.of(on);
    Awaitility.await()
        .atMost(SECONDS, TimeUnit.SECONDS)
        .untilAsserted(
            () -> {
              for (HengeNode node : where) {
                String name = node.core().group(shardId).uuid().toString();
                assertThat(node.core().localShards().find(shardId)).isNull();
                assertThat(node.directory().resolve("shards").resolve(name)).doesNotExist();
                assertThat(node.directory().resolve("raft").resolve(name)).doesNotExist();
              }
            });
  }

  /** All replicas of all shards hold the same, once they have applied the same. */
  void requireEqualReplicas() {
    for (ShardRow row : rows()) {
      Awaitility.await()
          .atMost(SECONDS, TimeUnit.SECONDS)
          .untilAsserted(
              () -> {
                var digests =
                    nodes().stream()
                        .filter(node -> row.getReplicaNodeIdsList().contains(node.id()))
                        .map(node -> node.core().digest(row.getShardId()))
                        .toList();
                assertThat(digests).hasSize(row.getReplicaNodeIdsCount());
                assertThat(digests).allMatch(digest -> digest.equals(digests.get(0)));
              });
    }
  }

  List<ShardRow> rows() {
    return new ArrayList<>(control().view().state().shards());
  }

  @Override
  public void close() {
    Together.each(nodes.values(), HengeNode::closeWithOthers);
  }
}
