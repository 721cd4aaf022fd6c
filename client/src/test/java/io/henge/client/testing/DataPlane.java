package io.henge.client.testing;

import com.google.protobuf.Message;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.CreateCollectionResponse;
import io.henge.api.v1.DropCollectionRequest;
import io.henge.api.v1.DropCollectionResponse;
import io.henge.api.v1.StatusRequest;
import io.henge.api.v1.StatusResponse;
import io.henge.api.v1.TransferLeaderRequest;
import io.henge.api.v1.TransferLeaderResponse;
import io.henge.client.internal.batch.NodeTransport;
import java.util.concurrent.CompletableFuture;

/** A network of requests and of the map only: what administrators ask fails, bytes do not count. */
abstract class DataPlane implements NodeTransport {
  @Override
  public CompletableFuture<CreateCollectionResponse> createCollection(
      String address, CreateCollectionRequest request, long timeoutMillis) {
    return notThere();
  }

  @Override
  public CompletableFuture<DropCollectionResponse> dropCollection(
      String address, DropCollectionRequest request, long timeoutMillis) {
    return notThere();
  }

  @Override
  public CompletableFuture<StatusResponse> status(
      String address, StatusRequest request, long timeoutMillis) {
    return notThere();
  }

  @Override
  public CompletableFuture<TransferLeaderResponse> transferLeader(
      String address, TransferLeaderRequest request, long timeoutMillis) {
    return notThere();
  }

  @Override
  public <A extends Message> CompletableFuture<A> cluster(
      String address, String method, Message request, Class<A> answer, long timeoutMillis) {
    return notThere();
  }

  private static <T> CompletableFuture<T> notThere() {
    return CompletableFuture.failedFuture(
        new HengeException(ErrorCode.UNAVAILABLE, "not in this network"));
  }

  @Override
  public long bytesSent() {
    return 0;
  }

  @Override
  public long bytesReceived() {
    return 0;
  }
}
