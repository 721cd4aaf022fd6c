package io.henge.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.CopyLagsRequest;
import io.henge.api.internal.v1.CreateCollection;
import io.henge.api.internal.v1.DropCollection;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.v1.ClusterGrpc;
import io.henge.api.v1.ControlOperationRequest;
import io.henge.api.v1.CopiesStatusRequest;
import io.henge.api.v1.CopiesStatusResponse;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.CreateCollectionResponse;
import io.henge.api.v1.CreateCopyRequest;
import io.henge.api.v1.CreateIndexRequest;
import io.henge.api.v1.DeclarationResponse;
import io.henge.api.v1.DrainRequest;
import io.henge.api.v1.DropCollectionRequest;
import io.henge.api.v1.DropCollectionResponse;
import io.henge.api.v1.DropCopyRequest;
import io.henge.api.v1.DropIndexRequest;
import io.henge.api.v1.ExplainShardRequest;
import io.henge.api.v1.ExplainShardResponse;
import io.henge.api.v1.FeatureLevelsResponse;
import io.henge.api.v1.GetFeatureLevelsRequest;
import io.henge.api.v1.GetMapRequest;
import io.henge.api.v1.GetSettingsRequest;
import io.henge.api.v1.GetSettingsResponse;
import io.henge.api.v1.ListDerivedRequest;
import io.henge.api.v1.ListDerivedResponse;
import io.henge.api.v1.ListOperationsRequest;
import io.henge.api.v1.ListOperationsResponse;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.MergeRequest;
import io.henge.api.v1.MoveRequest;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationResponse;
import io.henge.api.v1.PlanRequest;
import io.henge.api.v1.PlanResponse;
import io.henge.api.v1.RaiseFeatureLevelRequest;
import io.henge.api.v1.RemoveNodeRequest;
import io.henge.api.v1.SetChangesRequest;
import io.henge.api.v1.SetSettingRequest;
import io.henge.api.v1.SetSettingResponse;
import io.henge.api.v1.SplitRequest;
import io.henge.api.v1.StatusRequest;
import io.henge.api.v1.StatusResponse;
import io.henge.api.v1.TransferLeaderRequest;
import io.henge.api.v1.TransferLeaderResponse;
import io.henge.api.v1.WatchMapRequest;
import io.henge.server.copies.Copies;
import io.henge.server.node.FeatureLevels;
import io.henge.server.node.MetaLeader;
import io.henge.server.node.MetaView;
import io.henge.server.node.NodeControl;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/** The control plane. Every node answers, by itself or through the meta leader. */
final class ClusterService extends ClusterGrpc.ClusterImplBase {
  /** As meta checks it, too; here so that the answer is quick and names the field. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,126}");

  private final NodeControl node;
  private final FeatureLevels levels;
  private final Copies copies;
  private final Set<Runnable> open = ConcurrentHashMap.newKeySet();

  ClusterService(NodeControl node, Copies copies) {
    this.node = node;
    this.copies = copies;
    this.levels = new FeatureLevels(node);
  }

  void shutDown() {
    open.forEach(Runnable::run);
  }

  @Override
  public void watchMap(WatchMapRequest request, StreamObserver<MapUpdate> out) {
    VersionedStream.start(
        (ServerCallStreamObserver<MapUpdate>) out,
        node,
        this::mapUpdate,
        request.getKnownVersion(),
        open);
  }

  @Override
  public void getMap(GetMapRequest request, StreamObserver<MapUpdate> out) {
    answer(node.refresh(), view -> mapUpdate(view, 0L), out);
  }

  private MapUpdate mapUpdate(MetaView view, Long known) {
    return view.state().mapUpdate(known, node.clockMillis(), node::leaderOf);
  }

  @Override
  public void createCollection(
      CreateCollectionRequest request, StreamObserver<CreateCollectionResponse> out) {
    CreateCollection.Builder create =
        CreateCollection.newBuilder()
            .setName(request.getName())
            .setTtlMillis(request.getTtlMillis())
            .setDivisible(request.getDivisible())
            .setIfAbsent(request.getIfAbsent());
    CompletableFuture<MetaResult> result;
    try {
      requireName(request.getName());
      if (request.getTtlMillis() < 0 || request.getTtlMillis() > WireValues.TTL_MILLIS_MAX) {
        throw HengeException.invalid(
            "ttl_millis: 0 (none) to "
                + WireValues.TTL_MILLIS_MAX
                + " expected, found "
                + Long.toUnsignedString(request.getTtlMillis()));
      }
      if (request.hasDocuments()) {
        create.setDocuments(CollectionPaths.checked(request.getDocuments()));
      }
      result = node.propose(MetaCommand.newBuilder().setCreateCollection(create).build());
    } catch (HengeException e) {
      result = CompletableFuture.failedFuture(e);
    }
    answer(
        result.thenCompose(this::requireDone),
        done -> CreateCollectionResponse.newBuilder().setCollection(done.getCollection()).build(),
        out);
  }

  @Override
  public void dropCollection(
      DropCollectionRequest request, StreamObserver<DropCollectionResponse> out) {
    MetaCommand command =
        MetaCommand.newBuilder()
            .setDropCollection(DropCollection.newBuilder().setName(request.getName()))
            .build();
    CompletableFuture<MetaResult> result;
    try {
      requireName(request.getName());
      result = node.propose(command);
    } catch (HengeException e) {
      result = CompletableFuture.failedFuture(e);
    }
    answer(
        result.thenCompose(this::requireDone),
        done -> DropCollectionResponse.getDefaultInstance(),
        out);
  }

  // ---- What is derived from documents ----

  @Override
  public void createIndex(CreateIndexRequest request, StreamObserver<DeclarationResponse> out) {
    declare(() -> node.propose(Declarations.createIndex(request)), out);
  }

  @Override
  public void dropIndex(DropIndexRequest request, StreamObserver<DeclarationResponse> out) {
    declare(() -> node.propose(Declarations.dropIndex(request)), out);
  }

  @Override
  public void createCopy(CreateCopyRequest request, StreamObserver<DeclarationResponse> out) {
    declare(() -> node.propose(Declarations.createCopy(request)), out);
  }

  @Override
  public void dropCopy(DropCopyRequest request, StreamObserver<DeclarationResponse> out) {
    declare(
        () ->
            node.refresh()
                .thenCompose(
                    view ->
                        node.propose(Declarations.dropCopy(request, view.state().collections()))),
        out);
  }

  @Override
  public void setChanges(SetChangesRequest request, StreamObserver<DeclarationResponse> out) {
    declare(() -> node.propose(Declarations.setChanges(request)), out);
  }

  private void declare(
      Supplier<CompletableFuture<MetaResult>> declaration,
      StreamObserver<DeclarationResponse> out) {
    CompletableFuture<MetaResult> result;
    try {
      result = declaration.get();
    } catch (HengeException e) {
      result = CompletableFuture.failedFuture(e);
    }
    answer(
        result.thenCompose(this::requireDone),
        done ->
            DeclarationResponse.newBuilder()
                .setCollection(done.getCollection())
                .setId(done.getDerivedId())
                .build(),
        out);
  }

  @Override
  public void listDerived(ListDerivedRequest request, StreamObserver<ListDerivedResponse> out) {
    answer(
        asked(leader -> leader.listDerived(request))
            .thenCombine(
                copies.lags().everywhere(CopyLagsRequest.getDefaultInstance()),
                CopiesPage::withLags),
        page -> page,
        out);
  }

  @Override
  public void getCopiesStatus(
      CopiesStatusRequest request, StreamObserver<CopiesStatusResponse> out) {
    answer(
        asked(leader -> leader.listDerived(ListDerivedRequest.getDefaultInstance()))
            .thenCombine(
                copies
                    .lags()
                    .everywhere(
                        CopyLagsRequest.newBuilder().setHolders(true).setConfirmed(true).build()),
                (declared, told) ->
                    new CopiesPage(node.view().map(), declared, told)
                        .build(request.getCollection())),
        page -> page,
        out);
  }

  private static void requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw HengeException.invalid(
          "name: 1 to 127 letters, digits, '_', '-' or '.' expected, found '"
              + (name.length() > 200
                  ? name.substring(0, 200) + "...' of " + name.length()
                  : name + "'"));
    }
  }

  /** After a change, this node knows of it before it says so. */
  private CompletableFuture<MetaResult> requireDone(MetaResult result) {
    if (result.getCode() != 0) {
      return CompletableFuture.failedFuture(
          new HengeException(ErrorCode.of(result.getCode()), result.getMessage()));
    }
    return node.view().version() >= result.getVersion()
        ? CompletableFuture.completedFuture(result)
        : node.refresh().thenApply(view -> result);
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> out) {
    answer(node.status(), status -> status, out);
  }

