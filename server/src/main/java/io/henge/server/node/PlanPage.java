package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ShardReport;
import io.henge.api.v1.ExplainShardRequest;
import io.henge.api.v1.ExplainShardResponse;
import io.henge.api.v1.ListDerivedRequest;
import io.henge.api.v1.ListDerivedResponse;
import io.henge.api.v1.ListOperationsRequest;
import io.henge.api.v1.ListOperationsResponse;
import io.henge.api.v1.OperationProgress;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.PlanRequest;
import io.henge.api.v1.PlanResponse;
import io.henge.api.v1.PlannedStep;
import io.henge.router.meta.MetaState;
import io.henge.router.plan.ClusterView;
import io.henge.router.plan.Explain;
import io.henge.router.plan.Operation;
import io.henge.router.plan.OperationSteps;
import io.henge.router.plan.Plan;
import io.henge.router.plan.PlanLimits;
import io.henge.router.plan.Planner;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is going on and what would be done, for an operator: on the leader of meta. Thread-safe. */
final class PlanPage implements MetaLeader {
  private final Supplier<Optional<ClusterView>> view;
  private final Supplier<@Nullable MetaState> meta;
  private final Reports reports;
  private final Progress progress;

  /**
   * A page.
   *
   * @param view what the last plan was made from
   * @param meta what this node's replica of meta has applied; null without one
   */
  PlanPage(
      Supplier<Optional<ClusterView>> view,
      Supplier<@Nullable MetaState> meta,
      Reports reports,
      Progress progress) {
    this.view = view;
    this.meta = meta;
    this.reports = reports;
    this.progress = progress;
  }

  private ClusterView view() {
    return view.get()
        .orElseThrow(
            () ->
                new HengeException(
                    ErrorCode.UNAVAILABLE,
                    "the leader of meta has only just begun, and listens to nodes; try again in a"
                        + " second"));
  }

  @Override
  public CompletableFuture<ListOperationsResponse> listOperations(ListOperationsRequest request) {
    return answer(
        () -> {
          ListOperationsResponse.Builder response = ListOperationsResponse.newBuilder();
          // Not from the last plan: that may be of an earlier leadership, and know less.
          MetaState state = meta.get();
          for (OperationRecord operation :
              state == null ? List.<OperationRecord>of() : state.operations()) {
            boolean ended = OperationSteps.isEnded(operation);
            if (!ended) {
              response.addOperations(progress.of(operation, reports));
            } else if (request.getAll()) {
              response.addOperations(OperationProgress.newBuilder().setOperation(operation));
            }
          }
          return response.build();
        });
  }

  @Override
  public CompletableFuture<PlanResponse> plan(PlanRequest request) {
    return answer(
        () -> {
          Plan plan = Planner.plan(view(), PlanLimits.DEFAULT);
          PlanResponse.Builder response = PlanResponse.newBuilder().addAllRemarks(plan.remarks());
          for (Operation operation : plan.operations()) {
            response.addSteps(
                PlannedStep.newBuilder()
                    .setWhat(operation.getClass().getSimpleName().toLowerCase(Locale.ROOT))
                    .setShardId(Math.max(0, operation.group()))
                    .setReason(operation.reason()));
          }
          return response.build();
        });
  }

  @Override
  public CompletableFuture<ExplainShardResponse> explainShard(ExplainShardRequest request) {
    return answer(
        () ->
            ExplainShardResponse.newBuilder()
                .addAllSentences(Explain.shard(view(), request.getShardId()))
                .build());
  }

  @Override
  public CompletableFuture<ListDerivedResponse> listDerived(ListDerivedRequest request) {
    MetaState state = meta.get();
    return answer(
        () ->
            state == null
                ? ListDerivedResponse.getDefaultInstance()
                : new DerivedPage(state, reports).build(request));
  }

  private static <T> CompletableFuture<T> answer(Supplier<T> work) {
    try {
      return CompletableFuture.completedFuture(work.get());
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Reports of a shard by node, newest. */
  static Optional<ShardReport> reportOf(Reports reports, String nodeId, long shardId) {
    Reports.Heard heard = reports.of(nodeId);
    return heard == null
        ? Optional.empty()
        : heard.report().getShardsList().stream()
            .filter(report -> report.getShardId() == shardId)
            .findFirst();
  }
}
