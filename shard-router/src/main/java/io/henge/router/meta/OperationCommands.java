package io.henge.router.meta;

import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.BeginOperation;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.internal.v1.UpdateOperation;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Things that take a while: begun, changed in their state, ended. */
final class OperationCommands {
  /** Under way at a time, in the whole cluster: each costs the planner a look in each round. */
  static final int OPERATIONS_MAX = 10_000;

  static final int TEXT_BYTES_MAX = 1_024;

  private OperationCommands() {}

  static MetaResult.Builder begin(Draft draft, BeginOperation command) {
    requireText("reason", command.getReason());
    OperationRecord.Builder operation =
        OperationRecord.newBuilder()
            .setKind(command.getKind())
            .setState(OperationState.OPERATION_STATE_RUNNING)
            .setReason(command.getReason())
            .setByCommand(command.getByCommand())
            .setStartedMillis(command.getAtMillis());
    switch (command.getKind()) {
      case OPERATION_KIND_SPLIT -> split(draft, command, operation);
      case OPERATION_KIND_MERGE -> merge(draft, command, operation);
      case OPERATION_KIND_MOVE -> move(draft, command, operation);
      case OPERATION_KIND_DRAIN, OPERATION_KIND_REMOVE -> node(draft, command, operation);
      case OPERATION_KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw Refused.invalid("the kind of the operation is missing or not known here");
    }
    long open = draft.base.operations().stream().filter(row -> !isEnded(row.getState())).count();
    if (open >= OPERATIONS_MAX) {
      throw new Refused(
          ErrorCode.CONDITION_FAILED,
          OPERATIONS_MAX + " operations are under way, the most there may be: wait for some");
    }
    long id = Math.max(1, draft.cluster.getNextOperationId());
    draft.cluster.setNextOperationId(id + 1);
    return MetaResult.newBuilder().setOperation(draft.put(operation.setOperationId(id)));
  }

  private static void split(
      Draft draft, BeginOperation command, OperationRecord.Builder operation) {
    ShardRow shard = draft.requireShard(command.getShardId());
    requireIdle(draft, shard.getShardId());
    requireEpoch(shard, command.getExpectedEpoch());
    if (!command.getAt().isEmpty() && !RangeCommands.isInside(command.getAt(), shard)) {
      throw Refused.invalid(
          "the cut is not inside the range of shard "
              + shard.getShardId()
              + ": it must lie above the shard's first key and below its end");
    }
    long child = draft.cluster.getNextShardId();
    draft.cluster.setNextShardId(child + 1);
    operation
        .setShardId(shard.getShardId())
        .setOtherShardId(child)
        .setAt(command.getAt())
        .setExpectedEpoch(shard.getEpoch());
  }

  private static void merge(
      Draft draft, BeginOperation command, OperationRecord.Builder operation) {
    ShardRow left = draft.requireShard(command.getShardId());
    long otherId = command.getOtherShardId();
    ShardRow right = otherId == 0 ? draft.base.rightOf(left) : draft.requireShard(otherId);
    if (right == null) {
      throw Refused.invalid(
          "shard " + left.getShardId() + " ends the ring: it has no right neighbour to absorb");
    }
    RangeCommands.requireNeighbours(left, right);
    requireIdle(draft, left.getShardId());
    requireIdle(draft, right.getShardId());
    requireEpoch(left, command.getExpectedEpoch());
    operation
        .setShardId(left.getShardId())
        .setOtherShardId(right.getShardId())
        .setExpectedEpoch(left.getEpoch());
  }

