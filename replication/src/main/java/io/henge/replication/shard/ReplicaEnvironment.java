package io.henge.replication.shard;

import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/**
 * What the replicas of a node share.
 *
 * @param nodeId the node's incarnation id, 16 hex digits
 * @param clock the time that leaders write into the log
 * @param nanoTime the node's monotonic clock; deadlines are in its terms
 * @param wallMillis the node's wall clock, to notice that the monotonic one stood still
 * @param timer runs what must not block
 * @param readers runs reads that may wait for a disk; bounded, rejects what is too much
 * @param leaderIndex asks leaders on other nodes
 * @param pace of what they do by themselves
 */
public record ReplicaEnvironment(
    String nodeId,
    ClusterClock clock,
    LongSupplier nanoTime,
    LongSupplier wallMillis,
    ScheduledExecutorService timer,
    Executor readers,
    LeaderIndex leaderIndex,
    LeaseTiming lease,
    ReplicaLimits limits,
    ReplicaPace pace) {

  /** At the pace that the limits say. */
  public ReplicaEnvironment(
      String nodeId,
      ClusterClock clock,
      LongSupplier nanoTime,
      LongSupplier wallMillis,
      ScheduledExecutorService timer,
      Executor readers,
      LeaderIndex leaderIndex,
      LeaseTiming lease,
      ReplicaLimits limits) {
    this(
        nodeId,
        clock,
        nanoTime,
        wallMillis,
        timer,
        readers,
        leaderIndex,
        lease,
        limits,
        new ReplicaPace(limits));
  }

  /** With the system's clocks, and defaults for lease and limits. */
  public static ReplicaEnvironment of(
      String nodeId,
      ClusterClock clock,
      ScheduledExecutorService timer,
      Executor readers,
      LeaderIndex leaderIndex) {
    return new ReplicaEnvironment(
        nodeId,
        clock,
        System::nanoTime,
        System::currentTimeMillis,
        timer,
        readers,
        leaderIndex,
        LeaseTiming.DEFAULT,
        ReplicaLimits.DEFAULT);
  }
}
