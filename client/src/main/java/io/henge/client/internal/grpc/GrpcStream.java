package io.henge.client.internal.grpc;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.ResponseBatch;
import io.henge.client.internal.batch.Loop;
import io.henge.client.internal.batch.NodeTransport;
import org.jspecify.annotations.Nullable;

/** A stream of requests on gRPC. */
final class GrpcStream
    implements NodeTransport.RequestStream, ClientResponseObserver<RequestBatch, ResponseBatch> {
  private final String address;
  private final NodeTransport.Listener listener;
  private final Runnable onBroken;
  private final LoopDelivery delivery;
  private @Nullable ClientCallStreamObserver<RequestBatch> requests;
  private boolean over;

  GrpcStream(Loop loop, String address, NodeTransport.Listener listener, Runnable onBroken) {
    this.address = address;
    this.listener = listener;
    this.onBroken = onBroken;
    this.delivery = new LoopDelivery(loop);
  }

  void opened() {
    delivery.opened();
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<RequestBatch> stream) {
    requests = stream;
    stream.setOnReadyHandler(() -> delivery.deliver(this::ready));
  }

  private void ready() {
    if (!over) {
      listener.onReady();
    }
  }

  @Override
  public boolean isReady() {
    return !over && requests != null && requests.isReady();
  }

  @Override
  public void send(RequestBatch batch) {
    if (requests != null) {
      requests.onNext(batch);
    }
  }

  @Override
  public void cancel(String why) {
    over = true;
    if (requests != null) {
      requests.cancel(why, null);
    }
  }

  @Override
  public void onNext(ResponseBatch answers) {
    if (delivery.isDirect()) {
      answered(answers);
    } else {
      delivery.deliver(() -> answered(answers));
    }
  }

  private void answered(ResponseBatch answers) {
    if (!over) {
      listener.onAnswers(answers);
    }
  }

  @Override
  public void onError(Throwable failure) {
    delivery.deliver(() -> closed(failure));
  }

  @Override
  public void onCompleted() {
    onError(Status.UNAVAILABLE.withDescription("closed the stream").asException());
  }

  private void closed(Throwable failure) {
    onBroken.run();
    if (!over) {
      over = true;
      listener.onClosed(GrpcErrors.lost(address, failure));
    }
  }
}
