package io.henge.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.FindAllPage;
import io.henge.api.v1.FindAllRequest;
import io.henge.api.v1.FindRequest;
import io.henge.api.v1.FindResponse;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.router.scan.RingScan;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A find over the ring for one caller. A page goes out when the connection takes it; the next of
 * its lane is read then, so a slow reader slows the reading down and nothing piles up. Thread-safe:
 * whoever has news calls {@link #drain}, and one of them does the work.
 */
final class FindAllStream {
  private static final int LANES_DEFAULT = 4;

  private final BiConsumer<Request, Consumer<Response>> execute;
  private final FindAllRequest request;
  private final ServerCallStreamObserver<FindAllPage> out;
  private final Consumer<FindAllStream> ended;
  private final RingScan scan;

  /** Calls of {@link #drain} that have not been answered. */
  private final AtomicInteger calls = new AtomicInteger();

  private volatile boolean stopping;
  private volatile boolean cancelled;

  // Of whoever drains.
  private boolean over;

  /**
   * A stream that has not begun.
   *
   * @param execute answers one request, on any thread
   * @param ended told once
   * @throws HengeException INVALID_ARGUMENT if the request is no find over the ring
   */
  FindAllStream(
      BiConsumer<Request, Consumer<Response>> execute,
      FindAllRequest request,
      int keyBytesMax,
      ServerCallStreamObserver<FindAllPage> out,
      Consumer<FindAllStream> ended) {
    requireRing(request.getFind());
    this.execute = execute;
    this.request = request;
    this.out = out;
    this.ended = ended;
    int lanes = request.getParallel() == 0 ? LANES_DEFAULT : request.getParallel();
    this.scan =
        new RingScan(
            request.getCursor().toByteArray(), lanes, keyBytesMax, this::fetch, this::drain);
  }

  private static void requireRing(FindRequest find) {
    if (!find.getAllShards() || find.hasShardingKey()) {
      throw HengeException.invalid(
          "find: all_shards expected and no sharding_key; within one, Execute takes a find");
    }
    if (!find.getCursor().isEmpty() || !find.getUntil().isEmpty()) {
      throw HengeException.invalid(
          "find: found cursor or until, which are the request's own here; set its cursor instead");
    }
  }

  void start() {
    out.setOnReadyHandler(this::drain);
    out.setOnCancelHandler(
        () -> {
          cancelled = true;
          drain();
        });
    scan.start();
  }

  /** Ends the stream: the node stops. */
  void shutDown() {
    stopping = true;
    drain();
  }

  private CompletableFuture<FindResponse> fetch(byte[] cursor, byte[] until) {
    FindRequest page =
        request.getFind().toBuilder()
            .setCursor(UnsafeByteOperations.unsafeWrap(cursor))
            .setUntil(UnsafeByteOperations.unsafeWrap(until))
            .build();
    CompletableFuture<FindResponse> found = new CompletableFuture<>();
    execute.accept(
        Request.newBuilder().setFind(page).setTimeoutMillis(request.getTimeoutMillis()).build(),
        response -> answer(response, found));
    return found;
  }

  private static void answer(Response response, CompletableFuture<FindResponse> found) {
    if (response.hasError()) {
      found.completeExceptionally(
          new HengeException(
              ErrorCode.of(response.getError().getCode()), response.getError().getMessage()));
    } else {
      found.complete(response.getFind());
    }
  }

  /** A page that is there at once calls this from within: it is taken in the next round. */
  private void drain() {
    if (calls.getAndIncrement() != 0) {
      return;
    }
    int answered = 1;
    do {
      if (!over) {
        send();
      }
      answered = calls.addAndGet(-answered);
    } while (answered != 0);
  }

  private void send() {
    if (cancelled || stopping) {
      end();
      if (!cancelled) {
        out.onError(Status.UNAVAILABLE.withDescription("the node is stopping").asException());
      }
      return;
    }
    try {
      while (out.isReady()) {
        RingScan.Page page = scan.poll();
        if (page == null) {
          break;
        }
        ByteString cursor = UnsafeByteOperations.unsafeWrap(page.cursor());
        out.onNext(
            FindAllPage.newBuilder()
                .setFound(page.found().toBuilder().setCursor(cursor))
                .setDone(page.done())
                .build());
      }
      if (scan.isDone()) {
        end();
        out.onCompleted();
      }
    } catch (HengeException e) {
      end();
      out.onError(Answers.status(Answers.error(e)));
    }
  }

  private void end() {
    over = true;
    scan.cancel();
    ended.accept(this);
  }
}
