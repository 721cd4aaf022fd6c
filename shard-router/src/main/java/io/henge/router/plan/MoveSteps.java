package io.henge.router.plan;

import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a move: the newcomer is announced and reports an empty replica; leadership leaves
 * the node that is to go; then one change of members replaces one by the other. The membership
 * never gets smaller on the way.
 */
final class MoveSteps {
  private final ClusterView view;
  private final OperationSteps steps;
  private final OperationRecord operation;
  private final Group group;
  private final String from;
  private final String to;

  MoveSteps(ClusterView view, OperationSteps steps, OperationRecord operation) {
    this.view = view;
    this.steps = steps;
    this.operation = operation;
    this.group = Group.of(view, operation.getShardId());
    this.from = operation.getFromNodeId();
    this.to = operation.getToNodeId();
  }

  @Nullable Operation next() {
    if (group.isToBeConfirmed()) {
      return null;
    }
    boolean hasFrom = group.members().contains(from);
    boolean hasTo = group.members().contains(to);
    if (hasTo && !hasFrom) {
      return steps.end(operation, OperationState.OPERATION_STATE_DONE, "moved");
    }
    if (!hasFrom) {
      return steps.end(
          operation,
          OperationState.OPERATION_STATE_FAILED,
          "node " + name(from) + " does not hold " + group.name() + " any more");
    }
    // Whatever else is decided: who may be a member by now cannot be given up.
    boolean certain = group.leader() != null && group.isAsReported() && group.view().stable();
    if (hasTo) {
      return certain ? exchange(true) : null;
    }
    String lost = newcomerIsLost();
    boolean cancelling = operation.getState() == OperationState.OPERATION_STATE_CANCELLING;
    if (cancelling || lost != null) {
      return certain ? giveUp(cancelling, lost) : null;
    }
    if (operation.getState() == OperationState.OPERATION_STATE_PAUSED) {
      return null;
    }
    if (!group.joining().contains(to)) {
      return steps.inPhase(
          operation,
          "preparing",
          new Operation.Prepare(
              group.id(),
              group.members(),
              group.joining(),
              List.of(to),
              group.confVersion(),
              "node " + name(to) + " is to take " + group.name() + " over from " + name(from)));
    }
    boolean ready = group.view().hosts().contains(to) && view.isReachable(to);
    return ready && certain ? exchange(false) : null;
  }

  /** Why the newcomer will not come; null if it may. */
  private @Nullable String newcomerIsLost() {
    NodeRecord node = view.meta().node(to);
    if (node == null || view.isDead(to)) {
      return "node " + name(to) + " is gone";
    }
    return node.getState() == NodeState.NODE_STATE_UP
        ? null
        : "node " + name(to) + " is being drained";
  }

  private Operation giveUp(boolean cancelling, @Nullable String lost) {
    if (group.joining().contains(to)) {
      return new Operation.Abandon(
          group.id(),
          to,
          group.members(),
          group.joining().stream().filter(node -> !node.equals(to)).toList(),
          group.confVersion(),
          group.name()
              + " does not move to node "
              + name(to)
              + ": "
              + Objects.requireNonNullElse(lost, "cancelled"));
    }
    return cancelling
        ? steps.end(operation, OperationState.OPERATION_STATE_CANCELLED, "nothing has moved")
        : steps.end(
            operation,
            OperationState.OPERATION_STATE_FAILED,
            Objects.requireNonNullElse(lost, "it was given up"));
  }

  private @Nullable Operation exchange(boolean alreadyIn) {
    String leader = group.leader();
    if (leader == null) {
      return null;
    }
    if (leader.equals(from)) {
      String heir = heir();
      if (heir == null && group.members().size() == 1) {
        // Of one copy: the newcomer comes in and leads before the old one goes.
        return change(leader, List.of(from, to));
      }
      return heir == null
          ? null
          : steps.inPhase(
              operation,
              "handing over",
              new Operation.TransferLeader(
                  group.id(),
                  leader,
                  heir,
                  "node " + name(from) + " is to give " + group.name() + " away"));
    }
    List<String> members = new ArrayList<>(group.members());
    members.remove(from);
    if (!alreadyIn) {
      members.add(to);
    }
    return change(leader, members);
  }

  private @Nullable Operation change(String leader, List<String> members) {
    if (!hasMajority(members)) {
      return null;
    }
    if (view.hasChildToMake(group.id())) {
      return steps.waitIn(operation, "waiting for members to finish a split");
    }
    return steps.inPhase(
        operation,
        "copying",
        new Operation.ChangeMembers(
            group.id(),
            leader,
            group.members(),
            members,
            "node " + name(to) + " takes " + group.name() + " over from node " + name(from)));
  }

  private boolean hasMajority(List<String> members) {
    long live =
        members.stream()
            .filter(node -> view.isReachable(node) && group.view().hosts().contains(node))
            .count();
    return live * 2 > members.size();
  }

  /** Who can lead at once; whoever leads the least is found by balance later. */
  private @Nullable String heir() {
    HashSet<String> able = new HashSet<>(group.view().near());
    String fallback = null;
    for (String node : group.members()) {
      if (node.equals(from) || !able.contains(node) || !view.isReachable(node)) {
        continue;
      }
      NodeRecord record = view.meta().node(node);
      if (record != null && record.getState() == NodeState.NODE_STATE_UP) {
        return node;
      }
      fallback = node;
    }
    return fallback;
  }

  private String name(String nodeId) {
    NodeRecord node = view.meta().node(nodeId);
    return node == null ? nodeId : node.getName();
  }
}
