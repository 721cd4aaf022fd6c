package io.henge.router.meta;

import io.henge.api.error.ErrorCode;
import io.henge.api.internal.v1.AbandonReplica;
import io.henge.api.internal.v1.AddReplica;
import io.henge.api.internal.v1.ClusterRow;
import io.henge.api.internal.v1.ConfirmReplicas;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.SetMetaReplicas;
import io.henge.api.internal.v1.ShardRow;
import io.henge.api.v1.NodeState;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;

/**
 * Who holds what. Rows follow the logs of the groups: a leader reports its committed members with
 * the index of the change, and a report that is older than the row is refused. What is planned
 * carries the version of the row that it was planned on.
 */
final class ReplicaCommands {
  /** Members and joining nodes of one group, together. */
  static final int MEMBERS_MAX = 9;

  private ReplicaCommands() {}

  static MetaResult.Builder add(Draft draft, AddReplica command) {
    ShardRow shard = draft.requireShard(command.getShardId());
    String nodeId = command.getNodeId();
    if (draft.requireNode(nodeId).getState() != NodeState.NODE_STATE_UP) {
      throw Refused.invalid("node " + nodeId + " is being drained and takes no replicas");
    }
    if (shard.getReplicaNodeIdsList().contains(nodeId)) {
      throw new Refused(
          ErrorCode.ALREADY_EXISTS,
          "node " + nodeId + " holds a replica of shard " + shard.getShardId() + " already");
    }
    requireVersion(shard, command.getExpectedConfVersion());
    if (shard.getJoiningNodeIdsList().contains(nodeId)) {
      return MetaResult.newBuilder();
    }
    if (shard.getReplicaNodeIdsCount() + shard.getJoiningNodeIdsCount() >= MEMBERS_MAX) {
      throw Refused.invalid(
          "shard " + shard.getShardId() + " has " + MEMBERS_MAX + " replicas, the most it takes");
    }
    draft.put(
        shard.toBuilder().addJoiningNodeIds(nodeId).setConfVersion(shard.getConfVersion() + 1));
    return MetaResult.newBuilder();
  }

  static MetaResult.Builder abandon(Draft draft, AbandonReplica command) {
    ShardRow shard = draft.requireShard(command.getShardId());
    requireVersion(shard, command.getExpectedConfVersion());
    List<String> joining = new ArrayList<>(shard.getJoiningNodeIdsList());
    if (!joining.remove(command.getNodeId())) {
      throw new Refused(
          ErrorCode.NOT_FOUND,
          "node " + command.getNodeId() + " is not about to join shard " + shard.getShardId());
    }
    draft.put(
        shard.toBuilder()
            .clearJoiningNodeIds()
            .addAllJoiningNodeIds(joining)
            .setConfVersion(shard.getConfVersion() + 1));
    return MetaResult.newBuilder();
  }

  static MetaResult.Builder confirm(Draft draft, ConfirmReplicas command) {
    ShardRow shard = draft.requireShard(command.getShardId());
    String group = "shard " + shard.getShardId();
    List<String> members = requireMembers(draft, group, command.getNodeIdsList());
    if (isKnown(
        group,
        members,
        shard.getReplicaNodeIdsList(),
        command.getConfIndex(),
        shard.getConfIndex())) {
      if (command.getConfIndex() > shard.getConfIndex()) {
        // The same members, but now older reports can be told as such. No plan is touched by it.
        draft.put(shard.toBuilder().setConfIndex(command.getConfIndex()));
      }
      return MetaResult.newBuilder();
    }
    List<String> joining = new ArrayList<>(shard.getJoiningNodeIdsList());
    joining.removeAll(new HashSet<>(members));
    draft.put(
        shard.toBuilder()
            .clearReplicaNodeIds()
            .addAllReplicaNodeIds(members)
            .clearJoiningNodeIds()
            .addAllJoiningNodeIds(joining)
            .setConfIndex(command.getConfIndex())
            .setConfVersion(shard.getConfVersion() + 1));
    return MetaResult.newBuilder();
  }

