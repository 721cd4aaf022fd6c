package io.henge.router.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.internal.v1.BeginOperation;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.testing.Seed;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations from their beginning to their end, by command and by themselves. */
@NullUnmarked
class ReshapingPlanTest {
  private static final PlanLimits LIMITS = PlanLimits.DEFAULT;

  private static PlanWorld world(Random random, int shards, int nodes) {
    PlanWorld world = new PlanWorld(random, shards);
    for (int i = 2; i <= nodes; i++) {
      world.join("n" + i);
    }
    world.converge(LIMITS, 1_000);
    world.execution.copied = 0;
    return world;
  }

  @Test
  void shouldGiveAJoiningNodeItsShareAndNothingElse() {
    PlanWorld world = world(new Random(1), 64, 4);
    world.join("n5");
    world.converge(LIMITS, 1_000);
    List<Integer> held = world.perNode(false);
    assertThat(held).allMatch(count -> count >= 37 && count <= 40);
    assertThat(world.execution.copied).isEqualTo(held.get(4)).isBetween(35, 42);
    world.checkAgreed();
  }

  @Test
  void shouldDrainANodeAndRemoveIt() {
    PlanWorld world = world(new Random(1), 20, 5);
    int held = world.perNode(false).get(1);
    OperationRecord drain =
        world.begin(
            BeginOperation.newBuilder()
                .setKind(OperationKind.OPERATION_KIND_DRAIN)
                .setFromNodeId("id-n2"));
    world.converge(LIMITS, 1_000);
    assertThat(world.meta.operation(drain.getOperationId()).getState())
        .isEqualTo(OperationState.OPERATION_STATE_DONE);
    assertThat(world.perNode(false).get(1)).isZero();
    assertThat(world.execution.copied).isBetween(held, held + 3);
    assertThat(world.membersOf(GroupView.META)).doesNotContain("id-n2");
    world.setState("n2", NodeState.NODE_STATE_REMOVED, false);
    assertThat(world.converge(LIMITS, 100)).isZero();
  }

  @Test
  void shouldNotDrainWhatNobodyCanTakeAndSaySo() {
    PlanWorld world = world(new Random(1), 4, 3);
    OperationRecord drain =
        world.begin(
            BeginOperation.newBuilder()
                .setKind(OperationKind.OPERATION_KIND_DRAIN)
                .setFromNodeId("id-n2"));
    world.converge(LIMITS, 100);
    assertThat(world.copiesMin()).isEqualTo(3);
    assertThat(world.round(LIMITS).remarks())
        .anyMatch(remark -> remark.startsWith("node n2 is being drained and holds 5 replicas"));
    world.update(drain.getOperationId(), OperationState.OPERATION_STATE_CANCELLING);
    world.converge(LIMITS, 100);
    assertThat(world.meta.operation(drain.getOperationId()).getState())
        .isEqualTo(OperationState.OPERATION_STATE_CANCELLED);
    assertThat(world.meta.node("id-n2").getState()).isEqualTo(NodeState.NODE_STATE_UP);
  }

  @Test
  void shouldMakeTheReplicasOfADeadNodeAnewAfterTheGraceTime() {
    PlanWorld world = world(new Random(1), 20, 4);
    int held = world.perNode(false).get(2);
    world.set("dead-node-grace-seconds", "100");
    world.down.add("id-n3");
    for (int i = 0; i < 95; i++) {
      world.round(LIMITS);
    }
    assertThat(world.perNode(false)).element(2).isEqualTo(held);
    assertThat(world.execution.copied).isZero();
    world.converge(LIMITS, 1_000);
    assertThat(world.perNode(false)).element(2).isEqualTo(0);
    assertThat(world.copiesMin()).isEqualTo(3);
    assertThat(world.membersOf(GroupView.META)).doesNotContain("id-n3");
    // Those of the meta shard besides.
    assertThat(world.execution.copied).isBetween(held, held + 1);
    world.checkAgreed();
  }

  @Test
  void shouldNotWaitForANodeThatIsRemovedAsDead() {
    PlanWorld world = world(new Random(1), 8, 4);
    world.down.add("id-n3");
    world.setState("n3", NodeState.NODE_STATE_REMOVED, true);
    world.converge(LIMITS, 200);
    assertThat(world.meta.replicasOf("id-n3")).isZero();
    assertThat(world.copiesMin()).isEqualTo(3);
  }

