package io.henge.server.node;

import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.ReplicaStatus;
import io.henge.router.meta.MetaSettings;
import io.henge.router.meta.MetaState;
import io.henge.router.plan.ClusterView;
import io.henge.router.plan.GroupView;
import io.henge.router.plan.NodeView;
import io.henge.router.plan.RangePlanner;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What reports say of nodes and groups, for the planner. Used on the timer thread only. */
final class Observations {
  /** A node that has been silent for so long cannot be reached. */
  private static final long SILENT_MILLIS = 3_000;

  /** Leadership does not wander: what has been so for a while may be balanced. */
  private static final long SETTLED_NANOS = 10_000_000_000L;

  /** So many entries behind, a follower takes over at once. */
  private static final long NEAR_ENTRIES = 1_000;

  /** Who has just come back has other replicas to start, and much to do that it has never done. */
  private static final long NEAR_NANOS = 5_000_000_000L;

  private record Led(String leader, long sinceNanos) {}

  private record Range(long epoch, long sinceNanos) {}

  private final Reports reports;
  private final LongSupplier nanoClock;
  private final Map<Long, Led> led = new HashMap<>();
  private final Unseated unseated;
  private final Map<Long, Range> ranges = new HashMap<>();
  private final Map<Long, Long> busySince = new HashMap<>();
  private final Map<Long, Map<String, Long>> lostSince = new HashMap<>();
  private final Map<Long, Map<String, Long>> nearSince = new HashMap<>();
  private long listensSinceNanos;

  Observations(Reports reports, LongSupplier nanoClock) {
    this.reports = reports;
    this.nanoClock = nanoClock;
    this.listensSinceNanos = nanoClock.getAsLong();
    this.unseated = new Unseated(nanoClock);
  }

  /** Another one has planned meanwhile: what has lasted is not known any more. */
  void listenAnew() {
    listensSinceNanos = nanoClock.getAsLong();
    led.clear();
    unseated.clear();
    ranges.clear();
    busySince.clear();
    lostSince.clear();
    nearSince.clear();
  }

  /** Whether every node that is in service has reported lately. */
  boolean heardOfAll(MetaState state) {
    for (NodeRecord node : state.nodes()) {
      if (node.getState() != NodeState.NODE_STATE_REMOVED
          && reports.ageMillis(node.getNodeId()) > SILENT_MILLIS) {
        return false;
      }
    }
    return true;
  }

  /**
   * The view to plan from.
   *
   * @param underWay groups that something is being done to
   * @param clockMillis cluster time
   */
  ClusterView view(MetaState state, Set<Long> underWay, long clockMillis) {
    Map<String, NodeView> nodes = new HashMap<>();
    long listening = millisSince(listensSinceNanos);
    for (NodeRecord node : state.nodes()) {
      String id = node.getNodeId();
      long age = Math.min(reports.ageMillis(id), listening);
      nodes.put(id, new NodeView(id, reports.ageMillis(id) <= SILENT_MILLIS, age, 1));
    }
    Map<Long, Map<String, ShardReport>> heard = heard();
    noteLeaders(heard, underWay);
    Map<Long, GroupView> groups = new HashMap<>();
    MetaSettings settings = MetaSettings.of(state.cluster());
    groups.put(
        GroupView.META,
        group(
            GroupView.META,
            underWay,
            heard.getOrDefault(GroupView.META, Map.of()),
            state.cluster().getMetaNodeIdsList(),
            settings));
    Set<Long> known = new HashSet<>();
    for (ShardRow row : state.shards()) {
      long id = row.getShardId();
      known.add(id);
      groups.put(
          id,
          group(
              id,
              underWay,
              heard.getOrDefault(id, Map.of()),
              row.getReplicaNodeIdsList(),
              settings));
    }
    ranges.keySet().retainAll(known);
    busySince.keySet().retainAll(known);
    return new ClusterView(state, nodes, groups, clockMillis);
  }

  /** By shard and node: what has been reported lately. */
  private Map<Long, Map<String, ShardReport>> heard() {
    Map<Long, Map<String, ShardReport>> heard = new HashMap<>();
    for (Map.Entry<String, Reports.Heard> each : reports.all().entrySet()) {
      if (reports.ageMillis(each.getKey()) <= SILENT_MILLIS) {
        for (ShardReport report : each.getValue().report().getShardsList()) {
          heard
              .computeIfAbsent(report.getShardId(), id -> new HashMap<>())
              .put(each.getKey(), report);
        }
      }
    }
    return heard;
  }

  private long millisSince(long nanos) {
    return Math.max(0, (nanoClock.getAsLong() - nanos) / 1_000_000);
  }

