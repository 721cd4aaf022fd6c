package io.henge.server.node;

import io.henge.api.v1.ExplainShardRequest;
import io.henge.api.v1.ExplainShardResponse;
import io.henge.api.v1.ListDerivedRequest;
import io.henge.api.v1.ListDerivedResponse;
import io.henge.api.v1.ListOperationsRequest;
import io.henge.api.v1.ListOperationsResponse;
import io.henge.api.v1.PlanRequest;
import io.henge.api.v1.PlanResponse;
import java.util.concurrent.CompletableFuture;

/**
 * What only the leader of meta can answer, since nodes report to it. Thread-safe; nothing blocks.
 * Futures fail with {@link io.henge.api.error.HengeException}: NOT_LEADER if it does not lead.
 */
public interface MetaLeader {
  CompletableFuture<ListOperationsResponse> listOperations(ListOperationsRequest request);

  CompletableFuture<PlanResponse> plan(PlanRequest request);

  CompletableFuture<ExplainShardResponse> explainShard(ExplainShardRequest request);

  CompletableFuture<ListDerivedResponse> listDerived(ListDerivedRequest request);
}