  @Test
  void shouldTakeOutAndInAMemberThatHasNoReplica() {
    PlanWorld world = world(new Random(1), 3, 3);
    String lost = world.leaderOf(1).equals("id-n3") ? "n2" : "n3";
    world.lose(1, lost);
    world.set("lost-replica-grace-seconds", "20");
    world.converge(LIMITS, 100);
    assertThat(world.execution.copied).isZero();
    for (int i = 0; i < 20; i++) {
      world.round(LIMITS);
    }
    world.converge(LIMITS, 100);
    assertThat(world.execution.copied).isEqualTo(1);
    assertThat(world.membersOf(1)).hasSize(3);
    world.checkAgreed();
  }

  @Test
  void shouldCutWhatIsTooLargeAndMergeWhatIsSmallOnlyLater() {
    PlanWorld world = world(new Random(1), 2, 3);
    world.set("split-bytes", "100m");
    world.set("merge-shards-min", "1");
    world.load(1, 350L << 20, 0, 0);
    world.load(2, 90L << 20, 0, 0);
    world.converge(LIMITS, 200);
    assertThat(world.meta.shards()).hasSize(5);
    assertThat(world.meta.operations())
        .filteredOn(row -> row.getKind() == OperationKind.OPERATION_KIND_SPLIT)
        .hasSize(3)
        .allMatch(row -> row.getState() == OperationState.OPERATION_STATE_DONE);
    for (ShardRow row : world.meta.shards()) {
      assertThat(world.bytesOf(row.getShardId())).isLessThanOrEqualTo(100L << 20);
      world.load(row.getShardId(), 1 << 20, 0, 0);
    }
    assertThat(world.meta.shardMap().problems()).isEmpty();
    for (int i = 0; i < 550; i++) {
      world.round(LIMITS);
    }
    assertThat(world.meta.shards()).hasSize(5);
    for (int i = 0; i < 2_500; i++) {
      world.round(LIMITS);
    }
    // Four for each node is more than there are: none merge.
    assertThat(world.meta.shards()).hasSize(5);
  }

  @Test
  void shouldMergeSmallNeighboursDownToWhatIsLeft() {
    PlanWorld world = world(new Random(1), 30, 3);
    world.set("merge-shards-min", "1");
    world.set("merge-cool-down-seconds", "20");
    for (long shard = 1; shard <= 30; shard++) {
      world.load(shard, 1 << 20, 1, 0);
    }
    world.load(7, 40L << 20, 0, 0);
    world.converge(LIMITS, 3_000);
    assertThat(world.meta.shards()).hasSize(12);
    assertThat(world.meta.shard(7).getRemoved()).isFalse();
    assertThat(world.meta.shardMap().problems()).isEmpty();
    assertThat(world.bytesOf(7)).isEqualTo(40L << 20);
    world.checkAgreed();
  }

  @Test
  void shouldCutABusyShardButNotForASingleKey() {
    PlanWorld world = world(new Random(1), 2, 3);
    world.load(1, 1 << 20, 60_000, 0.2);
    world.load(2, 1 << 20, 60_000, 0.9);
    for (int i = 0; i < 25; i++) {
      world.round(LIMITS);
    }
    assertThat(world.meta.shards()).as("too busy for 25 s only").hasSize(2);
    world.converge(LIMITS, 100);
    assertThat(world.meta.shards()).hasSize(3);
    assertThat(Explain.shard(world.view(), 2))
        .anyMatch(sentence -> sentence.contains("single sharding key"));
    // The halves have 30000 each: above the threshold, but after the cool-down only.
    for (int i = 0; i < 100; i++) {
      world.round(LIMITS);
    }
    world.converge(LIMITS, 100);
    assertThat(world.meta.shards()).hasSize(5);
  }

  @Test
  void shouldNotTryAgainAtOnceWhatAShardRefuses() {
    PlanWorld world = world(new Random(1), 1, 3);
    world.execution.refusing = true;
    world.load(1, 1L << 30, 0, 0);
    for (int i = 0; i < 500; i++) {
      world.round(LIMITS);
    }
    assertThat(world.meta.operations()).hasSize(1);
    assertThat(world.meta.operation(1).getState()).isEqualTo(OperationState.OPERATION_STATE_FAILED);
    assertThat(Explain.shard(world.view(), 1))
        .anyMatch(sentence -> sentence.contains("has failed") || sentence.contains("failed"));
  }

