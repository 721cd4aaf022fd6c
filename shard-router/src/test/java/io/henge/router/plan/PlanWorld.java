package io.henge.router.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.internal.v1.FormCluster;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RegisterNode;
import io.henge.api.internal.v1.SetSetting;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.RequestId;
import io.henge.router.meta.MetaState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.NullUnmarked;

/** A cluster without substance: what a planner sees of one, and what becomes of its operations. */
@NullUnmarked
final class PlanWorld {
  /** What is really so in a group, whatever meta says. */
  private static final class Truth {
    List<String> members;
    String leader;
    long confIndex = 1;
    int sinceElection = 100;
    final Set<String> hosts = new HashSet<>();
  }

  final Random random;
  MetaState meta = MetaState.EMPTY;
  final Set<String> down = new HashSet<>();
  private final Map<Long, Truth> groups = new TreeMap<>();
  private Map<Long, GroupView> reported = new HashMap<>();
  private long sequence;

  /** Chance that an operation is cut short, a report is late, a leader changes; 0 = calm. */
  double trouble;

  int transfers;

  PlanWorld(Random random, int shards) {
    this.random = random;
    done(
        MetaCommand.newBuilder()
            .setFormCluster(
                FormCluster.newBuilder()
                    .setClusterId("c1")
                    .setFirstNode(node("n1", "z1", 100))
                    .setShards(shards)));
    truth(GroupView.META, "n1");
    for (ShardRow shard : meta.shards()) {
      truth(shard.getShardId(), "n1");
    }
  }

  static NodeRecord node(String name, String zone, int weight) {
    return NodeRecord.newBuilder()
        .setNodeId("id-" + name)
        .setName(name)
        .setClientAddress(name + ":1")
        .setRaftAddress(name + ":2")
        .setZone(zone)
        .setWeight(weight)
        .setFeatureLevel(1)
        .build();
  }

  void join(String name, String zone, int weight) {
    done(
        MetaCommand.newBuilder()
            .setRegisterNode(RegisterNode.newBuilder().setNode(node(name, zone, weight))));
  }

  void join(String... names) {
    for (String name : names) {
      join(name, "z1", 100);
    }
  }

  void target(int copies) {
    done(
        MetaCommand.newBuilder()
            .setSetSetting(
                SetSetting.newBuilder().setName("replication-target").setValue("" + copies)));
  }

  private void truth(long id, String name) {
    Truth truth = new Truth();
    truth.members = List.of("id-" + name);
    truth.leader = "id-" + name;
    truth.hosts.add("id-" + name);
    groups.put(id, truth);
  }

  private void done(MetaCommand.Builder command) {
    MetaResult result = apply(command);
    assertThat(result.getCode()).as(result.getMessage()).isZero();
  }

  private MetaResult apply(MetaCommand.Builder command) {
    var applied =
        meta.apply(command.setRequestId(RequestId.newBuilder().setSequence(++sequence)).build());
    meta = applied.state();
    return applied.result();
  }

  ClusterView view() {
    Map<String, NodeView> nodes = new HashMap<>();
    meta.nodes()
        .forEach(
            node ->
                nodes.put(
                    node.getNodeId(),
                    new NodeView(node.getNodeId(), !down.contains(node.getNodeId()))));
    Map<Long, GroupView> now = new HashMap<>();
    groups.forEach(
        (id, truth) -> {
          GroupView old = reported.get(id);
          boolean late = old != null && random.nextDouble() < trouble;
          now.put(id, late ? old : view(id, truth));
        });
    reported = now;
    return new ClusterView(meta, nodes, now);
  }

  private GroupView view(long id, Truth truth) {
    if (truth.leader == null || down.contains(truth.leader)) {
      return GroupView.unknown(id);
    }
    Set<String> hosts = new HashSet<>(truth.hosts);
    hosts.removeAll(down);
    Set<String> near = new HashSet<>(truth.members);
    near.removeAll(down);
    return new GroupView(
        id,
        truth.leader,
        truth.members,
        truth.confIndex,
        true,
        hosts,
        near,
        truth.sinceElection > 3);
  }

  /** One round: things happen, a plan is made and carried out. */
  Plan round(PlanLimits limits) {
    hostWhatIsAnnounced();
    elect();
    ClusterView view = view();
    Plan plan = Planner.plan(view, limits);
    check(view, plan, limits);
    for (Operation operation : plan.operations()) {
      if (random.nextDouble() >= trouble) {
        carryOut(operation);
      }
    }
    return plan;
  }

  private void hostWhatIsAnnounced() {
    Map<Long, List<String>> joining = new HashMap<>();
    joining.put(GroupView.META, meta.cluster().getMetaJoiningNodeIdsList());
    meta.shards().forEach(shard -> joining.put(shard.getShardId(), shard.getJoiningNodeIdsList()));
    joining.forEach(
        (id, nodes) ->
            nodes.stream()
                .filter(node -> !down.contains(node) && random.nextDouble() >= trouble)
                .forEach(groups.get(id).hosts::add));
  }

