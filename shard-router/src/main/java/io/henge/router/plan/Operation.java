package io.henge.router.plan;

import io.henge.api.internal.v1.AbandonReplica;
import io.henge.api.internal.v1.AddReplica;
import io.henge.api.internal.v1.ConfirmReplicas;
import io.henge.api.internal.v1.MergeShardRequest;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.SetMetaReplicas;
import io.henge.api.internal.v1.SplitShardRequest;
import io.henge.api.internal.v1.TrimShardRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * One thing to do. Those that change the meta state come as commands that carry what they were
 * planned on: if that has changed, they are refused, and the next plan is made on what is.
 */
public sealed interface Operation {
  /**
   * The group it is about; {@link GroupView#META} for the meta shard, less than 0 if it is about
   * none. One step of each group is carried out at a time.
   */
  long group();

  /** Why, as a sentence for a log. */
  String reason();

  /**
   * Announces that nodes are to hold a replica; each makes an empty one and reports it.
   *
   * @param members members as of now
   * @param joining nodes that are joining already
   * @param added the new ones
   * @param confVersion of the group's row
   */
  record Prepare(
      long group,
      List<String> members,
      List<String> joining,
      List<String> added,
      long confVersion,
      String reason)
      implements Operation {

    /** The commands, to be proposed in order, each under a request id of its own. */
    public List<MetaCommand.Builder> commands() {
      if (group == GroupView.META) {
        List<String> all = new ArrayList<>(joining);
        all.addAll(added);
        return List.of(metaReplicas(members, all, confVersion, 0));
      }
      List<MetaCommand.Builder> commands = new ArrayList<>();
      for (int i = 0; i < added.size(); i++) {
        commands.add(
            MetaCommand.newBuilder()
                .setAddReplica(
                    AddReplica.newBuilder()
                        .setShardId(group)
                        .setNodeId(added.get(i))
                        // Each of them makes a version.
                        .setExpectedConfVersion(confVersion + i)));
      }
      return commands;
    }
  }

  /**
   * Takes an announcement back.
   *
   * @param joining who is still to join
   */
  record Abandon(
      long group,
      String nodeId,
      List<String> members,
      List<String> joining,
      long confVersion,
      String reason)
      implements Operation {

    public MetaCommand.Builder command() {
      if (group == GroupView.META) {
        return metaReplicas(members, joining, confVersion, 0);
      }
      return MetaCommand.newBuilder()
          .setAbandonReplica(
              AbandonReplica.newBuilder()
                  .setShardId(group)
                  .setNodeId(nodeId)
                  .setExpectedConfVersion(confVersion));
    }
  }

  /**
   * Lets the leader change the members: adds some, one after the other and at once (with two
   * members the death of either stops the group, so that state must not last), replaces one by
   * another in one change, or takes some out in one change.
   *
   * @param leader whom to ask
   * @param from members as of now
   * @param to members in the end; what is added stands last
   */
  record ChangeMembers(long group, String leader, List<String> from, List<String> to, String reason)
      implements Operation {

    /** The memberships to go through; where some are added, each one node larger than before. */
    public List<List<String>> steps() {
      if (to.size() <= from.size()) {
        return List.of(List.copyOf(to));
      }
      List<List<String>> steps = new ArrayList<>();
      for (int size = from.size() + 1; size <= to.size(); size++) {
        steps.add(List.copyOf(to.subList(0, size)));
      }
      return steps;
    }
  }

  /**
   * Writes down what the leader reports.
   *
   * @param joining who is to join after that; used for the meta shard
   */
  record Confirm(
      long group,
      List<String> members,
      List<String> joining,
      long confIndex,
      long confVersion,
      String reason)
      implements Operation {

    public MetaCommand.Builder command() {
      if (group == GroupView.META) {
        return metaReplicas(members, joining, confVersion, confIndex);
      }
      return MetaCommand.newBuilder()
          .setConfirmReplicas(
              ConfirmReplicas.newBuilder()
                  .setShardId(group)
                  .addAllNodeIds(members)
                  .setConfIndex(confIndex));
    }
  }

  /** Lets the leader hand over to another member. */
  record TransferLeader(long group, String from, String to, String reason) implements Operation {}

  /**
   * Has something written down in meta.
   *
   * @param command without a request id
   */
  record Propose(long group, MetaCommand command, String reason) implements Operation {}

  /**
   * Lets the leader of a shard carry a split through. Refused for good (an error that is not to be
   * retried): propose {@link OperationSteps#failed}.
   */
  record Split(long group, String leader, SplitShardRequest request, String reason)
      implements Operation {}

  /** Lets the leader of the left shard carry a merge through, or take it back; like a split. */
  record Merge(long group, String leader, MergeShardRequest request, String reason)
      implements Operation {}

  /** Lets the leader end what reshaping left behind. */
  record Trim(long group, String leader, TrimShardRequest request, String reason)
      implements Operation {}

  private static MetaCommand.Builder metaReplicas(
      List<String> members, List<String> joining, long confVersion, long confIndex) {
    return MetaCommand.newBuilder()
        .setSetMetaReplicas(
            SetMetaReplicas.newBuilder()
                .addAllNodeIds(members)
                .addAllJoiningNodeIds(new TreeSet<>(joining))
                .setExpectedConfVersion(confVersion)
                .setConfIndex(confIndex));
  }
}
