package io.henge.router.meta;

import com.google.protobuf.ByteString;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.FormCluster;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.RaiseFeatureLevel;
import io.henge.api.internal.v1.SetSetting;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.router.Ring;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The effect of each command; those about the cluster as a whole are here. */
final class Commands {
  static final int REPLICATION_TARGET_DEFAULT = 3;
  static final int SETTINGS_MAX = 256;
  static final int SETTING_BYTES_MAX = 1024;

  private Commands() {}

  static MetaResult.Builder apply(Draft draft, MetaCommand command) {
    MetaCommand.CommandCase kind = command.getCommandCase();
    DerivedCommands.requireLevel(draft, Levels.needed(command));
    return switch (kind) {
      case FORM_CLUSTER -> formCluster(draft, command.getFormCluster());
      case REGISTER_NODE -> NodeCommands.register(draft, command.getRegisterNode());
      case CREATE_COLLECTION -> CollectionCommands.create(draft, command.getCreateCollection());
      case DROP_COLLECTION -> CollectionCommands.drop(draft, command.getDropCollection());
      case ADD_REPLICA -> ReplicaCommands.add(draft, command.getAddReplica());
      case CONFIRM_REPLICAS -> ReplicaCommands.confirm(draft, command.getConfirmReplicas());
      case ABANDON_REPLICA -> ReplicaCommands.abandon(draft, command.getAbandonReplica());
      case SET_META_REPLICAS -> ReplicaCommands.setMeta(draft, command.getSetMetaReplicas());
      case SET_SETTING -> set(draft, command.getSetSetting());
      case RAISE_FEATURE_LEVEL -> raise(draft, command.getRaiseFeatureLevel());
      case BEGIN_OPERATION -> OperationCommands.begin(draft, command.getBeginOperation());
      case UPDATE_OPERATION -> OperationCommands.update(draft, command.getUpdateOperation());
      case RECORD_SPLIT -> RangeCommands.split(draft, command.getRecordSplit());
      case RECORD_MERGE -> RangeCommands.merge(draft, command.getRecordMerge());
      case SET_NODE_STATE -> NodeCommands.setState(draft, command.getSetNodeState());
      case CREATE_INDEX -> DerivedCommands.createIndex(draft, command.getCreateIndex());
      case DROP_INDEX -> DerivedCommands.dropIndex(draft, command.getDropIndex());
      case CREATE_COPY -> DerivedCommands.createCopy(draft, command.getCreateCopy());
      case DROP_COPY -> DerivedCommands.dropCopy(draft, command.getDropCopy());
      case SET_CHANGES -> DerivedCommands.setChanges(draft, command.getSetChanges());
      case COMMAND_NOT_SET -> throw Refused.invalid("the command is empty");
    };
  }

  private static MetaResult.Builder formCluster(Draft draft, FormCluster command) {
    MetaResult.Builder result = MetaResult.newBuilder();
    if (draft.base.isFormed()) {
      return formedAlready(draft, command, result);
    }
    Names.requireName("cluster_id", command.getClusterId());
    NodeRecord node = NodeCommands.normal(command.getFirstNode()).build();
    int target = command.getReplicationTarget();
    int level = command.getFeatureLevel() == 0 ? node.getFeatureLevel() : command.getFeatureLevel();
    if (Integer.compareUnsigned(level, node.getFeatureLevel()) > 0) {
      throw Refused.invalid(
          "feature_level "
              + Integer.toUnsignedString(level)
              + " is above what the first node reads: "
              + Integer.toUnsignedString(node.getFeatureLevel()));
    }
    draft
        .cluster
        .setClusterId(command.getClusterId())
        .setReplicationTarget(
            requireTarget(
                Integer.toUnsignedLong(target == 0 ? REPLICATION_TARGET_DEFAULT : target)))
        .setFeatureLevel(level)
        .setNextCollectionId(1)
        .addMetaNodeIds(node.getNodeId())
        .setMetaConfVersion(1);
    createShards(draft, node.getNodeId(), command.getShards() == 0 ? 1 : command.getShards());
    draft.clusterChanged();
    return result.setNode(draft.put(node.toBuilder()));
  }