  @Override
  public void transferLeader(
      TransferLeaderRequest request, StreamObserver<TransferLeaderResponse> out) {
    answer(
        node.transferLeader(request.getShardId(), request.getNode()),
        done -> TransferLeaderResponse.getDefaultInstance(),
        out);
  }

  @Override
  public void splitShard(SplitRequest request, StreamObserver<OperationResponse> out) {
    answer(node.operations().split(request), ClusterService::response, out);
  }

  @Override
  public void mergeShards(MergeRequest request, StreamObserver<OperationResponse> out) {
    answer(node.operations().merge(request), ClusterService::response, out);
  }

  @Override
  public void moveReplica(MoveRequest request, StreamObserver<OperationResponse> out) {
    answer(node.operations().move(request), ClusterService::response, out);
  }

  @Override
  public void drainNode(DrainRequest request, StreamObserver<OperationResponse> out) {
    answer(node.operations().drain(request), ClusterService::response, out);
  }

  @Override
  public void removeNode(RemoveNodeRequest request, StreamObserver<OperationResponse> out) {
    answer(node.operations().remove(request), ClusterService::response, out);
  }

  @Override
  public void controlOperation(
      ControlOperationRequest request, StreamObserver<OperationResponse> out) {
    answer(node.operations().control(request), ClusterService::response, out);
  }

