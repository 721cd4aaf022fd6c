package io.henge.client.internal.batch;

import com.google.protobuf.Message;
import io.henge.api.error.HengeException;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.CreateCollectionResponse;
import io.henge.api.v1.DropCollectionRequest;
import io.henge.api.v1.DropCollectionResponse;
import io.henge.api.v1.GetMapRequest;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.ResponseBatch;
import io.henge.api.v1.StatusRequest;
import io.henge.api.v1.StatusResponse;
import io.henge.api.v1.TransferLeaderRequest;
import io.henge.api.v1.TransferLeaderResponse;
import io.henge.api.v1.WatchMapRequest;
import java.util.concurrent.CompletableFuture;

/**
 * The network as the client sees it. Methods are called on the {@link Loop} and do not block;
 * listeners are called and futures complete on the loop, never before the method has returned.
 * Failures are {@link HengeException}s: UNAVAILABLE for whatever the network does, DEADLINE for
 * silence, else what the node said.
 */
public interface NodeTransport extends AutoCloseable {

  /** A stream of requests to one node. */
  interface RequestStream {
    /** Whether a message would go out without piling up; {@link Listener#onReady} tells when. */
    boolean isReady();

    void send(RequestBatch batch);

    /** Gives the stream up; its listener hears nothing any more. */
    void cancel(String why);
  }

  /** What comes back on a {@link RequestStream}. */
  interface Listener {
    /** The stream is connected, or has room again. */
    void onReady();

    void onAnswers(ResponseBatch answers);

    /** The last call: nothing is answered any more. */
    void onClosed(HengeException why);
  }

  /** What comes of watching the map. */
  interface MapListener {
    void onUpdate(MapUpdate update);

    /** The last call. */
    void onClosed(HengeException why);
  }

  /** Something that can be given up; its listener hears nothing any more. */
  interface Subscription {
    void cancel();
  }

  RequestStream open(String address, Listener listener);

  Subscription watchMap(String address, WatchMapRequest request, MapListener listener);

  CompletableFuture<MapUpdate> getMap(String address, GetMapRequest request, long timeoutMillis);

  CompletableFuture<CreateCollectionResponse> createCollection(
      String address, CreateCollectionRequest request, long timeoutMillis);

  CompletableFuture<DropCollectionResponse> dropCollection(
      String address, DropCollectionRequest request, long timeoutMillis);

  CompletableFuture<StatusResponse> status(
      String address, StatusRequest request, long timeoutMillis);

  CompletableFuture<TransferLeaderResponse> transferLeader(
      String address, TransferLeaderRequest request, long timeoutMillis);

  /**
   * Any other unary call of the cluster service.
   *
   * @param method its name in the service, such as {@code Plan}
   * @param answer the class of its answer
   */
  <A extends Message> CompletableFuture<A> cluster(
      String address, String method, Message request, Class<A> answer, long timeoutMillis);

  /** Bytes of all messages sent. From any thread. */
  long bytesSent();

  /** Bytes of all messages received. From any thread. */
  long bytesReceived();

  /** Ends all connections; from any thread but the loop's, waits for the loop's end. */
  @Override
  void close();
}
