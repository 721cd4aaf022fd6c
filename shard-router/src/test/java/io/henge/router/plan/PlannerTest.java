package io.henge.router.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.router.meta.MetaState;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class PlannerTest {
  private static final PlanLimits LIMITS = PlanLimits.DEFAULT;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 16, 64})
  void shouldGrowFromOneNodeToFive(int shards) {
    PlanWorld world = new PlanWorld(new Random(1), shards);
    assertThat(world.converge(LIMITS, 20)).isZero();
    world.join("n2");
    assertThat(world.converge(LIMITS, 20)).isZero();
    assertThat(world.copiesMin()).isEqualTo(1);

    world.join("n3");
    // Each group: prepare, change, confirm; the meta shard before all others; then leaders.
    int rounds = world.converge(LIMITS, 1_000);
    assertThat(rounds).isLessThan(12 + shards * 2);
    assertThat(world.copiesMin()).isEqualTo(3);
    assertThat(world.perNode(false)).containsExactly(shards, shards, shards);
    assertThat(spread(world.perNode(true))).isLessThanOrEqualTo(1);
    assertThat(world.execution.transfers).isEqualTo(shards - (shards + 2) / 3);
    world.checkAgreed();

    world.join("n4", "n5");
    world.converge(LIMITS, 1_000);
    assertThat(world.copiesMin()).isEqualTo(3);
    assertThat(spread(world.perNode(false))).isLessThanOrEqualTo(2);
    world.target(5);
    world.converge(LIMITS, 1_000);
    assertThat(world.copiesMin()).isEqualTo(5);
    assertThat(spread(world.perNode(true))).isLessThanOrEqualTo(1);
    world.checkAgreed();
  }

  @Test
  void shouldRaiseTheMetaShardFirstAndOnlyWhenBothNewcomersAnswer() {
    PlanWorld world = new PlanWorld(new Random(1), 1);
    world.join("n2", "n3");
    Operation.Prepare prepare = (Operation.Prepare) only(world.round(LIMITS));
    assertThat(prepare.group()).isEqualTo(GroupView.META);
    assertThat(prepare.added()).containsExactlyInAnyOrder("id-n2", "id-n3");
    world.down.add("id-n3");
    for (int i = 0; i < 5; i++) {
      Plan waiting = world.round(LIMITS);
      assertThat(waiting.operations()).isEmpty();
      assertThat(waiting.remarks())
          .anyMatch(remark -> remark.contains("n3 (n3:1) cannot be reached"));
    }
    world.down.clear();
    Operation.ChangeMembers change = (Operation.ChangeMembers) only(world.round(LIMITS));
    assertThat(change.steps())
        .hasSize(2)
        .first()
        .satisfies(step -> assertThat(step).hasSize(2).startsWith("id-n1"));
    Operation.Confirm confirm = (Operation.Confirm) only(world.round(LIMITS));
    assertThat(confirm.group()).isEqualTo(GroupView.META);
    assertThat(only(world.round(LIMITS)).group()).isEqualTo(1);
  }

  @Test
  void shouldTakeAnotherNodeForOneThatNeverCame() {
    PlanWorld world = new PlanWorld(new Random(1), 3);
    world.join("n2", "n3");
    world.round(LIMITS);
    world.down.add("id-n3");
    world.join("n4");
    world.converge(LIMITS, 60);
    assertThat(world.copiesMin()).isEqualTo(3);
    assertThat(world.membersOf(1)).containsExactlyInAnyOrder("id-n1", "id-n2", "id-n4");
    world.checkAgreed();
  }

  @Test
  void shouldNotGiveUpAWaitWhenANodeBlinks() {
    PlanWorld world = new PlanWorld(new Random(1), 1);
    world.join("n2", "n3");
    world.round(LIMITS);
    world.down.add("id-n2");
    assertThat(world.round(LIMITS).operations()).isEmpty();
    assertThat(world.meta.cluster().getMetaJoiningNodeIdsList()).hasSize(2);
  }

  @Test
  void shouldFinishWhatStoppedHalfWay() {
    PlanWorld world = new PlanWorld(new Random(1), 1);
    world.join("n2", "n3");
    world.round(LIMITS);
    // The change of members is asked for when both answer, but one is gone by then.
    ClusterView seen = world.view();
    world.down.add("id-n3");
    world.round(LIMITS);
    world.down.clear();
    assertThat(seen.isReachable("id-n3")).isTrue();
    world.converge(LIMITS, 60);
    assertThat(world.copiesMin()).isEqualTo(3);
    world.checkAgreed();
  }

  /** Nodes go and come, operations fail, reports are late; then there is calm. */
  @Test
  void shouldArriveWhateverHappensOnTheWay() {
    Random random = Seed.random("PlannerTest");
    for (int run = 0; run < Integer.getInteger("test.runs", 60); run++) {
      int shards = 1 + random.nextInt(30);
      PlanWorld world = new PlanWorld(random, shards);
      world.trouble = 0.3;
      int nodes = 3 + random.nextInt(4);
      for (int round = 0; round < 60; round++) {
        if (world.meta.nodes().size() < nodes && random.nextInt(4) == 0) {
          world.join("n" + (world.meta.nodes().size() + 1));
        }
        if (world.down.isEmpty() && random.nextInt(6) == 0) {
          world.down.add("id-n" + (1 + random.nextInt(world.meta.nodes().size())));
        } else if (random.nextInt(3) == 0) {
          world.down.clear();
        }
        world.round(LIMITS);
      }
      world.down.clear();
      world.trouble = 0;
      while (world.meta.nodes().size() < nodes) {
        world.join("n" + (world.meta.nodes().size() + 1));
      }
      world.converge(LIMITS, 300);
      assertThat(world.copiesMin()).isEqualTo(3);
      world.checkAgreed();
    }
  }

  @Test
  void shouldSpreadReplicasAndLeadersOverManyNodes() {
    PlanWorld world = new PlanWorld(new Random(1), 64);
    world.join("n2", "n3", "n4", "n5");
    world.converge(LIMITS, 1_000);
    // The first node had one of each, and has given to the others: 64 * 3 / 5.
    assertThat(world.perNode(false)).allMatch(count -> count >= 37 && count <= 40);
    assertThat(spread(world.perNode(true))).isLessThanOrEqualTo(1);
    world.checkAgreed();
  }

  @Test
  void shouldRespectWeights() {
    PlanWorld world = new PlanWorld(new Random(1), 60);
    world.join("n2", "z1", 100);
    world.join("n3", "z1", 200);
    world.join("n4", "z1", 100);
    world.converge(LIMITS, 1_000);
    // The third one cannot hold more than one copy of each.
    assertThat(world.perNode(false)).element(2).isEqualTo(60);
    assertThat(world.perNode(false)).allMatch(count -> count >= 38);
    // By weight 12, 12, 24, 12.
    assertThat(world.perNode(true)).containsExactly(12, 12, 24, 12);
  }

  @Test
  void shouldKeepCopiesInAllZones() {
    PlanWorld world = new PlanWorld(new Random(1), 24);
    world.join("n2", "z1", 100);
    world.join("n3", "z2", 100);
    world.join("n4", "z2", 100);
    world.join("n5", "z3", 100);
    world.converge(LIMITS, 1_000);
    for (long shard = 1; shard <= 24; shard++) {
      List<String> members = world.membersOf(shard);
      assertThat(members)
          .contains("id-n5")
          .containsAnyOf("id-n1", "id-n2")
          .containsAnyOf("id-n3", "id-n4");
    }
    assertThat(world.perNode(false)).containsExactly(12, 12, 12, 12, 24);
    assertThat(new HashSet<>(world.membersOf(GroupView.META))).contains("id-n5");
  }

  @Test
  void shouldLetLeadershipRestOnceItIsSpread() {
    Random random = Seed.random("PlannerTest.rest");
    PlanWorld world = new PlanWorld(random, 32);
    world.join("n2", "n3", "n4");
    world.converge(LIMITS, 1_000);
    int before = world.execution.transfers;
    for (int i = 0; i < 200; i++) {
      assertThat(world.round(LIMITS).operations()).isEmpty();
    }
    assertThat(world.execution.transfers).isEqualTo(before);
    // A node dies and comes back: what it led goes elsewhere, then about its share comes back,
    // once.
    world.down.add("id-n2");
    world.converge(LIMITS, 1_000);
    int away = world.execution.transfers;
    world.down.clear();
    world.converge(LIMITS, 1_000);
    assertThat(world.execution.transfers - away).isLessThanOrEqualTo(11);
    assertThat(spread(world.perNode(true))).isLessThanOrEqualTo(1);
  }

  @Test
  void shouldMoveLeadersByAChainWhereNoSingleMoveHelps() {
    PlanWorld world = new PlanWorld(new Random(1), 6);
    world.join("n2", "n3");
    world.converge(LIMITS, 100);
    // n1 and n3 share no shard: n1 leads 3, n2 leads 2, n3 leads 1.
    Map<Long, List<String>> members =
        Map.of(
            1L, List.of("id-n1", "id-n2"),
            2L, List.of("id-n1", "id-n2"),
            3L, List.of("id-n1", "id-n2"),
            4L, List.of("id-n2", "id-n3"),
            5L, List.of("id-n2", "id-n3"),
            6L, List.of("id-n3", "id-n2"));
    List<Group> shards =
        members.entrySet().stream()
            .sorted(Map.Entry.comparingByKey())
            .map(entry -> group(entry.getKey(), entry.getValue()))
            .toList();
    List<Operation> moves =
        new LeaderBalance(world.view().usableNodes(), shards, shards, 2, Map.of())
            .transfers(LIMITS);
    assertThat(moves)
        .extracting(move -> ((Operation.TransferLeader) move).from())
        .containsExactly("id-n2", "id-n1");
  }

  @Test
  void shouldExplainToTheOperator() {
    PlanWorld world = new PlanWorld(new Random(1), 3);
    assertThat(Planner.plan(new ClusterView(MetaState.EMPTY, Map.of(), Map.of()), LIMITS).remarks())
        .containsExactly("the cluster has not been formed yet");
    assertThat(world.round(LIMITS).remarks())
        .singleElement()
        .asString()
        .startsWith("1 node is in service: every shard has 1 copy")
        .endsWith("With 3 nodes, replication rises to 3 by itself.");
    world.join("n2");
    assertThat(world.round(LIMITS).remarks())
        .singleElement()
        .asString()
        .contains("2 nodes are in service")
        .contains("Two copies would be worse");
    world.join("n3");
    assertThat(world.round(LIMITS).remarks())
        .containsExactly("4 of 4 groups have fewer than 3 copies; they are being raised.");
    assertThat(world.round(LIMITS).remarks().get(0)).doesNotContain("waiting");
    world.converge(LIMITS, 100);
    assertThat(world.round(LIMITS).remarks()).isEmpty();
    world.down.add("id-n3");
    assertThat(world.round(LIMITS).remarks())
        .containsExactly(
            "node n3 (n3:1) cannot be reached: 3 shards have one copy less, and so has the meta"
                + " shard.");
    world.down.add("id-n2");
    world.round(LIMITS);
    assertThat(world.round(LIMITS).remarks())
        .contains("no leader has reported of the meta shard, shards 1, 2, 3.");
    world.down.clear();
    world.target(5);
    world.join("n4");
    assertThat(world.round(LIMITS).remarks())
        .contains(
            "4 nodes are in service: shards have 3 copies, not 5; with 5 nodes there will be 5.");
  }

  private static Group group(long id, List<String> members) {
    GroupView view =
        new GroupView(
            id,
            members.get(0),
            members,
            1,
            true,
            new HashSet<>(members),
            new HashSet<>(members),
            true);
    return new Group(id, members, List.of(), 1, 1, view);
  }

  private static Operation only(Plan plan) {
    assertThat(plan.operations()).hasSize(1);
    return plan.operations().get(0);
  }

  private static int spread(List<Integer> counts) {
    return Collections.max(counts) - Collections.min(counts);
  }
}
