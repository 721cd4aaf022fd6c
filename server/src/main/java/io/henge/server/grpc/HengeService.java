package io.henge.server.grpc;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.henge.api.error.HengeException;
import io.henge.api.v1.Add;
import io.henge.api.v1.DeleteRequest;
import io.henge.api.v1.DeleteResponse;
import io.henge.api.v1.FindAllPage;
import io.henge.api.v1.FindAllRequest;
import io.henge.api.v1.GetRequest;
import io.henge.api.v1.GetResponse;
import io.henge.api.v1.HengeGrpc;
import io.henge.api.v1.IncrementRequest;
import io.henge.api.v1.IncrementResponse;
import io.henge.api.v1.ItemKey;
import io.henge.api.v1.Mutation;
import io.henge.api.v1.MutationResult;
import io.henge.api.v1.PatchDocumentRequest;
import io.henge.api.v1.PatchDocumentResponse;
import io.henge.api.v1.Put;
import io.henge.api.v1.PutRequest;
import io.henge.api.v1.PutResponse;
import io.henge.api.v1.RangeRequest;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.Remove;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.RequestId;
import io.henge.api.v1.Response;
import io.henge.api.v1.ResponseBatch;
import io.henge.api.v1.ScanRequest;
import io.henge.api.v1.ScanResponse;
import io.henge.api.v1.WatchRequest;
import io.henge.api.v1.WatchResponse;
import io.henge.api.v1.WriteRequest;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The data plane. */
final class HengeService extends HengeGrpc.HengeImplBase {
  private final RequestHandler handler;
  private final UnaryCalls unary;
  private final Executor heavy;
  private final int keyBytesMax;
  private final Set<StreamSession> streams = ConcurrentHashMap.newKeySet();
  private final Set<FindAllStream> finds = ConcurrentHashMap.newKeySet();
  private final WatchCalls watches;

  /**
   * @param heavy for messages that take long to parse
   * @param keyBytesMax limit of physical keys
   */
  HengeService(
      RequestHandler handler,
      UnaryCalls unary,
      WatchCalls watches,
      Executor heavy,
      int keyBytesMax) {
    this.handler = handler;
    this.unary = unary;
    this.watches = watches;
    this.heavy = heavy;
    this.keyBytesMax = keyBytesMax;
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchResponse> out) {
    watches.begin(request, (ServerCallStreamObserver<WatchResponse>) out);
  }

  @Override
  public StreamObserver<RequestBatch> stream(StreamObserver<ResponseBatch> out) {
    ServerCallStreamObserver<ResponseBatch> call = (ServerCallStreamObserver<ResponseBatch>) out;
    StreamSession session = new StreamSession(call, handler, heavy, streams::remove);
    streams.add(session);
    session.start();
    return session;
  }

  /** Ends all streams: the node stops. */
  void shutDown() {
    streams.forEach(StreamSession::shutDown);
    finds.forEach(FindAllStream::shutDown);
    watches.shutDown();
  }

  @Override
  public void findAll(FindAllRequest request, StreamObserver<FindAllPage> out) {
    ServerCallStreamObserver<FindAllPage> call = (ServerCallStreamObserver<FindAllPage>) out;
    try {
      FindAllStream stream =
          new FindAllStream(unary::execute, request, keyBytesMax, call, finds::remove);
      finds.add(stream);
      stream.start();
    } catch (HengeException e) {
      out.onError(Answers.status(Answers.error(e)));
    }
  }

  @Override
  public void execute(Request request, StreamObserver<Response> out) {
    ignoreCancellation(out);
    try {
      unary.execute(
          within(request),
          response -> send(response.toBuilder().setId(request.getId()).build(), out));
    } catch (HengeException e) {
      send(Answers.failed(request.getId(), Answers.error(e)), out);
    }
  }

  @Override
  public void put(PutRequest request, StreamObserver<PutResponse> out) {
    Put.Builder put = Put.newBuilder().setTtlMillis(request.getTtlMillis());
    if (request.hasValue()) {
      put.setValue(request.getValue());
    }
    Mutation.Builder mutation = Mutation.newBuilder().setCollection(request.getCollection());
    if (request.hasSortKey()) {
      mutation.setSortKey(request.getSortKey());
    }
    if (request.hasCondition()) {
      mutation.setCondition(request.getCondition());
    }
    WriteRequest.Builder write = write(request.hasRequestId(), request.getRequestId());
    if (request.hasShardingKey()) {
      write.setShardingKey(request.getShardingKey());
    }
    call(
        write(write.addMutations(mutation.setPut(put)), request.getTimeoutMillis()),
        response -> PutResponse.newBuilder().setVersion(result(response).getVersion()).build(),
        out);
  }

  @Override
  public void get(GetRequest request, StreamObserver<GetResponse> out) {
    ItemKey.Builder item = ItemKey.newBuilder().setCollection(request.getCollection());
    if (request.hasSortKey()) {
      item.setSortKey(request.getSortKey());
    }
    ReadRequest.Builder read =
        ReadRequest.newBuilder()
            .setLevel(request.getLevel())
            .addItems(item)
            .setCopyInfo(request.getCopyInfo());
    if (request.hasShardingKey()) {
      read.setShardingKey(request.getShardingKey());
    }
    call(
        Request.newBuilder().setRead(read).setTimeoutMillis(request.getTimeoutMillis()).build(),
        response -> {
          var found = response.getRead().getFound(0);
          GetResponse.Builder answer = GetResponse.newBuilder().setFound(found.hasItem());
          return (found.hasItem() ? answer.setItem(found.getItem()) : answer).build();
        },
        out);
  }

