package io.henge.server.node;

import io.henge.api.internal.v1.ChangeMembersRequest;
import io.henge.api.internal.v1.ChangeMembersResponse;
import io.henge.api.internal.v1.CopyLagsRequest;
import io.henge.api.internal.v1.CopyLagsResponse;
import io.henge.api.internal.v1.FollowCopiesRequest;
import io.henge.api.internal.v1.FollowCopiesResponse;
import io.henge.api.internal.v1.JoinRequest;
import io.henge.api.internal.v1.JoinResponse;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.MetaUpdate;
import io.henge.api.internal.v1.NodeReport;
import io.henge.api.internal.v1.PingRequest;
import io.henge.api.internal.v1.PingResponse;
import io.henge.api.internal.v1.ReadIndexRequest;
import io.henge.api.internal.v1.ReadIndexResponse;
import io.henge.api.internal.v1.ReadSourcesRequest;
import io.henge.api.internal.v1.ReadSourcesResponse;
import io.henge.api.internal.v1.ReportAnswer;
import io.henge.api.internal.v1.TransferLeadershipRequest;
import io.henge.api.internal.v1.TransferLeadershipResponse;
import io.henge.api.v1.StatusResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Calls to other nodes. Thread-safe; nothing blocks. Futures fail with {@link
 * io.henge.api.error.HengeException}, UNAVAILABLE if the node did not answer in time, and complete
 * on a thread that must not be blocked.
 */
public interface Peers {
  /** By address, since nothing is known of the cluster yet. */
  CompletableFuture<JoinResponse> join(String clientAddress, JoinRequest request);

  CompletableFuture<PingResponse> ping(String clientAddress, Duration timeout);

  /** Whether a node is there, over the connection that is kept to it. */
  CompletableFuture<PingResponse> pulse(String nodeId, PingRequest request, Duration timeout);

  CompletableFuture<ReportAnswer> report(String nodeId, NodeReport report);

  /** From the meta leader. */
  CompletableFuture<StatusResponse> status(String nodeId);

  CompletableFuture<MetaResult> proposeMeta(String nodeId, MetaCommand command);

  CompletableFuture<ReadIndexResponse> readIndex(String nodeId, ReadIndexRequest request);

  CompletableFuture<ChangeMembersResponse> changeMembers(
      String nodeId, ChangeMembersRequest request);

  CompletableFuture<TransferLeadershipResponse> transferLeadership(
      String nodeId, TransferLeadershipRequest request);

  CompletableFuture<FollowCopiesResponse> followCopies(String nodeId, FollowCopiesRequest request);

  CompletableFuture<ReadSourcesResponse> readSources(String nodeId, ReadSourcesRequest request);

  CompletableFuture<CopyLagsResponse> copyLags(String nodeId, CopyLagsRequest request);

  /** What a node answers that leads meta. */
  MetaLeader metaLeader(String nodeId);

  /** What a node does to shards that it leads or holds. */
  ShardReshaper reshaper(String nodeId);

  /**
   * Follows meta through a node that holds a replica of it.
   *
   * @param onUpdate complete at first
   * @param onEnd told once; the reason, or null if it was closed by the other side
   * @return ends it
   */
  Runnable watchMeta(
      String nodeId, Consumer<MetaUpdate> onUpdate, Consumer<@Nullable Throwable> onEnd);
}