  private void elect() {
    for (Truth truth : groups.values()) {
      truth.sinceElection++;
      List<String> up = truth.members.stream().filter(node -> !down.contains(node)).toList();
      boolean lost = truth.leader == null || down.contains(truth.leader);
      if (up.size() * 2 <= truth.members.size()) {
        truth.leader = null;
      } else if (lost || random.nextDouble() < trouble / 10) {
        truth.leader = up.get(random.nextInt(up.size()));
        truth.sinceElection = 0;
      }
    }
  }

  private void carryOut(Operation operation) {
    Truth truth = groups.get(operation.group());
    if (operation instanceof Operation.Prepare prepare) {
      prepare.commands().forEach(this::apply);
    } else if (operation instanceof Operation.Abandon abandon) {
      apply(abandon.command());
    } else if (operation instanceof Operation.Confirm confirm) {
      apply(confirm.command());
    } else if (operation instanceof Operation.ChangeMembers change) {
      changeMembers(truth, change);
    } else if (operation instanceof Operation.TransferLeader transfer) {
      transfers++;
      if (transfer.from().equals(truth.leader)
          && truth.members.contains(transfer.to())
          && !down.contains(transfer.to())) {
        truth.leader = transfer.to();
        truth.sinceElection = 0;
      }
    }
  }

  private void changeMembers(Truth truth, Operation.ChangeMembers change) {
    if (!change.leader().equals(truth.leader) || !change.from().equals(truth.members)) {
      return;
    }
    for (List<String> step : change.steps()) {
      String newcomer = step.get(step.size() - 1);
      if (down.contains(newcomer) || random.nextDouble() < trouble) {
        return;
      }
      assertThat(truth.hosts).as("a member without a replica").contains(newcomer);
      truth.members = step.stream().sorted().toList();
      truth.confIndex += 3;
    }
  }

  /** What holds of every plan. */
  private static void check(ClusterView view, Plan plan, PlanLimits limits) {
    assertThat(plan.operations()).extracting(Operation::group).doesNotHaveDuplicates();
    int changes = 0;
    int transfers = 0;
    for (Operation operation : plan.operations()) {
      assertThat(operation.reason()).isNotBlank();
      if (operation instanceof Operation.ChangeMembers change) {
        changes++;
        assertThat(change.to().size() % 2).as("%s", change).isEqualTo(1);
        assertThat(change.to()).startsWith(change.from().toArray(String[]::new));
        assertThat(view.group(change.group()).hosts()).containsAll(change.to());
        assertThat(change.to().subList(change.from().size(), change.to().size()))
            .allMatch(view::isReachable);
        assertThat(change.steps()).hasSize(change.to().size() - change.from().size());
      } else if (operation instanceof Operation.TransferLeader transfer) {
        transfers++;
        assertThat(view.isReachable(transfer.to())).isTrue();
        assertThat(view.group(transfer.group()).members()).contains(transfer.to());
      }
    }
    assertThat(changes).isLessThanOrEqualTo(limits.changesMax());
    assertThat(transfers).isLessThanOrEqualTo(Math.max(limits.transfersMax(), 4));
  }

  /**
   * Rounds until a plan has no operations and everything is as agreed; fails after {@code most}.
   */
  int converge(PlanLimits limits, int most) {
    int quiet = 0;
    for (int round = 1; round <= most; round++) {
      quiet = round(limits).operations().isEmpty() ? quiet + 1 : 0;
      // Longer than a leader takes to settle.
      if (quiet == 10) {
        return round - quiet;
      }
    }
    throw new AssertionError("still not quiet after " + most + " rounds: " + view());
  }

  List<String> membersOf(long group) {
    return groups.get(group).members;
  }

  int copiesMin() {
    return groups.values().stream().mapToInt(truth -> truth.members.size()).min().orElseThrow();
  }

  /** How many shards each node leads, or holds. */
  List<Integer> perNode(boolean leaders) {
    Map<String, Integer> counts = new TreeMap<>();
    meta.nodes().forEach(node -> counts.put(node.getNodeId(), 0));
    groups.forEach(
        (id, truth) -> {
          if (id != GroupView.META) {
            List<String> nodes = leaders ? List.of(truth.leader) : truth.members;
            nodes.forEach(node -> counts.merge(node, 1, Integer::sum));
          }
        });
    return new ArrayList<>(counts.values());
  }

  /** What meta says is what is so. */
  void checkAgreed() {
    assertThat(new TreeSet<>(meta.cluster().getMetaNodeIdsList()))
        .isEqualTo(new TreeSet<>(membersOf(GroupView.META)));
    for (ShardRow shard : meta.shards()) {
      assertThat(new TreeSet<>(shard.getReplicaNodeIdsList()))
          .isEqualTo(new TreeSet<>(membersOf(shard.getShardId())));
      assertThat(shard.getJoiningNodeIdsList()).isEmpty();
    }
  }
}
