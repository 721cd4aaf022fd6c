package io.henge.client.internal.grpc;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.WatchMapRequest;
import io.henge.client.internal.batch.Loop;
import io.henge.client.internal.batch.NodeTransport;
import org.jspecify.annotations.Nullable;

/** A watch of the map on gRPC. */
final class GrpcMapWatch
    implements NodeTransport.Subscription, ClientResponseObserver<WatchMapRequest, MapUpdate> {
  private final String address;
  private final NodeTransport.MapListener listener;
  private final Runnable onBroken;
  private final LoopDelivery delivery;
  private @Nullable ClientCallStreamObserver<WatchMapRequest> call;
  private boolean over;

  GrpcMapWatch(Loop loop, String address, NodeTransport.MapListener listener, Runnable onBroken) {
    this.address = address;
    this.listener = listener;
    this.onBroken = onBroken;
    this.delivery = new LoopDelivery(loop);
  }

  void opened() {
    delivery.opened();
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WatchMapRequest> stream) {
    call = stream;
  }

  @Override
  public void cancel() {
    over = true;
    if (call != null) {
      call.cancel("no longer watched here", null);
    }
  }

  @Override
  public void onNext(MapUpdate update) {
    delivery.deliver(
        () -> {
          if (!over) {
            listener.onUpdate(update);
          }
        });
  }

  @Override
  public void onError(Throwable failure) {
    delivery.deliver(
        () -> {
          onBroken.run();
          if (!over) {
            over = true;
            listener.onClosed(GrpcErrors.lost(address, failure));
          }
        });
  }

  @Override
  public void onCompleted() {
    onError(Status.UNAVAILABLE.withDescription("closed the map watch").asException());
  }
}