  private static void move(Draft draft, BeginOperation command, OperationRecord.Builder operation) {
    String group;
    long confVersion;
    List<String> members;
    long epoch = 0;
    if (command.getShardId() == 0) {
      group = "the meta shard";
      confVersion = draft.cluster.getMetaConfVersion();
      members = List.copyOf(draft.cluster.getMetaNodeIdsList());
    } else {
      ShardRow shard = draft.requireShard(command.getShardId());
      group = "shard " + shard.getShardId();
      confVersion = shard.getConfVersion();
      members = shard.getReplicaNodeIdsList();
      requireEpoch(shard, command.getExpectedEpoch());
      epoch = shard.getEpoch();
    }
    requireMovable(draft, command.getShardId());
    long expected = command.getExpectedConfVersion();
    if (expected != 0 && expected != confVersion) {
      throw ReplicaCommands.changed(group, confVersion, expected);
    }
    if (!members.contains(command.getFromNodeId())) {
      throw new Refused(
          ErrorCode.NOT_FOUND,
          "node " + Names.shown(command.getFromNodeId()) + " holds no replica of " + group);
    }
    NodeRecord to = draft.requireNode(command.getToNodeId());
    if (members.contains(to.getNodeId())) {
      throw new Refused(
          ErrorCode.ALREADY_EXISTS,
          "node " + to.getName() + " holds a replica of " + group + " already");
    }
    if (to.getState() != NodeState.NODE_STATE_UP) {
      throw Refused.invalid("node " + to.getName() + " is being drained and takes no replicas");
    }
    operation
        .setShardId(command.getShardId())
        .setFromNodeId(command.getFromNodeId())
        .setToNodeId(to.getNodeId())
        .setExpectedEpoch(epoch);
  }

  private static void node(Draft draft, BeginOperation command, OperationRecord.Builder operation) {
    NodeRecord node = draft.requireNode(command.getFromNodeId());
    for (OperationRecord other : draft.base.operations()) {
      boolean ofNode =
          other.getKind() == OperationKind.OPERATION_KIND_DRAIN
              || other.getKind() == OperationKind.OPERATION_KIND_REMOVE;
      if (ofNode && !isEnded(other.getState()) && other.getFromNodeId().equals(node.getNodeId())) {
        throw new Refused(
            ErrorCode.CONDITION_FAILED,
            "operation "
                + other.getOperationId()
                + " is under way with node "
                + node.getName()
                + ": wait for it or cancel it");
      }
    }
    operation.setFromNodeId(node.getNodeId());
  }

  private static void requireEpoch(ShardRow shard, long expected) {
    if (expected != 0 && expected != shard.getEpoch()) {
      throw new Refused(
          ErrorCode.CONDITION_FAILED,
          "shard "
              + shard.getShardId()
              + " is at epoch "
              + shard.getEpoch()
              + ", not at "
              + expected
              + ": look again and plan anew");
    }
  }

  private static void requireIdle(Draft draft, long shardId) {
    requireNone(draft, shardId, false);
  }

  /**
   * Once a split is written down, what is left of it is trimming, which waits until all members of
   * the child run: then members of both may move, or a dead one would be waited for for ever.
   */
  private static void requireMovable(Draft draft, long shardId) {
    requireNone(draft, shardId, true);
  }

  private static void requireNone(Draft draft, long shardId, boolean butWrittenSplits) {
    for (OperationRecord other : draft.base.operations()) {
      boolean written =
          butWrittenSplits
              && other.getKind() == OperationKind.OPERATION_KIND_SPLIT
              && draft.base.shard(other.getOtherShardId()) != null;
      if (!isEnded(other.getState()) && !written && involves(other, shardId)) {
        throw new Refused(
            ErrorCode.CONDITION_FAILED,
            "operation "
                + other.getOperationId()
                + " is under way with "
                + (shardId == 0 ? "the meta shard" : "shard " + shardId)
                + ": wait for it or cancel it");
      }
    }
  }

  /** Whether a shard takes part in an operation; shard 0 is the meta shard. */
  private static boolean involves(OperationRecord operation, long shardId) {
    return switch (operation.getKind()) {
      case OPERATION_KIND_SPLIT, OPERATION_KIND_MERGE ->
          operation.getShardId() == shardId || operation.getOtherShardId() == shardId;
      case OPERATION_KIND_MOVE -> operation.getShardId() == shardId;
      case OPERATION_KIND_DRAIN, OPERATION_KIND_REMOVE, OPERATION_KIND_UNSPECIFIED, UNRECOGNIZED ->
          false;
    };
  }

