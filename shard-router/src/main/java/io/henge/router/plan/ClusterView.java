package io.henge.router.plan;

import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.router.meta.MetaState;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that a plan is made from.
 *
 * @param meta what is agreed
 * @param nodes what nodes report, by node id; a missing one counts as unreachable
 * @param groups what is reported of groups, by number of the shard, {@link GroupView#META} for the
 *     meta shard; a missing one counts as unknown
 */
public record ClusterView(
    MetaState meta, Map<String, NodeView> nodes, Map<Long, GroupView> groups) {

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
