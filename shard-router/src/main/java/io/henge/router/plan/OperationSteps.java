package io.henge.router.plan;

import io.henge.api.internal.v1.MergeShardRequest;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.SetNodeState;
import io.henge.api.internal.v1.ShardReport;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.internal.v1.SplitShardRequest;
import io.henge.api.internal.v1.UpdateOperation;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.router.meta.MetaSettings;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How operations go on: from the row of one and what is reported to the next step, or to its end.
 * Each step may be done twice, or not at all: the next look finds out.
 */
public final class OperationSteps {
  /** The right shard of a merge refuses writes for so long at most; then it is taken back. */
  static final long MERGE_MILLIS_MAX = 120_000;

  private final ClusterView view;

  OperationSteps(ClusterView view) {
    this.view = view;
  }

  /** Whether nothing more will happen to an operation. */
  public static boolean isEnded(OperationRecord operation) {
    return switch (operation.getState()) {
      case OPERATION_STATE_DONE, OPERATION_STATE_FAILED, OPERATION_STATE_CANCELLED -> true;
      case OPERATION_STATE_RUNNING,
          OPERATION_STATE_PAUSED,
          OPERATION_STATE_CANCELLING,
          OPERATION_STATE_UNSPECIFIED,
          UNRECOGNIZED ->
          false;
    };
  }

  /** Whether an operation is a split that is decided and written down: members may change again. */
  static boolean isWrittenSplit(ClusterView view, OperationRecord operation) {
    return operation.getKind() == OperationKind.OPERATION_KIND_SPLIT
        && view.meta().shard(operation.getOtherShardId()) != null;
  }

  /** The number that steps of an operation have in place of a shard's, if they are about none. */
  static long groupOf(OperationRecord operation) {
    return -operation.getOperationId();
  }

  /** The next step; null = wait. */
  @Nullable Operation next(OperationRecord operation) {
    return switch (operation.getKind()) {
      case OPERATION_KIND_SPLIT -> split(operation);
      case OPERATION_KIND_MERGE -> merge(operation);
      case OPERATION_KIND_MOVE -> new MoveSteps(view, this, operation).next();
      case OPERATION_KIND_DRAIN -> drain(operation);
      case OPERATION_KIND_REMOVE -> remove(operation);
      case OPERATION_KIND_UNSPECIFIED, UNRECOGNIZED -> null;
    };
  }

  /** What to propose when a step of an operation was refused for good, and why. */
  public static Operation failed(OperationRecord operation, String message, long clockMillis) {
    return update(operation, OperationState.OPERATION_STATE_FAILED, "", message, clockMillis);
  }

  Operation end(OperationRecord operation, OperationState state, String message) {
    return update(operation, state, "", message, view.clockMillis());
  }

  /** Writes down how far it is, if that has changed; else the step itself. */
  Operation inPhase(OperationRecord operation, String phase, Operation step) {
    return operation.getPhase().equals(phase)
        ? step
        : update(
            operation, OperationState.OPERATION_STATE_UNSPECIFIED, phase, "", view.clockMillis());
  }

  /** Writes down what it waits for, if that has changed. */
  @Nullable Operation waitIn(OperationRecord operation, String phase) {
    return operation.getPhase().equals(phase)
        ? null
        : update(
            operation, OperationState.OPERATION_STATE_UNSPECIFIED, phase, "", view.clockMillis());
  }

  private static Operation update(
      OperationRecord operation,
      OperationState state,
      String phase,
      String message,
      long clockMillis) {
    return new Operation.Propose(
        groupOf(operation),
        MetaCommand.newBuilder()
            .setUpdateOperation(
                UpdateOperation.newBuilder()
                    .setOperationId(operation.getOperationId())
                    .setState(state)
                    .setPhase(phase)
                    .setMessage(message.length() <= 250 ? message : message.substring(0, 250))
                    .setAtMillis(clockMillis))
            .build(),
        "operation "
            + operation.getOperationId()
            + (phase.isEmpty() ? "" : " is at: " + phase)
            + (message.isEmpty() ? "" : ": " + message));
  }