  static MetaResult.Builder update(Draft draft, UpdateOperation command) {
    OperationRecord known = draft.base.operation(command.getOperationId());
    if (known == null) {
      throw new Refused(
          ErrorCode.NOT_FOUND,
          "there is no operation "
              + Long.toUnsignedString(command.getOperationId())
              + "; of those that have ended only the last "
              + MetaState.ENDED_OPERATIONS_KEPT
              + " are kept");
    }
    requireText("phase", command.getPhase());
    requireText("message", command.getMessage());
    OperationState state =
        command.getState() == OperationState.OPERATION_STATE_UNSPECIFIED
            ? known.getState()
            : command.getState();
    requireLegal(known, state);
    MetaResult.Builder result = MetaResult.newBuilder();
    OperationRecord.Builder changed = known.toBuilder().setState(state);
    if (!isEnded(known.getState())) {
      if (!command.getPhase().isEmpty()) {
        changed.setPhase(command.getPhase());
      }
      if (!command.getMessage().isEmpty()) {
        changed.setMessage(command.getMessage());
      }
      if (isEnded(state)) {
        changed.setEndedMillis(command.getAtMillis());
      }
    }
    if (changed.build().equals(known)) {
      return result.setOperation(known);
    }
    OperationRecord row = draft.put(changed);
    if (isEnded(state)) {
      forgetOldest(draft);
    }
    return result.setOperation(row);
  }

  /** Of those that have ended, the ones that ended first go. */
  private static void forgetOldest(Draft draft) {
    List<OperationRecord> ended = new ArrayList<>();
    draft.operations().values().stream().filter(row -> isEnded(row.getState())).forEach(ended::add);
    ended.sort(
        Comparator.comparingLong(OperationRecord::getChangedIn)
            .thenComparingLong(OperationRecord::getOperationId));
    for (int i = 0; i < ended.size() - MetaState.ENDED_OPERATIONS_KEPT; i++) {
      draft.forget(ended.get(i));
    }
  }

  private static void requireLegal(OperationRecord known, OperationState to) {
    OperationState from = known.getState();
    boolean legal =
        from == to
            || switch (from) {
              case OPERATION_STATE_RUNNING ->
                  to == OperationState.OPERATION_STATE_PAUSED
                      || to == OperationState.OPERATION_STATE_CANCELLING
                      || to == OperationState.OPERATION_STATE_DONE
                      || to == OperationState.OPERATION_STATE_FAILED;
              // What was on its way when it was paused may come to an end all the same.
              case OPERATION_STATE_PAUSED ->
                  to == OperationState.OPERATION_STATE_RUNNING
                      || to == OperationState.OPERATION_STATE_CANCELLING
                      || to == OperationState.OPERATION_STATE_DONE
                      || to == OperationState.OPERATION_STATE_FAILED;
              // Too late to be taken back: then it is done.
              case OPERATION_STATE_CANCELLING ->
                  to == OperationState.OPERATION_STATE_CANCELLED
                      || to == OperationState.OPERATION_STATE_DONE
                      || to == OperationState.OPERATION_STATE_FAILED;
              case OPERATION_STATE_UNSPECIFIED,
                  OPERATION_STATE_DONE,
                  OPERATION_STATE_FAILED,
                  OPERATION_STATE_CANCELLED,
                  UNRECOGNIZED ->
                  false;
            };
    if (!legal) {
      throw new Refused(
          ErrorCode.CONDITION_FAILED,
          "operation "
              + known.getOperationId()
              + " is "
              + word(from)
              + " and cannot become "
              + word(to));
    }
  }

  static boolean isEnded(OperationState state) {
    return state == OperationState.OPERATION_STATE_DONE
        || state == OperationState.OPERATION_STATE_FAILED
        || state == OperationState.OPERATION_STATE_CANCELLED;
  }

  private static String word(OperationState state) {
    return switch (state) {
      case OPERATION_STATE_RUNNING -> "running";
      case OPERATION_STATE_PAUSED -> "paused";
      case OPERATION_STATE_CANCELLING -> "being cancelled";
      case OPERATION_STATE_DONE -> "done";
      case OPERATION_STATE_FAILED -> "failed";
      case OPERATION_STATE_CANCELLED -> "cancelled";
      case OPERATION_STATE_UNSPECIFIED, UNRECOGNIZED -> "in no known state";
    };
  }

  private static void requireText(String field, String text) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > TEXT_BYTES_MAX) {
      throw Refused.invalid(
          field + " of an operation has " + bytes + " bytes, the limit is " + TEXT_BYTES_MAX);
    }
  }
}