  private GroupView group(
      long id,
      Set<Long> underWay,
      Map<String, ShardReport> heard,
      List<String> wanted,
      MetaSettings settings) {
    String leader = leader(heard);
    ShardReport leading = leader == null ? null : heard.get(leader);
    if (leader == null || leading == null) {
      led.remove(id);
      nearSince.remove(id);
      return new GroupView(id, null, List.of(), -1, true, heard.keySet(), Set.of(), false);
    }
    Set<String> near = near(leading, heard);
    // A leader says who the members are only when no change of them is under way.
    boolean stable = leading.getMemberNodeIdsCount() > 0 && !underWay.contains(id);
    return new GroupView(
        id,
        leader,
        leading.getMemberNodeIdsList(),
        leading.getConfIndex(),
        stable,
        heard.keySet(),
        near,
        isSettled(id, leader),
        leading,
        since(id, leading, heard, wanted, near, settings));
  }

  /** For how long things have been as they are, as far as this node has listened. */
  private GroupView.Since since(
      long id,
      ShardReport leading,
      Map<String, ShardReport> heard,
      List<String> wanted,
      Set<String> near,
      MetaSettings settings) {
    long now = nanoClock.getAsLong();
    Range range = ranges.get(id);
    if (range == null || range.epoch() != leading.getEpoch()) {
      range = new Range(leading.getEpoch(), now);
      ranges.put(id, range);
    }
    double operations = leading.getReadsPerSecond() + leading.getWritesPerSecond();
    long busyMillis = 0;
    if (RangePlanner.isBusy(settings, operations, leading.getCpuPerSecond())) {
      busyMillis = Math.max(1, millisSince(busySince.computeIfAbsent(id, key -> now)));
    } else {
      busySince.remove(id);
    }
    Map<String, Long> lost = lostSince.computeIfAbsent(id, key -> new HashMap<>());
    Map<String, Long> lostMillis = new HashMap<>();
    for (String node : wanted) {
      if (!heard.containsKey(node) && reports.ageMillis(node) <= SILENT_MILLIS) {
        lostMillis.put(node, millisSince(lost.computeIfAbsent(node, key -> now)));
      }
    }
    lost.keySet().retainAll(lostMillis.keySet());
    return new GroupView.Since(
        millisSince(range.sinceNanos()), busyMillis, lostMillis, justNear(id, near));
  }

  /** Of all groups, before any of them is looked at: a node that loses one may hold others. */
  private void noteLeaders(Map<Long, Map<String, ShardReport>> heard, Set<Long> underWay) {
    unseated.retain(heard.keySet());
    heard.forEach(
        (id, reported) -> {
          String leader = leader(reported);
          if (leader != null) {
            unseated.leads(id, leader, underWay.contains(id));
          }
        });
  }

  /** Who says that it leads a group; of several the last one. */
  private static @Nullable String leader(Map<String, ShardReport> heard) {
    String leader = null;
    long term = -1;
    for (Map.Entry<String, ShardReport> each : heard.entrySet()) {
      ShardReport report = each.getValue();
      if (isLeader(report) && report.getReplica().getTerm() > term) {
        leader = each.getKey();
        term = report.getReplica().getTerm();
      }
    }
    return leader;
  }

  private static boolean isLeader(ShardReport report) {
    return report.getReplica().getRole().equals(NodeReporter.LEADER);
  }

  /** Members that can take over at once. */
  private Set<String> near(ShardReport leading, Map<String, ShardReport> heard) {
    Set<String> near = new HashSet<>();
    for (String member : leading.getMemberNodeIdsList()) {
      ShardReport report = heard.get(member);
      ReplicaStatus replica = report == null ? null : report.getReplica();
      if (replica != null
          && !unseated.isLately(member)
          && replica.getAppliedIndex() >= leading.getReplica().getAppliedIndex() - NEAR_ENTRIES) {
        near.add(member);
      }
    }
    return near;
  }

  /** Those that could not a moment ago. */
  private Set<String> justNear(long id, Set<String> near) {
    long now = nanoClock.getAsLong();
    Map<String, Long> since = nearSince.computeIfAbsent(id, key -> new HashMap<>());
    since.keySet().retainAll(near);
    near.forEach(member -> since.putIfAbsent(member, now));
    Set<String> justNear = new HashSet<>();
    since.forEach(
        (member, nanos) -> {
          if (now - nanos < NEAR_NANOS) {
            justNear.add(member);
          }
        });
    return justNear;
  }

  private boolean isSettled(long id, @Nullable String leader) {
    Led before = led.get(id);
    long now = nanoClock.getAsLong();
    if (leader == null) {
      led.remove(id);
      return false;
    }
    if (before == null || !before.leader().equals(leader)) {
      led.put(id, new Led(leader, now));
      return false;
    }
    return now - before.sinceNanos() >= SETTLED_NANOS;
  }
}
