package io.henge.replication.sim;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.Consensus;
import io.henge.replication.ConsensusGroup;
import io.henge.replication.GroupId;
import io.henge.replication.GroupStateMachine;
import io.henge.replication.Member;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One node's end of simulated consensus, for one life of the node. Single-threaded: everything runs
 * inside {@link VirtualTime}'s steps, or on the caller between them.
 */
public final class SimulatedConsensus implements Consensus {
  private final SimulatedCluster cluster;
  private final SimulatedNode node;
  private final Map<GroupId, SimulatedGroup> groups = new TreeMap<>(GroupIds.ORDER);

  SimulatedConsensus(SimulatedCluster cluster, SimulatedNode node) {
    this.cluster = cluster;
    this.node = node;
  }

  @Override
  public CompletableFuture<ConsensusGroup> start(
      GroupId group, Start how, List<Member> members, GroupStateMachine machine) {
    if (groups.containsKey(group)) {
      return failed(ErrorCode.ALREADY_EXISTS, group + " runs on " + node.id() + " already");
    }
    DurableLog log = node.disk().get(group);
    if (how == Start.RESTART) {
      if (log == null) {
        return failed(ErrorCode.NOT_FOUND, group + " is not on the disk of " + node.id());
      }
    } else {
      if (log != null) {
        return failed(ErrorCode.ALREADY_EXISTS, group + " is on the disk of " + node.id());
      }
      log =
          switch (how) {
            case SEED -> new DurableLog(members, SEED_POSITION);
            case CREATE -> new DurableLog(members);
            default -> new DurableLog(List.of());
          };
      node.disk().put(group, log);
    }
    SimulatedGroup started = new SimulatedGroup(cluster, node, this, group, log, machine);
    groups.put(group, started);
    started.start();
    return CompletableFuture.completedFuture(started);
  }

  @Override
  public List<GroupId> stored() {
    return new ArrayList<>(node.disk().keySet());
  }

  @Override
  public void remove(GroupId group) {
    if (groups.containsKey(group)) {
      throw new IllegalStateException("the replica of " + group + " runs");
    }
    node.disk().remove(group);
  }

  @Override
  public String nodeId() {
    return node.id();
  }

  @Override
  public String address() {
    return node.id() + ":0";
  }

  @Override
  public void close() {
    for (SimulatedGroup group : List.copyOf(groups.values())) {
      group.stop(false);
    }
  }

  @Nullable SimulatedGroup group(GroupId id) {
    return groups.get(id);
  }

  void stopped(GroupId id, boolean delete) {
    groups.remove(id);
    if (delete) {
      node.disk().remove(id);
    }
  }

  /** The node has crashed: nobody is told anything. */
  void died() {
    groups.clear();
  }

  private static <T> CompletableFuture<T> failed(ErrorCode code, String message) {
    return CompletableFuture.failedFuture(new HengeException(code, message));
  }
}
