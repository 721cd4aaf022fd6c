package io.henge.router.plan;

import io.henge.api.internal.v1.ClusterRow;
import io.henge.api.internal.v1.ShardRow;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A group as it is agreed and as it is reported; the meta shard and data shards alike.
 *
 * @param members as agreed
 * @param joining announced, and not members yet
 */
record Group(
    long id,
    List<String> members,
    List<String> joining,
    long confVersion,
    long confIndex,
    GroupView view) {

  static List<Group> all(ClusterView cluster) {
    List<Group> groups = new ArrayList<>();
    groups.add(ofMeta(cluster));
    for (ShardRow shard : cluster.meta().shards()) {
      groups.add(of(cluster, shard));
    }
    return groups;
  }

  /** A group by number; one of a shard that is not there has no members. */
  static Group of(ClusterView cluster, long id) {
    if (id == GroupView.META) {
      return ofMeta(cluster);
    }
    ShardRow shard = cluster.meta().shard(id);
    return shard == null || shard.getRemoved()
        ? new Group(id, List.of(), List.of(), 0, 0, GroupView.unknown(id))
        : of(cluster, shard);
  }

  private static Group ofMeta(ClusterView cluster) {
    ClusterRow row = cluster.meta().cluster();
    return new Group(
        GroupView.META,
        List.copyOf(row.getMetaNodeIdsList()),
        List.copyOf(row.getMetaJoiningNodeIdsList()),
        row.getMetaConfVersion(),
        row.getMetaConfIndex(),
        cluster.group(GroupView.META));
  }

  private static Group of(ClusterView cluster, ShardRow shard) {
    return new Group(
        shard.getShardId(),
        List.copyOf(shard.getReplicaNodeIdsList()),
        List.copyOf(shard.getJoiningNodeIdsList()),
        shard.getConfVersion(),
        shard.getConfIndex(),
        cluster.group(shard.getShardId()));
  }

  boolean isMeta() {
    return id == GroupView.META;
  }

  /** The leader, if it reports members and has not been overtaken by what is agreed. */
  @Nullable String leader() {
    return view.leader() != null && view.members().contains(view.leader()) ? view.leader() : null;
  }

  /** Whether the leader reports other members than are agreed, and its report is the newer one. */
  boolean isToBeConfirmed() {
    return leader() != null && view.confIndex() > confIndex && !isAsReported();
  }

  boolean isAsReported() {
    return new HashSet<>(view.members()).equals(new HashSet<>(members));
  }

  String name() {
    return isMeta() ? "the meta shard" : "shard " + id;
  }
}
