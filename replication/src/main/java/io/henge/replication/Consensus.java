package io.henge.replication;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The port behind which a consensus library stands: hosts this node's replicas of any number of
 * groups. Thread-safe.
 */
public interface Consensus extends AutoCloseable {
  /** How a replica comes to be. */
  enum Start {
    /** The first replicas of a new group: members are given, all start empty. */
    CREATE,
    /** An empty replica that takes no part until the leader adds it. */
    JOIN,
    /** A replica that is on this node's disk. */
    RESTART,
    /**
     * A replica of a new group that begins with state and without a log: members are given, and the
     * state machine stands at {@link #SEED_POSITION}. How the child of a split is born on every
     * member. Fails with ALREADY_EXISTS if it is on the disk already: that is a RESTART.
     */
    SEED
  }

  /**
   * What a group that is started with {@link Start#SEED} has behind it. Term and index are above
   * those of an empty log, and the term is below that of its first election.
   */
  LogPosition SEED_POSITION = new LogPosition(1, 10);

  /**
   * Starts a replica on this node.
   *
   * @param members for {@link Start#CREATE} and {@link Start#SEED}: all members; otherwise ignored
   * @param machine driven from now on, closed by the group
   * @return completes when the replica runs; a RESTARTed one replays its log by and by
   */
  CompletableFuture<ConsensusGroup> start(
      GroupId group, Start how, List<Member> members, GroupStateMachine machine);

  /** Groups that have a replica on this node's disk. */
  List<GroupId> stored();

  /**
   * Deletes what is on this node's disk of a replica that does not run: completes a {@link
   * ConsensusGroup#stop stop} with deletion that a crash has interrupted. Nothing happens if there
   * is nothing. Blocks.
   */
  void remove(GroupId group);

  /** This node's id. */
  String nodeId();

  /** Where the replication port listens, as {@code host:port}. */
  String address();

  /** Stops all replicas in an orderly way. */
  @Override
  void close();
}