  private @Nullable Operation split(OperationRecord operation) {
    long id = operation.getShardId();
    long childId = operation.getOtherShardId();
    ShardRow parent = view.meta().shard(id);
    GroupView group = view.group(id);
    ShardReport report = group.report();
    if (view.meta().shard(childId) != null) {
      return afterSplit(operation, report);
    }
    if (report != null
        && report.getChildrenList().stream().anyMatch(child -> child.getShardId() == childId)) {
      // It is about to be written down.
      return null;
    }
    if (parent == null || parent.getRemoved()) {
      return end(
          operation, OperationState.OPERATION_STATE_FAILED, "the shard is not there any more");
    }
    if (operation.getState() == OperationState.OPERATION_STATE_CANCELLING) {
      return end(
          operation,
          OperationState.OPERATION_STATE_CANCELLED,
          "cancelled before the shard was cut");
    }
    String leader = group.leader();
    if (report == null || leader == null || report.getEpoch() < operation.getExpectedEpoch()) {
      return null;
    }
    if (report.getLastOperation() == operation.getOperationId()) {
      return end(operation, OperationState.OPERATION_STATE_FAILED, "the shard has refused it");
    }
    if (report.getEpoch() > operation.getExpectedEpoch()) {
      return end(
          operation,
          OperationState.OPERATION_STATE_FAILED,
          "the shard's range has changed in between: look again");
    }
    if (parent.getReplicaNodeIdsList().stream().anyMatch(view::isDead)) {
      // It would wait for that member, and the member's replacement for it.
      return end(
          operation,
          OperationState.OPERATION_STATE_FAILED,
          "a member of the shard is dead and has to be replaced first");
    }
    if (operation.getState() == OperationState.OPERATION_STATE_PAUSED) {
      return null;
    }
    return inPhase(
        operation,
        "cutting",
        new Operation.Split(
            id,
            leader,
            SplitShardRequest.newBuilder()
                .setOperationId(operation.getOperationId())
                .setShardId(id)
                .setChildId(childId)
                .setAt(operation.getAt())
                .setExpectedEpoch(operation.getExpectedEpoch())
                .build(),
            "operation " + operation.getOperationId() + ": " + operation.getReason()));
  }

  /** Both halves are there and written down; what is left behind is trimmed by {@link Recorder}. */
  private @Nullable Operation afterSplit(OperationRecord operation, @Nullable ShardReport parent) {
    ShardReport child = view.group(operation.getOtherShardId()).report();
    if (parent == null || child == null) {
      return null;
    }
    boolean named =
        parent.getChildrenList().stream()
            .anyMatch(one -> one.getShardId() == operation.getOtherShardId());
    if (named || parent.getUntrimmed() || child.getUntrimmed()) {
      return waitIn(operation, "trimming");
    }
    return end(
        operation,
        OperationState.OPERATION_STATE_DONE,
        "shard " + operation.getOtherShardId() + " has the upper part");
  }

  private @Nullable Operation merge(OperationRecord operation) {
    long id = operation.getOperationId();
    ShardRow left = view.meta().shard(operation.getShardId());
    ShardRow right = view.meta().shard(operation.getOtherShardId());
    if (left == null || right == null || right.getRemoved()) {
      return end(
          operation,
          OperationState.OPERATION_STATE_DONE,
          "shard " + operation.getShardId() + " has absorbed it");
    }
    GroupView leftGroup = view.group(left.getShardId());
    GroupView rightGroup = view.group(right.getShardId());
    ShardReport report = leftGroup.report();
    ShardReport other = rightGroup.report();
    String leader = leftGroup.leader();
    String otherLeader = rightGroup.leader();
    if (report == null || leader == null) {
      return null;
    }
    boolean over = report.getLastOperation() == id;
    if (over && report.getEnd().equals(right.getEnd()) && report.getEpoch() > left.getEpoch()) {
      // Decided; it is about to be written down.
      return null;
    }
    if (other == null || otherLeader == null) {
      return null;
    }
    boolean begun = report.getAbsorbingBy() == id || other.getFrozenBy() == id;
    boolean cancelling = operation.getState() == OperationState.OPERATION_STATE_CANCELLING;
    if (!begun && over) {
      return end(
          operation,
          cancelling
              ? OperationState.OPERATION_STATE_CANCELLED
              : OperationState.OPERATION_STATE_FAILED,
          "taken back: both shards are as before");
    }
    if (!begun && operation.getState() == OperationState.OPERATION_STATE_PAUSED) {
      return null;
    }
    boolean late = begun && view.clockMillis() - operation.getStartedMillis() > MERGE_MILLIS_MAX;
    if (late && operation.getState() == OperationState.OPERATION_STATE_RUNNING) {
      return end(
          operation,
          OperationState.OPERATION_STATE_CANCELLING,
          "not done after " + MERGE_MILLIS_MAX / 1_000 + " s: it is taken back");
    }
    // Taken back by the left one's log, so that a late step of it is refused: also if not begun.
    boolean abort = cancelling || over;
    return inPhase(
        operation,
        abort ? "taking back" : "copying",
        new Operation.Merge(
            left.getShardId(),
            leader,
            MergeShardRequest.newBuilder()
                .setOperationId(id)
                .setShardId(left.getShardId())
                .setAbsorbedId(right.getShardId())
                .setAbsorbedLeaderNodeId(otherLeader)
                .setLiveBytesMax(view.settings().number(MetaSettings.MERGE_BYTES_MAX))
                .setAbort(abort)
                .build(),
            "operation " + id + ": " + operation.getReason()));
  }