  @Test
  void shouldTakeAMergeBackOnceOrFinishIt() {
    for (int stop = 0; stop < 8; stop++) {
      PlanWorld world = world(new Random(stop), 2, 3);
      OperationRecord merge =
          world.begin(
              BeginOperation.newBuilder()
                  .setKind(OperationKind.OPERATION_KIND_MERGE)
                  .setShardId(1));
      for (int i = 0; i < stop; i++) {
        world.round(LIMITS);
      }
      if (world.meta.operation(1).getState() != OperationState.OPERATION_STATE_RUNNING) {
        break;
      }
      world.update(merge.getOperationId(), OperationState.OPERATION_STATE_CANCELLING);
      world.converge(LIMITS, 100);
      OperationState state = world.meta.operation(merge.getOperationId()).getState();
      boolean merged = world.meta.shards().size() == 1;
      assertThat(state)
          .isEqualTo(
              merged
                  ? OperationState.OPERATION_STATE_DONE
                  : OperationState.OPERATION_STATE_CANCELLED);
      // Neither shard is left frozen: what is asked for next is done.
      world.begin(
          BeginOperation.newBuilder().setKind(OperationKind.OPERATION_KIND_SPLIT).setShardId(1));
      world.converge(LIMITS, 100);
      assertThat(world.meta.shards()).hasSize(merged ? 2 : 3);
    }
  }

