package io.henge.server.grpc;

import io.henge.api.v1.ClusterGrpc;
import io.henge.api.v1.ExplainShardRequest;
import io.henge.api.v1.ExplainShardResponse;
import io.henge.api.v1.ListDerivedRequest;
import io.henge.api.v1.ListDerivedResponse;
import io.henge.api.v1.ListOperationsRequest;
import io.henge.api.v1.ListOperationsResponse;
import io.henge.api.v1.PlanRequest;
import io.henge.api.v1.PlanResponse;
import io.henge.server.node.MetaLeader;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The leader of meta, asked over the wire. */
final class RemoteMetaLeader implements MetaLeader {
  private static final Duration CALL = Duration.ofSeconds(10);

  private final GrpcPeers peers;
  private final String nodeId;

  RemoteMetaLeader(GrpcPeers peers, String nodeId) {
    this.peers = peers;
    this.nodeId = nodeId;
  }

  @Override
  public CompletableFuture<ListOperationsResponse> listOperations(ListOperationsRequest request) {
    return peers.call(nodeId, ClusterGrpc.getListOperationsMethod(), request, CALL);
  }

  @Override
  public CompletableFuture<PlanResponse> plan(PlanRequest request) {
    return peers.call(nodeId, ClusterGrpc.getPlanMethod(), request, CALL);
  }

  @Override
  public CompletableFuture<ExplainShardResponse> explainShard(ExplainShardRequest request) {
    return peers.call(nodeId, ClusterGrpc.getExplainShardMethod(), request, CALL);
  }

  @Override
  public CompletableFuture<ListDerivedResponse> listDerived(ListDerivedRequest request) {
    return peers.call(nodeId, ClusterGrpc.getListDerivedMethod(), request, CALL);
  }
}
