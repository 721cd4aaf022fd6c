package io.henge.client.internal.grpc;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.henge.client.internal.batch.Loop;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The answer of a unary call, delivered on the loop after the call has been made. */
final class GrpcUnary<A> implements StreamObserver<A> {
  private final Loop loop;
  private final String address;
  private final Runnable onBroken;
  private final CompletableFuture<A> future = new CompletableFuture<>();
  private @Nullable A answer;

  GrpcUnary(Loop loop, String address, Runnable onBroken) {
    this.loop = loop;
    this.address = address;
    this.onBroken = onBroken;
  }

  CompletableFuture<A> future() {
    return future;
  }

  @Override
  public void onNext(A message) {
    answer = message;
  }

  @Override
  public void onError(Throwable failure) {
    loop.execute(
        () -> {
          onBroken.run();
          future.completeExceptionally(GrpcErrors.of(address, failure));
        });
  }

  @Override
  public void onCompleted() {
    A message = answer;
    if (message == null) {
      onError(Status.INTERNAL.withDescription("completed without an answer").asException());
    } else {
      loop.execute(() -> future.complete(message));
    }
  }
}
