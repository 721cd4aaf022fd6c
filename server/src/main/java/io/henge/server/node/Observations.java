package io.henge.server.node;

import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.ReplicaStatus;
import io.henge.router.meta.MetaState;
import io.henge.router.plan.ClusterView;
import io.henge.router.plan.GroupView;
import io.henge.router.plan.NodeView;
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

  private record Led(String leader, long sinceNanos) {}

  private final Reports reports;
  private final LongSupplier nanoClock;
  private final Map<Long, Led> led = new HashMap<>();

  Observations(Reports reports, LongSupplier nanoClock) {
    this.reports = reports;
    this.nanoClock = nanoClock;
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
   */
  ClusterView view(MetaState state, Set<Long> underWay) {
    Map<String, NodeView> nodes = new HashMap<>();
    for (NodeRecord node : state.nodes()) {
      String id = node.getNodeId();
      nodes.put(id, new NodeView(id, reports.ageMillis(id) <= SILENT_MILLIS));
    }
    Map<Long, GroupView> groups = new HashMap<>();
    groups.put(GroupView.META, group(GroupView.META, underWay));
    for (ShardRow row : state.shards()) {
      groups.put(row.getShardId(), group(row.getShardId(), underWay));
    }
    return new ClusterView(state, nodes, groups);
  }

  private GroupView group(long id, Set<Long> underWay) {
    Map<String, ShardReport> heard = new HashMap<>();
    String leader = null;
    long term = -1;
    for (Map.Entry<String, Reports.Heard> each : reports.all().entrySet()) {
      if (reports.ageMillis(each.getKey()) > SILENT_MILLIS) {
        continue;
      }
      for (ShardReport report : each.getValue().report().getShardsList()) {
        if (report.getShardId() == id) {
          heard.put(each.getKey(), report);
          if (isLeader(report) && report.getReplica().getTerm() > term) {
            leader = each.getKey();
            term = report.getReplica().getTerm();
          }
        }
      }
    }
    ShardReport leading = leader == null ? null : heard.get(leader);
    if (leader == null || leading == null) {
      led.remove(id);
      return new GroupView(id, null, List.of(), -1, true, heard.keySet(), Set.of(), false);
    }
    // A leader says who the members are only when no change of them is under way.
    boolean stable = leading.getMemberNodeIdsCount() > 0 && !underWay.contains(id);
    return new GroupView(
        id,
        leader,
        leading.getMemberNodeIdsList(),
        leading.getConfIndex(),
        stable,
        heard.keySet(),
        near(leading, heard),
        isSettled(id, leader));
  }

  private static boolean isLeader(ShardReport report) {
    return report.getReplica().getRole().equals(NodeReporter.LEADER);
  }

  private static Set<String> near(ShardReport leading, Map<String, ShardReport> heard) {
    Set<String> near = new HashSet<>();
    for (String member : leading.getMemberNodeIdsList()) {
      ShardReport report = heard.get(member);
      ReplicaStatus replica = report == null ? null : report.getReplica();
      if (replica != null
          && replica.getAppliedIndex() >= leading.getReplica().getAppliedIndex() - NEAR_ENTRIES) {
        near.add(member);
      }
    }
    return near;
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