  @Test
  void shouldMoveThePausedOnlyWhenResumed() {
    PlanWorld world = world(new Random(1), 1, 4);
    String from = world.leaderOf(1);
    String to =
        List.of("id-n1", "id-n2", "id-n3", "id-n4").stream()
            .filter(node -> !world.membersOf(1).contains(node))
            .findFirst()
            .orElseThrow();
    OperationRecord move =
        world.begin(
            BeginOperation.newBuilder()
                .setKind(OperationKind.OPERATION_KIND_MOVE)
                .setShardId(1)
                .setFromNodeId(from)
                .setToNodeId(to));
    world.update(move.getOperationId(), OperationState.OPERATION_STATE_PAUSED);
    assertThat(world.converge(LIMITS, 50)).isZero();
    world.update(move.getOperationId(), OperationState.OPERATION_STATE_RUNNING);
    world.converge(LIMITS, 50);
    assertThat(world.membersOf(1)).contains(to).doesNotContain(from);
    assertThat(world.meta.operation(move.getOperationId()).getState())
        .isEqualTo(OperationState.OPERATION_STATE_DONE);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldReplaceNobodyUntilAMemberThatWasDownHasMadeTheChildOfASplit(boolean itself) {
    PlanWorld world = world(new Random(1), 1, 4);
    String away =
        world.membersOf(1).stream()
            .filter(node -> !node.equals(world.leaderOf(1)))
            .findFirst()
            .orElseThrow();
    String from =
        world.membersOf(1).stream()
            .filter(node -> node.equals(away) == itself && !node.equals(world.leaderOf(1)))
            .findFirst()
            .orElseThrow();
    String to =
        Stream.of("id-n1", "id-n2", "id-n3", "id-n4")
            .filter(node -> !world.membersOf(1).contains(node))
            .findFirst()
            .orElseThrow();
    world.down.add(away);
    OperationRecord split =
        world.begin(
            BeginOperation.newBuilder().setKind(OperationKind.OPERATION_KIND_SPLIT).setShardId(1));
    while (world.meta.shards().size() < 2) {
      world.round(LIMITS);
    }
    OperationRecord move =
        world.begin(
            BeginOperation.newBuilder()
                .setKind(OperationKind.OPERATION_KIND_MOVE)
                .setShardId(1)
                .setFromNodeId(from)
                .setToNodeId(to));
    for (int round = 0; round < 100; round++) {
      world.round(LIMITS);
    }
    assertThat(world.membersOf(1)).contains(from).doesNotContain(to);
    assertThat(world.meta.operation(move.getOperationId()).getPhase())
        .isEqualTo("waiting for members to finish a split");
    world.down.clear();
    world.converge(LIMITS, 100);
    for (OperationRecord operation : List.of(split, move)) {
      assertThat(world.meta.operation(operation.getOperationId()).getState())
          .isEqualTo(OperationState.OPERATION_STATE_DONE);
    }
    assertThat(world.membersOf(1)).contains(to).doesNotContain(from);
    world.checkAgreed();
  }

  @Test
  void shouldMoveTheOnlyCopy() {
    PlanWorld world = new PlanWorld(new Random(1), 3);
    world.join("n2");
    world.begin(
        BeginOperation.newBuilder()
            .setKind(OperationKind.OPERATION_KIND_DRAIN)
            .setFromNodeId("id-n1"));
    world.converge(LIMITS, 200);
    assertThat(world.membersOf(1)).containsExactly("id-n2");
    assertThat(world.meta.replicasOf("id-n1")).isZero();
    world.checkAgreed();
  }

  @Test
  void shouldDropCopiesThatAreNotWantedAnyMore() {
    PlanWorld world = world(new Random(1), 6, 5);
    world.target(5);
    world.converge(LIMITS, 300);
    assertThat(world.copiesMin()).isEqualTo(5);
    world.target(3);
    world.converge(LIMITS, 300);
    for (long shard = 0; shard <= 6; shard++) {
      assertThat(world.membersOf(shard)).hasSize(3);
    }
    assertThat(Collections.max(world.perNode(false))).isLessThanOrEqualTo(5);
    world.checkAgreed();
  }

  /** Everything at once, with steps that fail, reports that are late and nodes that die. */
  @Test
  void shouldArriveWhateverHappensOnTheWay() {
    Random random = Seed.random("ReshapingPlanTest");
    for (int run = 0; run < 25; run++) {
      int nodes = 4 + random.nextInt(4);
      PlanWorld world = world(random, 1 + random.nextInt(12), nodes);
      world.set("dead-node-grace-seconds", "60");
      world.set("lost-replica-grace-seconds", "10");
      world.set("merge-shards-min", "1");
      world.set("merge-cool-down-seconds", "5");
      world.set("split-bytes", "100m");
      world.trouble = 0.2;
      String dead = null;
      for (int round = 0; round < 150; round++) {
        disturb(random, world, dead == null);
        if (dead == null && random.nextInt(50) == 0 && world.isNothingLost()) {
          dead = "id-n" + (2 + random.nextInt(nodes - 1));
        }
        world.down.clear();
        if (dead != null) {
          world.down.add(dead);
        } else if (random.nextInt(5) == 0) {
          world.down.add("id-n" + (1 + random.nextInt(nodes)));
        }
        world.round(LIMITS);
        assertThat(world.meta.shardMap().problems()).isEmpty();
      }
      world.trouble = 0;
      world.down.clear();
      if (dead != null) {
        world.down.add(dead);
      }
      world.meta.operations().stream()
          .filter(row -> row.getState() == OperationState.OPERATION_STATE_PAUSED)
          .forEach(
              row -> world.update(row.getOperationId(), OperationState.OPERATION_STATE_RUNNING));
      // Longer than any grace time and cool-down.
      for (int round = 0; round < 700; round++) {
        world.round(LIMITS);
      }
      world.converge(LIMITS, 2_000);
      assertThat(world.copiesMin()).as("%s", world.stateText()).isEqualTo(3);
      assertThat(OperationSteps.open(world.view()))
          .allMatch(row -> row.getKind() == OperationKind.OPERATION_KIND_DRAIN);
      assertThat(world.meta.shardMap().problems()).isEmpty();
      if (dead != null) {
        assertThat(world.meta.replicasOf(dead)).isZero();
      }
      world.checkAgreed();
    }
  }

  private static void disturb(Random random, PlanWorld world, boolean mayLose) {
    List<ShardRow> rows = List.copyOf(world.meta.shards());
    ShardRow row = rows.get(random.nextInt(rows.size()));
    List<OperationRecord> operations = OperationSteps.open(world.view());
    switch (random.nextInt(12)) {
      case 0 -> world.load(row.getShardId(), (long) random.nextInt(400) << 20, 0, 0);
      case 1 -> world.load(row.getShardId(), 1 << 20, 0, 0);
      case 2 -> {
        if (!operations.isEmpty()) {
          OperationRecord one = operations.get(random.nextInt(operations.size()));
          if (one.getState() == OperationState.OPERATION_STATE_RUNNING) {
            world.update(
                one.getOperationId(),
                random.nextBoolean()
                    ? OperationState.OPERATION_STATE_PAUSED
                    : OperationState.OPERATION_STATE_CANCELLING);
          } else if (one.getState() == OperationState.OPERATION_STATE_PAUSED) {
            world.update(one.getOperationId(), OperationState.OPERATION_STATE_RUNNING);
          }
        }
      }
      case 3 -> {
        String member = row.getReplicaNodeIds(random.nextInt(row.getReplicaNodeIdsCount()));
        if (row.getReplicaNodeIdsCount() == 3
            && !member.equals(world.leaderOf(row.getShardId()))
            && world.down.isEmpty()
            && mayLose) {
          // Two replicas of three that are gone are gone.
          world.loseIfSafe(row.getShardId(), member);
        }
      }
      default -> {}
    }
  }
}
