package io.henge.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.henge.api.internal.v1.AddReplica;
import io.henge.api.internal.v1.ChangeMembersRequest;
import io.henge.api.internal.v1.ChangeMembersResponse;
import io.henge.api.internal.v1.ConfirmReplicas;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.ClientOptions;
import io.henge.client.CollectionOptions;
import io.henge.client.HengeClient;
import io.henge.replication.GroupId;
import io.henge.replication.NetworkFilter;
import io.henge.server.node.NodeControl;
import io.henge.server.node.ReshapeStep;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(180)
class RemovalTest {
  @TempDir private Path directory;

  private final List<HengeNode> nodes = new ArrayList<>();
  private final List<NodeConfig> configs = new ArrayList<>();

  @AfterEach
  void close() {
    nodes.parallelStream().forEach(HengeNode::closeWithOthers);
  }

  @Test
  void shouldDeleteTheReplicaOfAMemberThatWasReplaced() throws Exception {
    start(4, ReshapeStep.Hook.NONE);
    try (HengeClient client = connect()) {
      fill(client);
      HengeNode leaving = move();
      awaitGone(leaving);
      assertThat(leaving.core().hasFailed()).isFalse();
      requireFilled(client);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = ReshapeStep.class,
      names = {"REMOVAL_NOTED", "REMOVAL_LOG_GONE", "REMOVAL_STORE_GONE"})
  void shouldFinishARemovalThatACrashHasInterrupted(ReshapeStep step) throws Exception {
    CrashPoint crash = new CrashPoint(step, 1);
    start(4, crash);
    try (HengeClient client = connect()) {
      fill(client);
      HengeNode leaving = move();
      crash.awaitReached();
      crash.kill(leaving);
      int index = nodes.indexOf(leaving);
      HengeNode restarted =
          HengeNode.start(configs.get(index), NodeHooks.embedded(NetworkFilter.OPEN));
      nodes.set(index, restarted);
      restarted.awaitReady(Duration.ofSeconds(30));
      awaitGone(restarted);
      requireFilled(client);
    }
  }

  private void start(int count, ReshapeStep.Hook steps) {
    NodeHooks hooks = NodeHooks.embedded(NetworkFilter.OPEN).withSteps(steps);
    for (int i = 0; i < count; i++) {
      String name = "n" + (i + 1);
      NodeConfig config = NodeConfig.of(name, directory.resolve(name));
      configs.add(i == 0 ? config : config.join(List.of(nodes.get(0).clientAddress())));
      nodes.add(HengeNode.start(configs.get(i), hooks));
      nodes.get(i).awaitReady(Duration.ofSeconds(30));
      int most = Math.min(i + 1, 3);
      await().atMost(60, TimeUnit.SECONDS).until(() -> isReplicated(most));
    }
  }

  private boolean isReplicated(int most) {
    return nodes.stream().allMatch(node -> node.missingReplication(most) == null);
  }

  private HengeClient connect() {
    return HengeClient.connect(
        nodes.stream().map(HengeNode::clientAddress).toList(), ClientOptions.DEFAULT);
  }

  private static void fill(HengeClient client) {
    client.admin().createCollection("carts", CollectionOptions.defaults());
    for (int i = 0; i < 100; i++) {
      client.collection("carts").put(Key.of(i), Key.EMPTY, Value.of(i));
    }
  }

  private static void requireFilled(HengeClient client) {
    for (int i = 0; i < 100; i++) {
      assertThat(client.collection("carts").get(Key.of(i), Key.EMPTY).orElseThrow().value())
          .isEqualTo(Value.of(i));
    }
  }

  private ShardRow row() {
    ShardRow row = nodes.get(0).core().control().view().state().shard(1);
    assertThat(row).isNotNull();
    return row;
  }

  private HengeNode node(String id) {
    return nodes.stream().filter(node -> node.id().equals(id)).findFirst().orElseThrow();
  }

  /** Puts the node without a replica into the place of a member that does not lead. */
  private HengeNode move() throws Exception {
    ShardRow row = row();
    HengeNode joining =
        nodes.stream()
            .filter(node -> !row.getReplicaNodeIdsList().contains(node.id()))
            .findFirst()
            .orElseThrow();
    NodeControl control = joining.core().control();
    control
        .propose(
            MetaCommand.newBuilder()
                .setAddReplica(
                    AddReplica.newBuilder()
                        .setShardId(1)
                        .setNodeId(joining.id())
                        .setExpectedConfVersion(row.getConfVersion()))
                .build())
        .get(20, TimeUnit.SECONDS);
    await().atMost(20, TimeUnit.SECONDS).until(() -> Files.exists(raft(joining)));
    String leader =
        await()
            .atMost(20, TimeUnit.SECONDS)
            .until(() -> node(row.getReplicaNodeIds(0)).core().control().leaderOf(1), id -> id != null);
    String leaving =
        row.getReplicaNodeIdsList().stream().filter(id -> !id.equals(leader)).findFirst().orElseThrow();
    List<String> members = new ArrayList<>(row.getReplicaNodeIdsList());
    members.remove(leaving);
    members.add(joining.id());
    ChangeMembersResponse changed =
        node(leader)
            .core()
            .control()
            .changeMembersHere(
                ChangeMembersRequest.newBuilder().setShardId(1).addAllNodeIds(members).build())
            .get(60, TimeUnit.SECONDS);
    control
        .propose(
            MetaCommand.newBuilder()
                .setConfirmReplicas(
                    ConfirmReplicas.newBuilder()
                        .setShardId(1)
                        .addAllNodeIds(changed.getNodeIdsList())
                        .setConfIndex(changed.getConfIndex()))
                .build())
        .get(20, TimeUnit.SECONDS);
    return node(leaving);
  }

  private static Path raft(HengeNode node) {
    return directory(node).resolve("raft").resolve(group(node));
  }

  private static String group(HengeNode node) {
    GroupId group = node.core().group(1);
    return group.uuid().toString();
  }

  private static Path directory(HengeNode node) {
    return node.directory();
  }

  private void awaitGone(HengeNode node) {
    Path registry = directory(node).resolve("registry");
    await()
        .atMost(30, TimeUnit.SECONDS)
        .untilAsserted(
            () -> {
              assertThat(raft(node)).doesNotExist();
              assertThat(directory(node).resolve("shards").resolve(group(node))).doesNotExist();
              assertThat(registry).hasContent("henge-registry 1\ngone 1\n");
            });
    await().atMost(20, TimeUnit.SECONDS).until(() -> node.core().hindrances().isEmpty());
  }

  /** Holds a node at a step until it is killed there. */
  static final class CrashPoint implements ReshapeStep.Hook {
    private final ReshapeStep step;
    private final long shardId;
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch killed = new CountDownLatch(1);
    private final AtomicReference<@Nullable Thread> held = new AtomicReference<>();

    CrashPoint(ReshapeStep step, long shardId) {
      this.step = step;
      this.shardId = shardId;
    }

    @Override
    public void reached(ReshapeStep at, long shard) {
      if (at != step
          || shard != shardId
          || !held.compareAndSet(null, Thread.currentThread())) {
        return;
      }
      reached.countDown();
      boolean interrupted = false;
      while (true) {
        try {
          killed.await();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      throw new IllegalStateException("the process has died at " + step);
    }

    void awaitReached() throws InterruptedException {
      assertThat(reached.await(60, TimeUnit.SECONDS)).as("%s reached", step).isTrue();
    }

    /** Nothing of the node gets anywhere any more when the held thread goes on, and ends. */
    void kill(HengeNode node) {
      node.kill(killed::countDown);
    }
  }
}
