package io.henge.server.node;

import io.henge.api.internal.v1.ChangeMembersRequest;
import io.henge.api.internal.v1.ChangeMembersResponse;
import io.henge.api.internal.v1.JoinRequest;
import io.henge.api.internal.v1.JoinResponse;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.NodeReport;
import io.henge.api.internal.v1.ReportAnswer;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.StatusResponse;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a node does for administration and for other nodes. Thread-safe; nothing blocks. Futures
 * fail with {@link io.henge.api.error.HengeException}.
 */
public interface NodeControl extends MetaFollower {
  /** This node as it announces itself. */
  NodeRecord self();

  /** Empty until the node has entered a cluster. */
  String clusterId();

  /** Milliseconds since 1970 as clients and nodes count time limits from. */
  long clockMillis();

  /** Node id of the meta leader, if it is known. */
  @Nullable String metaLeader();

  /** Whether this node follows that one in some group and has not heard of it for a while. */
  boolean misses(String nodeId);

  /** Node id of a shard's leader, if it is known. */
  @Nullable String leaderOf(long shardId);

  /**
   * Calls a listener after every change of the view, on any thread; it must not block.
   *
   * @return ends it
   */
  Runnable onChange(Runnable listener);

  /** Has a command replicated by meta, through whoever leads it; tried again until it is known. */
  CompletableFuture<MetaResult> propose(MetaCommand command);

  /** The same, if this node leads meta; NOT_LEADER otherwise. */
  CompletableFuture<MetaResult> proposeHere(MetaCommand command);

  /** Lets a node enter, or says why not. */
  CompletableFuture<JoinResponse> join(JoinRequest request);

  /** Takes note of how another node is. */
  ReportAnswer report(NodeReport report);

  /** The state of the cluster, from the meta leader; from what is known here if meta is away. */
  CompletableFuture<StatusResponse> status();

  /**
   * The state of the cluster as heard here.
   *
   * @throws io.henge.api.error.HengeException NOT_LEADER
   */
  StatusResponse statusHere();

  /** On the leader of a shard (0 = meta): makes these its members. */
  CompletableFuture<ChangeMembersResponse> changeMembersHere(ChangeMembersRequest request);

  /** On the leader of a shard: hands over. */
  CompletableFuture<Void> transferHere(long shardId, String nodeId);

  /** What an operator can have done to the cluster. */
  ClusterOperations operations();

  /** What this node does to shards that it leads or holds. */
  ShardReshaper reshaper();

  /** Hands over the leadership of a shard, wherever it is; by name or id of the new leader. */
  CompletableFuture<Void> transferLeader(long shardId, String node);
}