  private static OperationResponse response(OperationRecord operation) {
    return OperationResponse.newBuilder().setOperation(operation).build();
  }

  @Override
  public void listOperations(
      ListOperationsRequest request, StreamObserver<ListOperationsResponse> out) {
    answer(asked(leader -> leader.listOperations(request)), list -> list, out);
  }

  @Override
  public void plan(PlanRequest request, StreamObserver<PlanResponse> out) {
    answer(asked(leader -> leader.plan(request)), plan -> plan, out);
  }

  @Override
  public void explainShard(ExplainShardRequest request, StreamObserver<ExplainShardResponse> out) {
    answer(asked(leader -> leader.explainShard(request)), page -> page, out);
  }

  private <T> CompletableFuture<T> asked(Function<MetaLeader, CompletableFuture<T>> question) {
    return node.operations().asked(ClusterHeaders.isFromNode(), question);
  }

  @Override
  public void getSettings(GetSettingsRequest request, StreamObserver<GetSettingsResponse> out) {
    answer(node.refresh(), view -> node.operations().settings(), out);
  }

  @Override
  public void setSetting(SetSettingRequest request, StreamObserver<SetSettingResponse> out) {
    answer(node.operations().set(request), done -> SetSettingResponse.getDefaultInstance(), out);
  }

  @Override
  public void getFeatureLevels(
      GetFeatureLevelsRequest request, StreamObserver<FeatureLevelsResponse> out) {
    answer(levels.get(), page -> page, out);
  }

  @Override
  public void raiseFeatureLevel(
      RaiseFeatureLevelRequest request, StreamObserver<FeatureLevelsResponse> out) {
    answer(levels.raise(request), page -> page, out);
  }

  static <A, T> void answer(
      CompletableFuture<A> future, Function<A, T> convert, StreamObserver<T> out) {
    ((ServerCallStreamObserver<T>) out).setOnCancelHandler(() -> {});
    future.whenComplete(
        (value, failure) -> {
          if (failure != null) {
            out.onError(Answers.status(Answers.error(failure)));
          } else {
            out.onNext(convert.apply(value));
            out.onCompleted();
          }
        });
  }
}