  private static void createShards(Draft draft, String nodeId, int count) {
    List<Ring.Range> ranges;
    try {
      ranges = Ring.cut(count);
    } catch (HengeException e) {
      throw new Refused(e.code(), String.valueOf(e.getMessage()));
    }
    long id = Math.max(1, draft.cluster.getNextShardId());
    for (Ring.Range range : ranges) {
      draft.put(
          ShardRow.newBuilder()
              .setShardId(id++)
              .setEpoch(1)
              .setStart(ByteString.copyFrom(range.start()))
              .setEnd(ByteString.copyFrom(range.end()))
              .addReplicaNodeIds(nodeId)
              .setConfVersion(1));
    }
    draft.cluster.setNextShardId(id);
  }

  /** A node that died between forming the cluster and hearing of it may do it again. */
  private static MetaResult.Builder formedAlready(
      Draft draft, FormCluster command, MetaResult.Builder result) {
    NodeRecord first = draft.base.node(command.getFirstNode().getNodeId());
    if (first != null && command.getClusterId().equals(draft.base.cluster().getClusterId())) {
      return result.setNode(first);
    }
    throw new Refused(
        ErrorCode.ALREADY_EXISTS,
        "this is cluster " + draft.base.cluster().getClusterId() + " already: join it instead");
  }

  private static MetaResult.Builder set(Draft draft, SetSetting command) {
    String name = Names.requireDottedName("setting name", command.getName());
    String value = command.getValue();
    int bytes = value.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > SETTING_BYTES_MAX) {
      throw Refused.invalid(
          "the value of setting "
              + name
              + " has "
              + bytes
              + " bytes, the limit is "
              + SETTING_BYTES_MAX);
    }
    String before = draft.cluster.getSettingsOrDefault(name, "");
    if (name.equals(MetaSettings.REPLICATION_TARGET)) {
      int target = value.isEmpty() ? REPLICATION_TARGET_DEFAULT : requireTarget(number(value));
      if (target != draft.cluster.getReplicationTarget()) {
        draft.cluster.setReplicationTarget(target);
        draft.clusterChanged();
      }
    }
    if (!before.equals(value)) {
      if (value.isEmpty()) {
        draft.cluster.removeSettings(name);
      } else if (before.isEmpty() && draft.cluster.getSettingsCount() >= SETTINGS_MAX) {
        throw Refused.invalid("there are " + SETTINGS_MAX + " settings already: remove one first");
      } else {
        draft.cluster.putSettings(name, value);
      }
      draft.clusterChanged();
    }
    return MetaResult.newBuilder();
  }

  private static MetaResult.Builder raise(Draft draft, RaiseFeatureLevel command) {
    int level = command.getLevel();
    int order = Integer.compareUnsigned(level, draft.cluster.getFeatureLevel());
    if (order < 0) {
      throw Refused.invalid(
          "the feature level is "
              + Integer.toUnsignedString(draft.cluster.getFeatureLevel())
              + " and never falls, not to "
              + Integer.toUnsignedString(level));
    }
    for (NodeRecord node : draft.base.nodes()) {
      if (node.getState() != NodeState.NODE_STATE_REMOVED
          && Integer.compareUnsigned(node.getFeatureLevel(), level) < 0) {
        throw new Refused(
            ErrorCode.CONDITION_FAILED,
            "node "
                + node.getName()
                + " reads formats up to level "
                + Integer.toUnsignedString(node.getFeatureLevel())
                + ", not "
                + Integer.toUnsignedString(level)
                + ": install the newer version there first");
      }
    }
    if (order > 0) {
      draft.cluster.setFeatureLevel(level);
      draft.clusterChanged();
    }
    return MetaResult.newBuilder();
  }

  private static int requireTarget(long target) {
    if (target != 1 && target != 3 && target != 5) {
      throw Refused.invalid("the replication target is 1, 3 or 5, not " + target);
    }
    return (int) target;
  }

  /** -1 if the text is no number of one digit, which is never a good target either. */
  private static long number(String text) {
    return text.length() == 1 ? Character.digit(text.charAt(0), 10) : -1;
  }
}
