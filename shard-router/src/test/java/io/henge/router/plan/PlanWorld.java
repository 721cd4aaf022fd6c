package io.henge.router.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.henge.api.internal.v1.BeginOperation;
import io.henge.api.internal.v1.ChildReport;
import io.henge.api.internal.v1.FormCluster;
import io.henge.api.internal.v1.MergeShardRequest;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RegisterNode;
import io.henge.api.internal.v1.SetNodeState;
import io.henge.api.internal.v1.SetSetting;
import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.internal.v1.SplitShardRequest;
import io.henge.api.internal.v1.UpdateOperation;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.api.v1.RequestId;
import io.henge.router.meta.MetaSettings;
import io.henge.router.meta.MetaState;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
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
  /** What is really so in a group, whatever meta says. */
  private static final class Truth {
    List<String> members;
    String leader;
    long confIndex = 1;
    int sinceElection = 100;
    final Set<String> hosts = new HashSet<>();
    long epoch = 1;
    ByteString start = ByteString.EMPTY;
    ByteString end = ByteString.EMPTY;
    long bytes;
    double perSecond;
    double hottest;
    long rangeSince;
    long busySince = -1;
    final Map<Long, ChildReport> children = new TreeMap<>();
    boolean untrimmed;
    long last;
    long frozenBy;
    long absorbingBy;
    final Map<String, Long> lostSince = new HashMap<>();

    /** Members that cannot make a replica from that of the parent. */
    final Set<String> seedless = new HashSet<>();
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

  /** Replicas that have been copied from node to node. */
  int copied;

  /** Cluster time; a round takes a second. */
  long clock = 1_000_000;

  double latencyRatio = 1;
  private final Map<String, Long> downSince = new HashMap<>();

  /** Operations that shards refuse for good. */
  boolean refusing;

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
    ShardRow row = meta.shard(id);
    if (row != null) {
      truth.start = row.getStart();
      truth.end = row.getEnd();
    }
    groups.put(id, truth);
  }

  /** Forgets what a node holds of a shard, behind everybody's back. */
  void lose(long shard, String name) {
    groups.get(shard).hosts.remove("id-" + name);
    groups.get(shard).seedless.add("id-" + name);
  }

  /** The same where a majority keeps its replicas; what is lost at once by too many is lost. */
  void loseIfSafe(long shard, String node) {
    Truth truth = groups.get(shard);
    if (truth.members.size() == 3
        && truth.members.contains(node)
        && truth.hosts.containsAll(truth.members)) {
      truth.hosts.remove(node);
      truth.seedless.add(node);
    }
  }

  /** For messages. */
  String stateText() {
    StringBuilder text = new StringBuilder("down " + down + "\n");
    groups.forEach(
        (id, truth) ->
            text.append(id + ": " + truth.members + " led by " + truth.leader)
                .append(" on " + truth.hosts + ", meta says " + meta.shard(id) + "\n"));
    meta.cluster().getMetaNodeIdsList().forEach(node -> text.append("meta " + node + "\n"));
    return text.append(meta.cluster().getMetaJoiningNodeIdsList()).toString();
  }

  boolean isNothingLost() {
    return groups.values().stream()
        .allMatch(truth -> truth.members.size() > 2 && truth.hosts.containsAll(truth.members));
  }

  void load(long shard, long bytes, double perSecond, double hottest) {
    Truth truth = groups.get(shard);
    truth.bytes = bytes;
    truth.perSecond = perSecond;
    truth.hottest = hottest;
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
            node -> {
              String id = node.getNodeId();
              long silent = down.contains(id) ? clock - downSince.getOrDefault(id, clock) : 0;
              nodes.put(id, new NodeView(id, !down.contains(id), silent, latencyRatio));
            });
    Map<Long, GroupView> now = new HashMap<>();
    groups.forEach(
        (id, truth) -> {
          GroupView old = reported.get(id);
          boolean late = old != null && random.nextDouble() < trouble;
          now.put(id, late ? old : view(id, truth));
        });
    reported = now;
    return new ClusterView(meta, nodes, now, clock);
  }

  private GroupView view(long id, Truth truth) {
    if (truth.leader == null || down.contains(truth.leader)) {
      return GroupView.unknown(id);
    }
    Set<String> hosts = new HashSet<>(truth.hosts);
    hosts.removeAll(down);
    Set<String> near = new HashSet<>(truth.members);
    near.retainAll(hosts);
    Map<String, Long> lost = new HashMap<>();
    truth.lostSince.forEach((node, since) -> lost.put(node, clock - since));
    return new GroupView(
        id,
        truth.leader,
        truth.members,
        truth.confIndex,
        true,
        hosts,
        near,
        truth.sinceElection > 3,
        report(id, truth),
        new GroupView.Since(
            clock - truth.rangeSince, truth.busySince < 0 ? 0 : clock - truth.busySince, lost));
  }

  private static ShardReport report(long id, Truth truth) {
    return ShardReport.newBuilder()
        .setShardId(id)
        .addAllMemberNodeIds(truth.members)
        .setConfIndex(truth.confIndex)
        .setEpoch(truth.epoch)
        .setStart(truth.start)
        .setEnd(truth.end)
        .addAllChildren(truth.children.values())
        .setFrozenBy(truth.frozenBy)
        .setAbsorbingBy(truth.absorbingBy)
        .setLastOperation(truth.last)
        .setUntrimmed(truth.untrimmed)
        .setLiveBytes(truth.bytes)
        .setReadsPerSecond(truth.perSecond)
        .setLoadMiddle(truth.perSecond > 0 ? middle(truth) : ByteString.EMPTY)
        .setHottestKeyShare(truth.hottest)
        .build();
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
    check(view, plan, limits);
    for (Operation operation : plan.operations()) {
      if (random.nextDouble() >= trouble) {
        carryOut(operation);
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
        (id, truth) -> {
          boolean busy = RangePlanner.isBusy(settings, truth.perSecond, 0);
          truth.busySince = busy ? Math.max(truth.busySince, 0) : -1;
          if (busy && truth.busySince == 0) {
            truth.busySince = clock;
          }
          truth.lostSince.keySet().removeIf(node -> !isLost(truth, node));
          for (String node : truth.members) {
            if (isLost(truth, node)) {
              truth.lostSince.putIfAbsent(node, clock);
            }
          }
        });
  }

  private boolean isLost(Truth truth, String node) {
    return truth.members.contains(node) && !down.contains(node) && !truth.hosts.contains(node);
  }

  /** A node deletes what meta says it does not hold; never what its own group still counts on. */
  private void dropWhatIsNotHeld() {
    for (ShardRow row : meta.allShards()) {
      Truth truth = groups.get(row.getShardId());
      if (row.getRemoved()) {
        groups.remove(row.getShardId());
      } else if (truth != null) {
        truth.hosts.removeIf(
            node ->
                !down.contains(node)
                    && !row.getReplicaNodeIdsList().contains(node)
                    && !row.getJoiningNodeIdsList().contains(node)
                    && !truth.members.contains(node));
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
                .filter(node -> !down.contains(node) && random.nextDouble() >= trouble)
                .forEach(node -> Objects.requireNonNull(groups.get(id)).hosts.add(node)));
  }

  /** Whoever holds a replica of the parent makes one of the child from it. */
  private void makeChildren() {
    for (Truth parent : groups.values()) {
      parent.children.forEach(
          (id, birth) -> {
            Truth child = groups.get(id);
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
    for (Truth truth : groups.values()) {
      truth.sinceElection++;
      List<String> up =
          truth.members.stream()
              .filter(node -> !down.contains(node) && truth.hosts.contains(node))
              .toList();
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
    if (operation instanceof Operation.Propose propose) {
      apply(propose.command().toBuilder());
      return;
    }
    if (truth == null) {
      return;
    }
    if (operation instanceof Operation.Split split) {
      split(truth, split);
    } else if (operation instanceof Operation.Merge merge) {
      merge(truth, merge);
    } else if (operation instanceof Operation.Trim trim) {
      trim.request().getChildIdsList().forEach(truth.children::remove);
      truth.untrimmed = !truth.children.isEmpty();
    }
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
      List<String> newcomers = new ArrayList<>(step);
      newcomers.removeAll(truth.members);
      if (!Collections.disjoint(down, newcomers) || random.nextDouble() < trouble) {
        return;
      }
      if (!truth.hosts.containsAll(newcomers)) {
        // By a late report of a replica it had before: the leader waits for it to catch up, in
        // vain.
        assertThat(trouble).as("a newcomer without a replica, and no report is late").isPositive();
        return;
      }
      List<String> leavers = new ArrayList<>(truth.members);
      leavers.removeAll(step);
      (newcomers.isEmpty() ? leavers : truth.members)
          .forEach(node -> requireNoChildToMake(truth, node));
      assertThat(alive(truth, truth.members) * 2).isGreaterThan(truth.members.size());
      assertThat(alive(truth, step) * 2).isGreaterThan(step.size());
      copied += newcomers.size();
      truth.members = step.stream().sorted().toList();
      truth.confIndex += 3;
      if (!truth.members.contains(truth.leader)) {
        throw new AssertionError("a leader was taken out: " + change);
      }
    }
  }

  /** It would not be able to make it any more, or not from the log of a newcomer. */
  private void requireNoChildToMake(Truth parent, String member) {
    if (!isDead(member) && parent.hosts.contains(member)) {
      for (ChildReport birth : parent.children.values()) {
        Truth child = groups.get(birth.getShardId());
        // One that has lost its replica cannot make another one either way.
        boolean made =
            child == null
                || !child.members.contains(member)
                || child.hosts.contains(member)
                || child.seedless.contains(member);
        assertThat(made).as("%s has yet to make shard %s", member, birth.getShardId()).isTrue();
      }
    }
  }

  private boolean isDead(String node) {
    long grace = MetaSettings.of(meta.cluster()).number(MetaSettings.DEAD_NODE_GRACE) * 1_000;
    return meta.node(node).getState() == NodeState.NODE_STATE_REMOVED
        || (down.contains(node) && clock - downSince.getOrDefault(node, clock) > grace);
  }

  private long alive(Truth truth, List<String> members) {
    return members.stream()
        .filter(node -> !down.contains(node) && truth.hosts.contains(node))
        .count();
  }

  private static ByteString middle(Truth truth) {
    BigInteger low = new BigInteger(1, padded(truth.start));
    BigInteger high =
        truth.end.isEmpty() ? BigInteger.ONE.shiftLeft(128) : new BigInteger(1, padded(truth.end));
    byte[] middle = low.add(high).shiftRight(1).toByteArray();
    byte[] key = new byte[16];
    int skip = Math.max(0, middle.length - 16);
    System.arraycopy(middle, skip, key, 16 - (middle.length - skip), middle.length - skip);
    return ByteString.copyFrom(key);
  }

  private static byte[] padded(ByteString key) {
    byte[] bytes = new byte[16];
    key.copyTo(bytes, 0);
    return bytes;
  }

  private void split(Truth truth, Operation.Split step) {
    SplitShardRequest request = step.request();
    if (refusing) {
      truth.last = request.getOperationId();
      return;
    }
    if (!step.leader().equals(truth.leader)
        || truth.epoch != request.getExpectedEpoch()
        || truth.frozenBy != 0
        || truth.absorbingBy != 0) {
      return;
    }
    ByteString at = request.getAt().isEmpty() ? middle(truth) : request.getAt();
    Truth child = new Truth();
    child.members = truth.members;
    // Who is down makes its replica when it is back.
    child.hosts.addAll(truth.hosts);
    child.hosts.retainAll(truth.members);
    child.hosts.removeAll(down);
    if (random.nextDouble() < trouble && down.isEmpty() && child.hosts.size() > 2) {
      // One that was handed a checkpoint from beyond the cut.
      String late =
          child.members.stream()
              .filter(node -> !node.equals(truth.leader))
              .findFirst()
              .orElseThrow();
      child.hosts.remove(late);
      child.seedless.add(late);
    }
    child.leader = truth.leader;
    child.sinceElection = 0;
    child.start = at;
    child.end = truth.end;
    child.untrimmed = true;
    truth.untrimmed = true;
    truth.end = at;
    child.bytes = truth.bytes / 2;
    truth.bytes -= child.bytes;
    child.perSecond = truth.perSecond / 2;
    truth.perSecond -= child.perSecond;
    truth.epoch++;
    child.epoch = truth.epoch;
    truth.rangeSince = clock;
    child.rangeSince = clock;
    truth.last = request.getOperationId();
    truth.children.put(
        request.getChildId(),
        ChildReport.newBuilder()
            .setShardId(request.getChildId())
            .setOperationId(request.getOperationId())
            .setStart(at)
            .setEnd(child.end)
            .setEpoch(child.epoch)
            .addAllNodeIds(child.members)
            .build());
    groups.put(request.getChildId(), child);
  }

  /** Half of a merge at a time, so that it can be stopped in the middle. */
  private void merge(Truth left, Operation.Merge step) {
    MergeShardRequest request = step.request();
    Truth right = groups.get(request.getAbsorbedId());
    long id = request.getOperationId();
    if (right == null
        || right.leader == null
        || !step.leader().equals(left.leader)
        || !request.getAbsorbedLeaderNodeId().equals(right.leader)) {
      return;
    }
    boolean decided = left.last == id && left.end.equals(right.end);
    if (request.getAbort()) {
      if (!decided) {
        left.absorbingBy = 0;
        left.last = id;
        right.frozenBy = 0;
      }
    } else if (left.last >= id || refusing) {
      left.last = Math.max(left.last, id);
    } else if (left.absorbingBy == 0) {
      left.absorbingBy = id;
      right.frozenBy = id;
    } else if (left.absorbingBy == id) {
      left.absorbingBy = 0;
      left.last = id;
      left.end = right.end;
      left.epoch = Math.max(left.epoch, right.epoch) + 1;
      left.bytes += right.bytes;
      left.rangeSince = clock;
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
        List<String> newcomers = new ArrayList<>(change.to());
        newcomers.removeAll(change.from());
        assertThat(change.to()).doesNotHaveDuplicates();
        assertThat(newcomers).allMatch(view::isReachable);
        assertThat(view.group(change.group()).hosts()).containsAll(newcomers);
        if (change.to().size() > change.from().size() && newcomers.size() > 1) {
          assertThat(change.to().size() % 2).as("%s", change).isEqualTo(1);
          assertThat(change.to()).startsWith(change.from().toArray(String[]::new));
          assertThat(change.steps()).hasSize(newcomers.size());
        }
      } else if (operation instanceof Operation.TransferLeader transfer) {
        transfers++;
        assertThat(view.isReachable(transfer.to())).isTrue();
        assertThat(view.group(transfer.group()).members()).contains(transfer.to());
      }
    }
    assertThat(changes).isLessThanOrEqualTo(limits.changesMax() + OperationSteps.open(view).size());
    // A chain of them goes whole, and visits each node once.
    int chainMax = Math.max(limits.transfersMax(), view.meta().nodes().size() - 1);
    assertThat(transfers).isLessThanOrEqualTo(chainMax + OperationSteps.open(view).size());
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
