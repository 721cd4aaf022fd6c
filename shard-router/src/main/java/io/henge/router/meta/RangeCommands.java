package io.henge.router.meta;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RecordMerge;
import io.henge.api.internal.v1.RecordSplit;
import io.henge.api.internal.v1.ShardRow;
import java.util.Comparator;
import java.util.List;

/**
 * Ranges that have changed. The logs of shards have decided it: these write it down, in the order
 * in which the epochs rose, so that the rows tile the ring at every version. A report that is ahead
 * of another one is refused until that has been written down; one that is late changes nothing.
 */
final class RangeCommands {
  private static final Comparator<ByteString> ORDER =
      ByteString.unsignedLexicographicalComparator();

  private RangeCommands() {}

  static MetaResult.Builder split(Draft draft, RecordSplit command) {
    ShardRow parent = requireRow(draft, command.getShardId());
    ShardRow child = draft.base.shard(command.getChildId());
    if (child != null) {
      if (child.getShardId() == parent.getShardId()) {
        throw Refused.invalid("shard " + parent.getShardId() + " cannot be its own child");
      }
      // Written down before; since then it may have changed in any way.
      return MetaResult.newBuilder();
    }
    if (command.getChildId() == 0
        || Long.compareUnsigned(command.getChildId(), draft.cluster.getNextShardId()) >= 0) {
      throw Refused.invalid(
          "the id "
              + Long.toUnsignedString(command.getChildId())
              + " was never given out for a child of shard "
              + parent.getShardId());
    }
    if (parent.getRemoved() || command.getEpoch() != parent.getEpoch() + 1) {
      throw outOfTurn(parent, command.getEpoch(), parent.getEpoch() + 1);
    }
    if (!isInside(command.getAt(), parent)) {
      throw Refused.invalid("the cut is not inside the range of shard " + parent.getShardId());
    }
    List<String> members =
        ReplicaCommands.requireMembers(
            draft,
            "shard " + Long.toUnsignedString(command.getChildId()),
            command.getChildNodeIdsList());
    draft.put(parent.toBuilder().setEnd(command.getAt()).setEpoch(command.getEpoch()));
    draft.put(
        ShardRow.newBuilder()
            .setShardId(command.getChildId())
            .setEpoch(command.getEpoch())
            .setStart(command.getAt())
            .setEnd(parent.getEnd())
            .addAllReplicaNodeIds(members)
            .setConfVersion(1));
    return MetaResult.newBuilder();
  }

  static MetaResult.Builder merge(Draft draft, RecordMerge command) {
    ShardRow left = requireRow(draft, command.getShardId());
    ShardRow right = requireRow(draft, command.getAbsorbedId());
    if (right.getRemoved() && left.getEpoch() >= command.getEpoch()) {
      return MetaResult.newBuilder();
    }
    long epoch = Math.max(left.getEpoch(), right.getEpoch()) + 1;
    if (left.getRemoved() || right.getRemoved() || command.getEpoch() != epoch) {
      throw outOfTurn(left, command.getEpoch(), epoch);
    }
    requireNeighbours(left, right);
    // Removed first: otherwise two rows would claim the range for a moment.
    draft.put(right.toBuilder().setRemoved(true));
    draft.put(left.toBuilder().setEnd(right.getEnd()).setEpoch(epoch));
    return MetaResult.newBuilder();
  }

  static void requireNeighbours(ShardRow left, ShardRow right) {
    if (left.getEnd().isEmpty() || !left.getEnd().equals(right.getStart())) {
      throw Refused.invalid(
          "shard "
              + right.getShardId()
              + " is not the right neighbour of shard "
              + left.getShardId()
              + " on the ring");
    }
  }

  /** Whether a key lies in a range and does not begin it. */
  static boolean isInside(ByteString at, ShardRow shard) {
    return ORDER.compare(at, shard.getStart()) > 0
        && (shard.getEnd().isEmpty() || ORDER.compare(at, shard.getEnd()) < 0);
  }

  /** Removed ones too. */
  private static ShardRow requireRow(Draft draft, long id) {
    ShardRow shard = draft.base.shard(id);
    if (shard == null) {
      throw new Refused(
          ErrorCode.NOT_FOUND, "the cluster has no shard " + Long.toUnsignedString(id));
    }
    return shard;
  }

  private static Refused outOfTurn(ShardRow shard, long epoch, long expected) {
    return new Refused(
        ErrorCode.CONDITION_FAILED,
        "the report gives shard "
            + shard.getShardId()
            + " epoch "
            + epoch
            + ", the next one to be written down is "
            + expected
            + (shard.getRemoved() ? ", and a neighbour has absorbed it" : "")
            + ": write down what came before first");
  }
}