  private @Nullable Operation drain(OperationRecord operation) {
    NodeRecord node = view.meta().node(operation.getFromNodeId());
    if (node == null || node.getState() == NodeState.NODE_STATE_REMOVED) {
      return end(operation, OperationState.OPERATION_STATE_DONE, "the node has been removed");
    }
    if (operation.getState() == OperationState.OPERATION_STATE_CANCELLING) {
      return node.getState() == NodeState.NODE_STATE_DRAINING
          ? setState(operation, node, NodeState.NODE_STATE_UP)
          : end(
              operation,
              OperationState.OPERATION_STATE_CANCELLED,
              "the node is in service again; what has moved comes back as balance asks for it");
    }
    if (operation.getState() != OperationState.OPERATION_STATE_RUNNING) {
      return null;
    }
    if (node.getState() == NodeState.NODE_STATE_UP) {
      return setState(operation, node, NodeState.NODE_STATE_DRAINING);
    }
    if (view.meta().replicasOf(node.getNodeId()) == 0) {
      return end(
          operation, OperationState.OPERATION_STATE_DONE, "it holds nothing and can be removed");
    }
    return waitIn(operation, "moving");
  }

  private @Nullable Operation remove(OperationRecord operation) {
    NodeRecord node = view.meta().node(operation.getFromNodeId());
    boolean removed = node == null || node.getState() == NodeState.NODE_STATE_REMOVED;
    int replicas = view.meta().replicasOf(operation.getFromNodeId());
    if (removed && replicas == 0) {
      return end(operation, OperationState.OPERATION_STATE_DONE, "the node has been removed");
    }
    if (operation.getState() == OperationState.OPERATION_STATE_CANCELLING) {
      if (node == null || removed) {
        return end(
            operation,
            OperationState.OPERATION_STATE_CANCELLED,
            "too late: the node is removed, its replicas are made anew elsewhere");
      }
      return node.getState() == NodeState.NODE_STATE_DRAINING
          ? setState(operation, node, NodeState.NODE_STATE_UP)
          : end(
              operation, OperationState.OPERATION_STATE_CANCELLED, "the node is in service again");
    }
    if (operation.getState() != OperationState.OPERATION_STATE_RUNNING || node == null || removed) {
      return null;
    }
    if (replicas == 0) {
      return setState(operation, node, NodeState.NODE_STATE_REMOVED);
    }
    return node.getState() == NodeState.NODE_STATE_UP
        ? setState(operation, node, NodeState.NODE_STATE_DRAINING)
        : null;
  }

  private static Operation setState(OperationRecord operation, NodeRecord node, NodeState state) {
    return new Operation.Propose(
        groupOf(operation),
        MetaCommand.newBuilder()
            .setSetNodeState(SetNodeState.newBuilder().setNodeId(node.getNodeId()).setState(state))
            .build(),
        "operation " + operation.getOperationId() + ": " + operation.getReason());
  }

  /** Operations that have not ended. */
  static List<OperationRecord> open(ClusterView view) {
    return view.meta().operations().stream().filter(operation -> !isEnded(operation)).toList();
  }
}
