package io.henge.router.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.internal.v1.BeginOperation;
import io.henge.api.internal.v1.FormCluster;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RegisterNode;
import io.henge.api.internal.v1.SetNodeState;
import io.henge.api.internal.v1.SetSetting;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.internal.v1.UpdateOperation;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.api.v1.RequestId;
import io.henge.router.meta.MetaSettings;
import io.henge.router.meta.MetaState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.NullUnmarked;

/** A cluster without substance: what a planner sees of one, and what becomes of its operations. */
@NullUnmarked
final class PlanWorld {
  final Random random;
  MetaState meta = MetaState.EMPTY;
  final Set<String> down = new HashSet<>();
  private final Map<Long, SimulatedGroup> groups = new TreeMap<>();
  private Map<Long, GroupView> reported = new HashMap<>();
  private long sequence;

  /** Chance that an operation is cut short, a report is late, a leader changes; 0 = calm. */
  double trouble;

  /** Cluster time; a round takes a second. */
  long clock = 1_000_000;

  double latencyRatio = 1;
  private final Map<String, Long> downSince = new HashMap<>();
  final PlanExecution execution = new PlanExecution(this, groups);

  PlanWorld(Random random, int shards) {
    this.random = random;
    done(
        MetaCommand.newBuilder()
            .setFormCluster(
                FormCluster.newBuilder()
                    .setClusterId("c1")
                    .setFirstNode(node("n1", "z1", 100))
                    .setShards(shards)));
    found(GroupView.META, "n1");
    for (ShardRow shard : meta.shards()) {
      found(shard.getShardId(), "n1");
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

  private void found(long id, String name) {
    SimulatedGroup group = new SimulatedGroup();
    group.members = List.of("id-" + name);
    group.leader = "id-" + name;
    group.hosts.add("id-" + name);
    ShardRow row = meta.shard(id);
    if (row != null) {
      group.start = row.getStart();
      group.end = row.getEnd();
    }
    groups.put(id, group);
  }

  /** Forgets what a node holds of a shard, behind everybody's back. */
  void lose(long shard, String name) {
    groups.get(shard).hosts.remove("id-" + name);
    groups.get(shard).seedless.add("id-" + name);
  }

  /** The same where a majority keeps its replicas; what is lost at once by too many is lost. */
  void loseIfSafe(long shard, String node) {
    SimulatedGroup group = groups.get(shard);
    if (group.members.size() == 3
        && group.members.contains(node)
        && group.hosts.containsAll(group.members)) {
      group.hosts.remove(node);
      group.seedless.add(node);
    }
  }

  /** For messages. */
  String stateText() {
    StringBuilder text = new StringBuilder("down " + down + "\n");
    groups.forEach(
        (id, group) ->
            text.append(id + ": " + group.members + " led by " + group.leader)
                .append(" on " + group.hosts + ", meta says " + meta.shard(id) + "\n"));
    meta.cluster().getMetaNodeIdsList().forEach(node -> text.append("meta " + node + "\n"));
    return text.append(meta.cluster().getMetaJoiningNodeIdsList()).toString();
  }

  boolean isNothingLost() {
    return groups.values().stream()
        .allMatch(group -> group.members.size() > 2 && group.hosts.containsAll(group.members));
  }

  void load(long shard, long bytes, double perSecond, double hottest) {
    SimulatedGroup group = groups.get(shard);
    group.bytes = bytes;
    group.perSecond = perSecond;
    group.hottest = hottest;
  }

  long bytesOf(long shard) {
    return groups.get(shard).bytes;
  }

  String leaderOf(long shard) {
    return groups.get(shard).leader;
  }

  void set(String name, String value) {
    done(
        MetaCommand.newBuilder()
            .setSetSetting(SetSetting.newBuilder().setName(name).setValue(value)));
  }

  OperationRecord begin(BeginOperation.Builder begin) {
    MetaResult result = apply(MetaCommand.newBuilder().setBeginOperation(begin.setAtMillis(clock)));
    assertThat(result.getCode()).as(result.getMessage()).isZero();
    return result.getOperation();
  }

  void update(long operation, OperationState state) {
    done(
        MetaCommand.newBuilder()
            .setUpdateOperation(
                UpdateOperation.newBuilder()
                    .setOperationId(operation)
                    .setState(state)
                    .setAtMillis(clock)));
  }

  void setState(String name, NodeState state, boolean dead) {
    done(
        MetaCommand.newBuilder()
            .setSetNodeState(
                SetNodeState.newBuilder().setNodeId("id-" + name).setState(state).setDead(dead)));
  }

  private void done(MetaCommand.Builder command) {
    MetaResult result = apply(command);
    assertThat(result.getCode()).as(result.getMessage()).isZero();
  }

  MetaResult apply(MetaCommand.Builder command) {
    var applied =
        meta.apply(command.setRequestId(RequestId.newBuilder().setSequence(++sequence)).build());
    meta = applied.state();
    return applied.result();
  }

  ClusterView view() {
    Map<String, NodeView> nodes = new HashMap<>();
    meta.nodes()
        .forEach(
            node -> {
              String id = node.getNodeId();
              long silent = down.contains(id) ? clock - downSince.getOrDefault(id, clock) : 0;
              nodes.put(id, new NodeView(id, !down.contains(id), silent, latencyRatio));
            });
    Map<Long, GroupView> now = new HashMap<>();
    groups.forEach(
        (id, group) -> {
          GroupView old = reported.get(id);
          boolean late = old != null && isTroubled();
          now.put(id, late ? old : view(id, group));
        });
    reported = now;
    return new ClusterView(meta, nodes, now, clock);
  }

  private GroupView view(long id, SimulatedGroup group) {
    if (group.leader == null || down.contains(group.leader)) {
      return GroupView.unknown(id);
    }
    Set<String> hosts = new HashSet<>(group.hosts);
    hosts.removeAll(down);
    Set<String> near = new HashSet<>(group.members);
    near.retainAll(hosts);
    Map<String, Long> lost = new HashMap<>();
    group.lostSince.forEach((node, since) -> lost.put(node, clock - since));
    return new GroupView(
        id,
        group.leader,
        group.members,
        group.confIndex,
        true,
        hosts,
        near,
        group.sinceElection > 3,
        group.report(id),
        new GroupView.Since(
            clock - group.rangeSince, group.busySince < 0 ? 0 : clock - group.busySince, lost));
  }

  /** One round: things happen, a plan is made and carried out. */
  Plan round(PlanLimits limits) {
    clock += 1_000;
    hostWhatIsAnnounced();
    makeChildren();
    dropWhatIsNotHeld();
    elect();
    remember();
    ClusterView view = view();
    Plan plan = Planner.plan(view, limits);
    PlanInvariants.check(view, plan, limits);
    for (Operation operation : plan.operations()) {
      if (!isTroubled()) {
        execution.carryOut(operation);
      }
    }
    return plan;
  }

  /** For how long things have been so. */
  private void remember() {
    meta.nodes()
        .forEach(
            node -> {
              if (down.contains(node.getNodeId())) {
                downSince.putIfAbsent(node.getNodeId(), clock);
              } else {
                downSince.remove(node.getNodeId());
              }
            });
    MetaSettings settings = MetaSettings.of(meta.cluster());
    groups.forEach(
        (id, group) -> {
          boolean busy = RangePlanner.isBusy(settings, group.perSecond, 0);
          group.busySince = busy ? Math.max(group.busySince, 0) : -1;
          if (busy && group.busySince == 0) {
            group.busySince = clock;
          }
          group.lostSince.keySet().removeIf(node -> !group.isLost(node, down));
          for (String node : group.members) {
            if (group.isLost(node, down)) {
              group.lostSince.putIfAbsent(node, clock);
            }
          }
        });
  }

  /** For so long that nobody waits for it any more. */
  boolean isDead(String node) {
    long grace = MetaSettings.of(meta.cluster()).number(MetaSettings.DEAD_NODE_GRACE) * 1_000;
    return meta.node(node).getState() == NodeState.NODE_STATE_REMOVED
        || (down.contains(node) && clock - downSince.getOrDefault(node, clock) > grace);
  }

  /** Whether something goes wrong this time. */
  boolean isTroubled() {
    return random.nextDouble() < trouble;
  }

  /** A node deletes what meta says it does not hold; never what its own group still counts on. */
  private void dropWhatIsNotHeld() {
    for (ShardRow row : meta.allShards()) {
      SimulatedGroup group = groups.get(row.getShardId());
      if (row.getRemoved()) {
        groups.remove(row.getShardId());
      } else if (group != null) {
        group.hosts.removeIf(
            node ->
                !down.contains(node)
                    && !row.getReplicaNodeIdsList().contains(node)
                    && !row.getJoiningNodeIdsList().contains(node)
                    && !group.members.contains(node));
      }
    }
  }

  private void hostWhatIsAnnounced() {
    Map<Long, List<String>> joining = new HashMap<>();
    joining.put(GroupView.META, meta.cluster().getMetaJoiningNodeIdsList());
    meta.shards().forEach(shard -> joining.put(shard.getShardId(), shard.getJoiningNodeIdsList()));
    joining.forEach(
        (id, nodes) ->
            nodes.stream()
                .filter(node -> !down.contains(node) && !isTroubled())
                .forEach(node -> Objects.requireNonNull(groups.get(id)).hosts.add(node)));
  }

  /** Whoever holds a replica of the parent makes one of the child from it. */
  private void makeChildren() {
    for (SimulatedGroup parent : groups.values()) {
      parent.children.forEach(
          (id, birth) -> {
            SimulatedGroup child = groups.get(id);
            if (child != null) {
              birth.getNodeIdsList().stream()
                  .filter(node -> !down.contains(node) && parent.hosts.contains(node))
                  .filter(node -> child.members.contains(node) && !child.seedless.contains(node))
                  .forEach(child.hosts::add);
            }
          });
    }
  }

  private void elect() {
    for (SimulatedGroup group : groups.values()) {
      group.sinceElection++;
      List<String> up =
          group.members.stream()
              .filter(node -> !down.contains(node) && group.hosts.contains(node))
              .toList();
      boolean lost = group.leader == null || down.contains(group.leader);
      if (up.size() * 2 <= group.members.size()) {
        group.leader = null;
      } else if (lost || random.nextDouble() < trouble / 10) {
        group.leader = up.get(random.nextInt(up.size()));
        group.sinceElection = 0;
      }
    }
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
    return groups.values().stream().mapToInt(group -> group.members.size()).min().orElseThrow();
  }

  /** How many shards each node leads, or holds. */
  List<Integer> perNode(boolean leaders) {
    Map<String, Integer> counts = new TreeMap<>();
    meta.nodes().forEach(node -> counts.put(node.getNodeId(), 0));
    groups.forEach(
        (id, group) -> {
          if (id != GroupView.META) {
            List<String> nodes = leaders ? List.of(group.leader) : group.members;
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