  static MetaResult.Builder setMeta(Draft draft, SetMetaReplicas command) {
    ClusterRow.Builder cluster = draft.cluster;
    long expected = command.getExpectedConfVersion();
    if (expected != 0 && expected != cluster.getMetaConfVersion()) {
      throw changed("the meta shard", cluster.getMetaConfVersion(), expected);
    }
    List<String> members = requireMembers(draft, "the meta shard", command.getNodeIdsList());
    TreeSet<String> joining = new TreeSet<>(command.getJoiningNodeIdsList());
    joining.removeAll(new HashSet<>(members));
    joining.forEach(draft::requireNode);
    if (members.size() + joining.size() > MEMBERS_MAX) {
      throw Refused.invalid("the meta shard takes at most " + MEMBERS_MAX + " replicas");
    }
    List<String> before = cluster.getMetaNodeIdsList().stream().toList();
    boolean known;
    if (command.getConfIndex() == 0) {
      if (!new HashSet<>(before).equals(new HashSet<>(members))) {
        throw Refused.invalid(
            "the members of the meta shard are "
                + before
                + "; other ones ("
                + members
                + ") need the conf_index that its leader reports");
      }
      known = true;
    } else {
      known =
          isKnown(
              "the meta shard",
              members,
              before,
              command.getConfIndex(),
              cluster.getMetaConfIndex());
    }
    boolean sameJoining = joining.equals(new TreeSet<>(cluster.getMetaJoiningNodeIdsList()));
    if (known && sameJoining && command.getConfIndex() <= cluster.getMetaConfIndex()) {
      return MetaResult.newBuilder();
    }
    cluster
        .clearMetaNodeIds()
        .addAllMetaNodeIds(members)
        .clearMetaJoiningNodeIds()
        .addAllMetaJoiningNodeIds(joining)
        .setMetaConfIndex(Math.max(cluster.getMetaConfIndex(), command.getConfIndex()))
        .setMetaConfVersion(cluster.getMetaConfVersion() + (known && sameJoining ? 0 : 1));
    draft.clusterChanged();
    return MetaResult.newBuilder();
  }

  private static void requireVersion(ShardRow shard, long expected) {
    if (shard.getConfVersion() != expected) {
      throw changed("shard " + shard.getShardId(), shard.getConfVersion(), expected);
    }
  }

  static Refused changed(String group, long version, long expected) {
    return new Refused(
        ErrorCode.CONDITION_FAILED,
        group
            + " is at conf_version "
            + version
            + ", not at "
            + expected
            + ": look again and plan anew");
  }

  /** Sorted, so that equal sets make equal rows. */
  static List<String> requireMembers(Draft draft, String group, List<String> nodeIds) {
    TreeSet<String> members = new TreeSet<>(nodeIds);
    if (members.isEmpty() || members.size() != nodeIds.size() || members.size() > MEMBERS_MAX) {
      throw Refused.invalid(
          group + " has 1 to " + MEMBERS_MAX + " members, each named once, not " + nodeIds);
    }
    for (String nodeId : members) {
      if (draft.base.node(nodeId) == null) {
        throw new Refused(
            ErrorCode.NOT_FOUND, group + " cannot have a member that is no node: " + nodeId);
      }
    }
    return new ArrayList<>(members);
  }

  /** Whether a report says nothing new; one that is out of date is refused. */
  private static boolean isKnown(
      String group, List<String> members, List<String> before, long index, long indexBefore) {
    boolean same = new HashSet<>(before).equals(new HashSet<>(members));
    int order = Long.compare(index, indexBefore);
    if (order < 0 || (order == 0 && !same)) {
      throw new Refused(
          ErrorCode.CONDITION_FAILED,
          "the report on the members of "
              + group
              + " is out of date: conf_index "
              + index
              + ", known is "
              + indexBefore);
    }
    return same;
  }
}