  @Override
  public void delete(DeleteRequest request, StreamObserver<DeleteResponse> out) {
    Mutation.Builder mutation =
        Mutation.newBuilder()
            .setCollection(request.getCollection())
            .setRemove(Remove.getDefaultInstance());
    if (request.hasSortKey()) {
      mutation.setSortKey(request.getSortKey());
    }
    if (request.hasCondition()) {
      mutation.setCondition(request.getCondition());
    }
    WriteRequest.Builder write = write(request.hasRequestId(), request.getRequestId());
    if (request.hasShardingKey()) {
      write.setShardingKey(request.getShardingKey());
    }
    call(
        write(write.addMutations(mutation), request.getTimeoutMillis()),
        response -> DeleteResponse.newBuilder().setExisted(result(response).getExisted()).build(),
        out);
  }

  @Override
  public void increment(IncrementRequest request, StreamObserver<IncrementResponse> out) {
    Mutation.Builder mutation =
        Mutation.newBuilder()
            .setCollection(request.getCollection())
            .setAdd(Add.newBuilder().setDelta(request.getDelta()));
    if (request.hasSortKey()) {
      mutation.setSortKey(request.getSortKey());
    }
    WriteRequest.Builder write = write(request.hasRequestId(), request.getRequestId());
    if (request.hasShardingKey()) {
      write.setShardingKey(request.getShardingKey());
    }
    call(
        write(write.addMutations(mutation), request.getTimeoutMillis()),
        response ->
            IncrementResponse.newBuilder()
                .setCounter(result(response).getCounter())
                .setVersion(result(response).getVersion())
                .build(),
        out);
  }

  @Override
  public void patchDocument(
      PatchDocumentRequest request, StreamObserver<PatchDocumentResponse> out) {
    Mutation.Builder mutation =
        Mutation.newBuilder()
            .setCollection(request.getCollection())
            .setPatch(request.getPatch())
            .setReturnCurrent(request.getReturnCurrent());
    if (request.hasSortKey()) {
      mutation.setSortKey(request.getSortKey());
    }
    if (request.hasCondition()) {
      mutation.setCondition(request.getCondition());
    }
    WriteRequest.Builder write = write(request.hasRequestId(), request.getRequestId());
    if (request.hasShardingKey()) {
      write.setShardingKey(request.getShardingKey());
    }
    call(
        write(write.addMutations(mutation), request.getTimeoutMillis()),
        response -> {
          MutationResult result = result(response);
          PatchDocumentResponse.Builder answer =
              PatchDocumentResponse.newBuilder()
                  .setVersion(result.getVersion())
                  .setExisted(result.getExisted());
          return (result.hasCurrent() ? answer.setCurrent(result.getCurrent()) : answer).build();
        },
        out);
  }

  @Override
  public void scan(ScanRequest request, StreamObserver<ScanResponse> out) {
    RangeRequest.Builder range =
        RangeRequest.newBuilder()
            .setCollection(request.getCollection())
            .setReverse(request.getReverse())
            .setLimit(request.getLimit())
            .setCursor(request.getCursor())
            .setLevel(request.getLevel())
            .setCopyInfo(request.getCopyInfo());
    if (request.hasShardingKey()) {
      range.setShardingKey(request.getShardingKey());
    }
    if (request.hasFrom()) {
      range.setFrom(request.getFrom());
    }
    if (request.hasTo()) {
      range.setTo(request.getTo());
    }
    call(
        Request.newBuilder().setRange(range).setTimeoutMillis(request.getTimeoutMillis()).build(),
        response ->
            ScanResponse.newBuilder()
                .addAllItems(response.getRange().getItemsList())
                .setCursor(response.getRange().getCursor())
                .build(),
        out);
  }

  private static WriteRequest.Builder write(boolean hasId, RequestId id) {
    WriteRequest.Builder write = WriteRequest.newBuilder();
    return hasId ? write.setRequestId(id) : write;
  }

  private static Request write(WriteRequest.Builder write, int timeoutMillis) {
    return Request.newBuilder().setWrite(write).setTimeoutMillis(timeoutMillis).build();
  }

  private static MutationResult result(Response response) {
    return response.getWrite().getResults(0);
  }

  private <T> void call(Request request, Function<Response, T> convert, StreamObserver<T> out) {
    ignoreCancellation(out);
    try {
      unary.execute(
          within(request),
          response -> {
            if (response.hasError()) {
              out.onError(Answers.status(response.getError()));
            } else {
              send(convert.apply(response), out);
            }
          });
    } catch (HengeException e) {
      out.onError(Answers.status(Answers.error(e)));
    }
  }

  /** The call's own deadline counts too. */
  private static Request within(Request request) {
    Deadline deadline = Context.current().getDeadline();
    if (deadline == null) {
      return request;
    }
    long left = Math.max(1, deadline.timeRemaining(TimeUnit.MILLISECONDS));
    int asked =
        request.getTimeoutMillis() == 0
            ? RequestHandler.TIMEOUT_MILLIS_DEFAULT
            : request.getTimeoutMillis();
    return asked > 0 && left < asked
        ? request.toBuilder().setTimeoutMillis((int) left).build()
        : request;
  }

  /** A caller who has left makes an answer void, not an error. */
  private static void ignoreCancellation(StreamObserver<?> out) {
    ((ServerCallStreamObserver<?>) out).setOnCancelHandler(() -> {});
  }

  private static <T> void send(T message, StreamObserver<T> out) {
    out.onNext(message);
    out.onCompleted();
  }
}
