package io.henge.router.plan;

import io.henge.api.internal.v1.ChildReport;
import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.router.meta.MetaSettings;
import io.henge.router.meta.MetaState;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All that a plan is made from.
 *
 * @param meta what is agreed
 * @param nodes what nodes report, by node id; a missing one counts as unreachable
 * @param groups what is reported of groups, by number of the shard, {@link GroupView#META} for the
 *     meta shard; a missing one counts as unknown
 * @param clockMillis cluster time
 */
public record ClusterView(
    MetaState meta, Map<String, NodeView> nodes, Map<Long, GroupView> groups, long clockMillis) {

  /** A view in which time does not matter. */
  public ClusterView(MetaState meta, Map<String, NodeView> nodes, Map<Long, GroupView> groups) {
    this(meta, nodes, groups, 0);
  }

  public ClusterView {
    nodes = Map.copyOf(nodes);
    groups = Map.copyOf(groups);
  }

  boolean isReachable(String nodeId) {
    NodeView node = nodes.get(nodeId);
    return node != null && node.reachable();
  }

  GroupView group(long id) {
    GroupView group = groups.get(id);
    return group == null ? GroupView.unknown(id) : group;
  }

  /** Whether the replicas of a node are lost, or are to be taken for lost. */
  boolean isDead(String nodeId) {
    NodeRecord record = meta.node(nodeId);
    if (record == null || record.getState() == NodeState.NODE_STATE_REMOVED) {
      return true;
    }
    NodeView node = nodes.get(nodeId);
    long grace = settings().number(MetaSettings.DEAD_NODE_GRACE) * 1_000;
    return node != null && !node.reachable() && node.silentMillis() > grace;
  }

  /**
   * Whether a member of a shard that lives has yet to make its replica of a child. It can only do
   * so by applying the split, which it may not have, for instance because it was down. So until
   * then it must neither leave the shard, nor may anybody enter it: a newcomer's log begins after
   * the split, and if it came to lead, that member would be handed a checkpoint from beyond.
   */
  boolean hasChildToMake(long shardId) {
    GroupView group = group(shardId);
    ShardReport parent = group.report();
    return parent != null
        && parent.getChildrenList().stream()
            .anyMatch(
                child ->
                    child.getNodeIdsList().stream()
                        .anyMatch(
                            node ->
                                group.members().contains(node)
                                    && !isDead(node)
                                    && isAwaited(child, node)));
  }

  private boolean isAwaited(ChildReport child, String nodeId) {
    ShardRow row = meta.shard(child.getShardId());
    return row == null
        || (!row.getRemoved()
            && row.getReplicaNodeIdsList().contains(nodeId)
            && !group(child.getShardId()).hosts().contains(nodeId));
  }

  MetaSettings settings() {
    return MetaSettings.of(meta.cluster());
  }

  /** Who leads a group and reports it; null = nobody has, lately. */
  @Nullable String leaderOf(long id) {
    return group(id).leader();
  }

  /** Nodes that can be given replicas and leadership: in service and reachable; by id. */
  List<NodeRecord> usableNodes() {
    return meta.nodes().stream()
        .filter(node -> node.getState() == NodeState.NODE_STATE_UP)
        .filter(node -> isReachable(node.getNodeId()))
        .toList();
  }

  /** Names for messages, by id. */
  Map<String, String> names() {
    Map<String, String> names = new TreeMap<>();
    meta.nodes().forEach(node -> names.put(node.getNodeId(), node.getName()));
    return names;
  }
}
