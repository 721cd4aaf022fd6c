package io.henge.router.meta;

import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RegisterNode;
import io.henge.api.internal.v1.SetNodeState;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;

/** Nodes that enter or come back. */
final class NodeCommands {
  static final int NODES_MAX = 1_000;
  static final int WEIGHT_DEFAULT = 100;
  static final int WEIGHT_MAX = 10_000;

  private NodeCommands() {}

  static MetaResult.Builder register(Draft draft, RegisterNode command) {
    NodeRecord.Builder node = normal(command.getNode());
    NodeRecord known = draft.base.node(node.getNodeId());
    if (known != null && known.getState() == NodeState.NODE_STATE_REMOVED) {
      throw new Refused(
          ErrorCode.PERMISSION_DENIED,
          "node "
              + node.getName()
              + " (id "
              + node.getNodeId()
              + ") was removed from the cluster or replaced by another of its name: to enter again,"
              + " start it with an empty directory");
    }
    int level = draft.cluster.getFeatureLevel();
    if (Integer.compareUnsigned(node.getFeatureLevel(), level) < 0) {
      throw Refused.invalid(
          "node "
              + node.getName()
              + " reads formats up to level "
              + Integer.toUnsignedString(node.getFeatureLevel())
              + ", the cluster writes level "
              + Integer.toUnsignedString(level)
              + ": install a newer version of Henge on it");
    }
    replaceNamesake(draft, node, command.getOldIncarnationIsDead());
    MetaResult.Builder result = MetaResult.newBuilder();
    if (known == null) {
      long live =
          draft.base.nodes().stream()
              .filter(other -> other.getState() != NodeState.NODE_STATE_REMOVED)
              .count();
      if (live >= NODES_MAX) {
        throw Refused.invalid("the cluster has " + NODES_MAX + " nodes already, the most it takes");
      }
      return result.setNode(draft.put(node));
    }
    node.setStateValue(known.getStateValue()).setChangedIn(known.getChangedIn());
    return result.setNode(node.build().equals(known) ? known : draft.put(node));
  }

  private static void replaceNamesake(
      Draft draft, NodeRecord.Builder node, boolean oldIncarnationIsDead) {
    NodeRecord other = draft.base.nodeByName(node.getName());
    if (other == null || other.getNodeId().equals(node.getNodeId())) {
      return;
    }
    String taken =
        "the name "
            + node.getName()
            + " belongs to node "
            + other.getNodeId()
            + " at "
            + other.getClientAddress();
    int replicas = draft.base.replicasOf(other.getNodeId());
    if (replicas > 0) {
      throw new Refused(
          ErrorCode.ALREADY_EXISTS,
          taken
              + ", which holds "
              + replicas
              + (replicas == 1 ? " replica" : " replicas")
              + ": start that node with its own directory, or give this one another name; if that"
              + " directory is lost for good, remove the node as dead first");
    }
    if (!oldIncarnationIsDead) {
      throw new Refused(
          ErrorCode.ALREADY_EXISTS,
          taken + ", which is not known to be dead: stop it first, or give this one another name");
    }
    draft.put(other.toBuilder().setState(NodeState.NODE_STATE_REMOVED));
  }

  /**
   * A node that is removed as dead stays a member of groups until it is replaced there one by one:
   * a group's log alone decides who its members are, and striking several at once from the rows
   * would tell of quorums that do not exist. It is fenced all the same: its incarnation never
   * enters again.
   */
  static MetaResult.Builder setState(Draft draft, SetNodeState command) {
    NodeRecord node = draft.base.node(command.getNodeId());
    if (node == null) {
      throw new Refused(
          ErrorCode.NOT_FOUND,
          "the cluster has no node with id " + Names.shown(command.getNodeId()));
    }
    NodeState state = command.getState();
    MetaResult.Builder result = MetaResult.newBuilder();
    if (state == node.getState()) {
      return result.setNode(node);
    }
    if (state != NodeState.NODE_STATE_UP
        && state != NodeState.NODE_STATE_DRAINING
        && state != NodeState.NODE_STATE_REMOVED) {
      throw Refused.invalid("the state of a node is up, draining or removed, not " + state);
    }
    if (node.getState() == NodeState.NODE_STATE_REMOVED) {
      throw new Refused(
          ErrorCode.CONDITION_FAILED,
          "node " + node.getName() + " was removed for good: start it with an empty directory");
    }
    if (state == NodeState.NODE_STATE_REMOVED && !command.getDead()) {
      int replicas = draft.base.replicasOf(node.getNodeId());
      if (replicas > 0) {
        throw new Refused(
            ErrorCode.CONDITION_FAILED,
            "node "
                + node.getName()
                + " holds "
                + replicas
                + (replicas == 1 ? " replica" : " replicas")
                + ": drain it first, or say that it is dead if it is gone for good");
      }
    }
    return result.setNode(draft.put(node.toBuilder().setState(state)));
  }

  /** A valid record with defaults filled in; its state is UP. */
  static NodeRecord.Builder normal(NodeRecord asked) {
    Names.requireName("node_id", asked.getNodeId());
    Names.requireDottedName("node name", asked.getName());
    Names.requireAddress("client_address", asked.getClientAddress());
    Names.requireAddress("raft_address", asked.getRaftAddress());
    if (!asked.getHttpAddress().isEmpty()) {
      Names.requireAddress("http_address", asked.getHttpAddress());
    }
    int weight = asked.getWeight() == 0 ? WEIGHT_DEFAULT : asked.getWeight();
    if (Integer.compareUnsigned(weight, WEIGHT_MAX) > 0) {
      throw Refused.invalid(
          "the weight of a node is 1 to "
              + WEIGHT_MAX
              + " ("
              + WEIGHT_DEFAULT
              + " = an ordinary one), not "
              + Integer.toUnsignedString(weight));
    }
    String zone = asked.getZone().isEmpty() ? "default" : asked.getZone();
    // Built from known fields: what a newer node says besides is for newer versions of this.
    return NodeRecord.newBuilder()
        .setNodeId(asked.getNodeId())
        .setName(asked.getName())
        .setClientAddress(asked.getClientAddress())
        .setRaftAddress(asked.getRaftAddress())
        .setHttpAddress(asked.getHttpAddress())
        .setZone(Names.requireDottedName("zone", zone))
        .setWeight(weight)
        .setState(NodeState.NODE_STATE_UP)
        .setFeatureLevel(asked.getFeatureLevel());
  }
}
