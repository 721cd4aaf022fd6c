package io.henge.server.grpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.henge.api.error.ErrorCode;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.Response;
import io.henge.api.v1.ResponseBatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * One stream of a client: requests come in batches, answers go out by themselves, gathered for as
 * long as what became known together is still being completed.
 *
 * <p>Memory is bounded: no further batch is asked for while too many requests are unanswered or the
 * client does not take its answers. Lock: {@code this}, held while a message is handed to gRPC
 * (which never blocks); nothing else is called under it.
 */
final class StreamSession implements StreamObserver<RequestBatch>, Answer {
  private static final int UNANSWERED_MAX = 16_384;
  private static final int REFUSED_RETRY_MILLIS = 50;
  private static final int MESSAGE_BYTES = 1 << 20;
  private static final int PENDING_BYTES_MAX = 32 << 20;

  private final ServerCallStreamObserver<ResponseBatch> out;
  private final RequestHandler handler;
  private final Executor heavy;
  private final Consumer<StreamSession> ended;

  // All guarded by this.
  private ResponseBatch.Builder pending = ResponseBatch.newBuilder();
  private int pendingBytes;
  private int unanswered;
  private boolean starved;
  private boolean halfClosed;
  private boolean closed;

  /**
   * @param heavy for messages that take long to parse
   */
  StreamSession(
      ServerCallStreamObserver<ResponseBatch> out,
      RequestHandler handler,
      Executor heavy,
      Consumer<StreamSession> ended) {
    this.out = out;
    this.handler = handler;
    this.heavy = heavy;
    this.ended = ended;
  }

  /** Takes over the call: to be called before the service method returns. */
  void start() {
    out.disableAutoRequest();
    out.setOnCancelHandler(this::close);
    out.setOnReadyHandler(this::flush);
    out.request(1);
  }

  @Override
  public void onNext(RequestBatch batch) {
    synchronized (this) {
      unanswered += batch.getRequestsCount();
    }
    if (!Heavy.isHeavy(batch)) {
      take(batch);
      return;
    }
    // The next message is asked for when this one has been taken: what comes in order is queued
    // in order, and the threads have one message of a stream at a time.
    try {
      heavy.execute(() -> take(batch));
    } catch (RejectedExecutionException e) {
      refuse(batch);
    }
  }

  private void refuse(RequestBatch batch) {
    for (Request request : batch.getRequestsList()) {
      answer(
          Answers.failed(
              request.getId(),
              ErrorCode.BUSY,
              "too many large documents wait to be parsed; come back, or send fewer at a time",
              REFUSED_RETRY_MILLIS));
    }
    taken();
  }

  private void take(RequestBatch batch) {
    Dispatch dispatch = new Dispatch();
    long now = System.nanoTime();
    for (Request request : batch.getRequestsList()) {
      handler.handle(request, now, this, dispatch);
    }
    dispatch.flush();
    taken();
  }

  private void taken() {
    synchronized (this) {
      starved = true;
    }
    flush();
  }

  @Override
  public synchronized void answer(Response response) {
    if (closed) {
      return;
    }
    Response kept = response;
    int bytes = response.getSerializedSize();
    if (pendingBytes > PENDING_BYTES_MAX && !response.hasWrite()) {
      kept =
          Answers.failed(
              response.getId(),
              ErrorCode.BUSY,
              "the answers of this stream are not being taken: "
                  + pendingBytes
                  + " bytes wait; read them, or ask for less at a time",
              100);
      bytes = kept.getSerializedSize();
    }
    if (pendingBytes > 0 && pendingBytes + bytes > MESSAGE_BYTES && out.isReady()) {
      send();
    }
    pending.addResponses(kept);
    pendingBytes += bytes;
  }

  @Override
  public synchronized void flush() {
    if (closed) {
      return;
    }
    if (pending.getResponsesCount() > 0 && out.isReady()) {
      send();
    }
    if (halfClosed && unanswered == 0) {
      close();
      out.onCompleted();
    } else if (starved && unanswered < UNANSWERED_MAX && pendingBytes < MESSAGE_BYTES) {
      starved = false;
      out.request(1);
    }
  }

  private void send() {
    ResponseBatch message = pending.build();
    pending = ResponseBatch.newBuilder();
    pendingBytes = 0;
    unanswered -= message.getResponsesCount();
    out.onNext(message);
  }

  @Override
  public void onError(Throwable failure) {
    close();
  }

  @Override
  public void onCompleted() {
    synchronized (this) {
      halfClosed = true;
    }
    flush();
  }

  /** The client is gone; what it asked for goes on, its answers are dropped. */
  private synchronized void close() {
    closed = true;
    pending = ResponseBatch.newBuilder();
    pendingBytes = 0;
    ended.accept(this);
  }

  /** The node stops. */
  synchronized void shutDown() {
    if (!closed) {
      close();
      out.onError(Status.UNAVAILABLE.withDescription("the node is stopping").asException());
    }
  }
}
