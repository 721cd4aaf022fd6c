package io.henge.router.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.internal.v1.ChildReport;
import io.henge.api.internal.v1.MergeShardRequest;
import io.henge.api.internal.v1.SplitShardRequest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;

/** What becomes of a plan's operations in the groups of a world. */
@NullUnmarked
final class PlanExecution {
  private final PlanWorld world;
  private final Map<Long, SimulatedGroup> groups;

  /** How often a leader was asked to hand over. */
  int transfers;

  /** Replicas that have been copied from node to node. */
  int copied;

  /** Operations that shards refuse for good. */
  boolean refusing;

  PlanExecution(PlanWorld world, Map<Long, SimulatedGroup> groups) {
    this.world = world;
    this.groups = groups;
  }

  void carryOut(Operation operation) {
    SimulatedGroup group = groups.get(operation.group());
    if (operation instanceof Operation.Propose propose) {
      world.apply(propose.command().toBuilder());
      return;
    }
    if (group == null) {
      return;
    }
    if (operation instanceof Operation.Split split) {
      split(group, split);
    } else if (operation instanceof Operation.Merge merge) {
      merge(group, merge);
    } else if (operation instanceof Operation.Trim trim) {
      trim.request().getChildIdsList().forEach(group.children::remove);
      group.untrimmed = !group.children.isEmpty();
    } else if (operation instanceof Operation.Prepare prepare) {
      prepare.commands().forEach(world::apply);
    } else if (operation instanceof Operation.Abandon abandon) {
      world.apply(abandon.command());
    } else if (operation instanceof Operation.Confirm confirm) {
      world.apply(confirm.command());
    } else if (operation instanceof Operation.ChangeMembers change) {
      changeMembers(group, change);
    } else if (operation instanceof Operation.TransferLeader transfer) {
      transfers++;
      if (transfer.from().equals(group.leader)
          && group.members.contains(transfer.to())
          && !world.down.contains(transfer.to())) {
        group.leader = transfer.to();
        group.sinceElection = 0;
      }
    }
  }

  private void changeMembers(SimulatedGroup group, Operation.ChangeMembers change) {
    if (!change.leader().equals(group.leader) || !change.from().equals(group.members)) {
      return;
    }
    for (List<String> step : change.steps()) {
      List<String> newcomers = new ArrayList<>(step);
      newcomers.removeAll(group.members);
      if (!Collections.disjoint(world.down, newcomers) || world.isTroubled()) {
        return;
      }
      if (!group.hosts.containsAll(newcomers)) {
        // By a late report of a replica it had before: the leader waits for it to catch up, in
        // vain.
        assertThat(world.trouble)
            .as("a newcomer without a replica, and no report is late")
            .isPositive();
        return;
      }
      List<String> leavers = new ArrayList<>(group.members);
      leavers.removeAll(step);
      (newcomers.isEmpty() ? leavers : group.members)
          .forEach(node -> requireNoChildToMake(group, node));
      assertThat(group.alive(group.members, world.down) * 2).isGreaterThan(group.members.size());
      assertThat(group.alive(step, world.down) * 2).isGreaterThan(step.size());
      copied += newcomers.size();
      group.members = step.stream().sorted().toList();
      group.confIndex += 3;
      if (!group.members.contains(group.leader)) {
        throw new AssertionError("a leader was taken out: " + change);
      }
    }
  }

  /** It would not be able to make it any more, or not from the log of a newcomer. */
  private void requireNoChildToMake(SimulatedGroup parent, String member) {
    if (!world.isDead(member) && parent.hosts.contains(member)) {
      for (ChildReport birth : parent.children.values()) {
        SimulatedGroup child = groups.get(birth.getShardId());
        // One that has lost its replica cannot make another one either way.
        boolean made =
            child == null
                || !child.members.contains(member)
                || child.hosts.contains(member)
                || child.seedless.contains(member);
        assertThat(made).as("%s has yet to make shard %s", member, birth.getShardId()).isTrue();
      }
    }
  }

  private void split(SimulatedGroup group, Operation.Split step) {
    SplitShardRequest request = step.request();
    if (refusing) {
      group.last = request.getOperationId();
      return;
    }
    if (!step.leader().equals(group.leader)
        || group.epoch != request.getExpectedEpoch()
        || group.frozenBy != 0
        || group.absorbingBy != 0) {
      return;
    }
    SimulatedGroup child = group.split(request, world.down, world.clock);
    if (world.isTroubled() && world.down.isEmpty() && child.hosts.size() > 2) {
      // One that was handed a checkpoint from beyond the cut.
      String late =
          child.members.stream()
              .filter(node -> !node.equals(group.leader))
              .findFirst()
              .orElseThrow();
      child.hosts.remove(late);
      child.seedless.add(late);
    }
    groups.put(request.getChildId(), child);
  }

  /** Half of a merge at a time, so that it can be stopped in the middle. */
  private void merge(SimulatedGroup left, Operation.Merge step) {
    MergeShardRequest request = step.request();
    SimulatedGroup right = groups.get(request.getAbsorbedId());
    long id = request.getOperationId();
    if (right == null
        || right.leader == null
        || !step.leader().equals(left.leader)
        || !request.getAbsorbedLeaderNodeId().equals(right.leader)) {
      return;
    }
    boolean decided = left.last == id && left.end.equals(right.end);
    if (request.getAbort()) {
      if (!decided) {
        left.absorbingBy = 0;
        left.last = id;
        right.frozenBy = 0;
      }
    } else if (left.last >= id || refusing) {
      left.last = Math.max(left.last, id);
    } else if (left.absorbingBy == 0) {
      left.absorbingBy = id;
      right.frozenBy = id;
    } else if (left.absorbingBy == id) {
      left.absorbingBy = 0;
      left.last = id;
      left.absorbed(right, world.clock);
    }
  }
}
