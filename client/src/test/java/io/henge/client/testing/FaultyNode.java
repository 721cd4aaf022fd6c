package io.henge.client.testing;

import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.henge.api.v1.ClusterGrpc;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.CreateCollectionResponse;
import io.henge.api.v1.DropCollectionRequest;
import io.henge.api.v1.DropCollectionResponse;
import io.henge.api.v1.GetMapRequest;
import io.henge.api.v1.HengeGrpc;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.OperationResponse;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.Response;
import io.henge.api.v1.ResponseBatch;
import io.henge.api.v1.SplitRequest;
import io.henge.api.v1.StatusRequest;
import io.henge.api.v1.StatusResponse;
import io.henge.api.v1.TransferLeaderRequest;
import io.henge.api.v1.TransferLeaderResponse;
import io.henge.api.v1.WatchMapRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One node of {@link FakeHenge}. Does as it is told in {@link #behave}. */
public final class FaultyNode {
  /** What to do with a request: answer it through the consumer, now, later or never. */
  public interface Behaviour {
    void on(Request request, Consumer<Response> answer);
  }

  private final FakeHenge cluster;
  private final String id;
  private final Queue<Request> received = new ConcurrentLinkedQueue<>();
  private final List<StreamObserver<ResponseBatch>> streams = new CopyOnWriteArrayList<>();
  private final List<StreamObserver<MapUpdate>> watches = new CopyOnWriteArrayList<>();
  private volatile Behaviour behaviour;
  private volatile @Nullable Server server;
  private int port;

  FaultyNode(FakeHenge cluster, String id) {
    this.cluster = cluster;
    this.id = id;
    this.behaviour = this::normally;
  }

  public String id() {
    return id;
  }

  public String address() {
    return "127.0.0.1:" + port;
  }

  /** Requests of streams in the order they came in. */
  public List<Request> received() {
    return List.copyOf(received);
  }

  public void behave(Behaviour next) {
    behaviour = next;
  }

  public void behaveNormally() {
    behaviour = this::normally;
  }

  /** Takes requests and does nothing. */
  public void staySilent() {
    behaviour = (request, answer) -> {};
  }

  /** What a good node does. */
  public void normally(Request request, Consumer<Response> answer) {
    answer.accept(cluster.execute(id, request));
  }

  /** Ends all connections, but goes on listening. */
  public void dropConnections() {
    stop();
    start();
  }

  /** Starts to listen, on the same port as before. */
  void start() {
    try {
      ServerBuilder<?> builder =
          NettyServerBuilder.forAddress(
                  new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
              .permitKeepAliveTime(1, TimeUnit.SECONDS)
              .directExecutor()
              .addService(new Data())
              .addService(new Control());
      Server started = builder.build().start();
      port = started.getPort();
      server = started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As if the process were gone: connections break, new ones are refused. */
  public void stop() {
    Server running = server;
    if (running != null) {
      running.shutdownNow();
      try {
        running.awaitTermination(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      server = null;
      watches.clear();
      streams.clear();
    }
  }

  public boolean isRunning() {
    return server != null;
  }

  public void restart() {
    start();
  }

  void publish(MapUpdate update) {
    for (StreamObserver<MapUpdate> watch : watches) {
      synchronized (watch) {
        watch.onNext(update);
      }
    }
  }

  /** How many clients watch the map here. */
  public int watches() {
    return watches.size();
  }

  private final class Data extends HengeGrpc.HengeImplBase {
    @Override
    public StreamObserver<RequestBatch> stream(StreamObserver<ResponseBatch> answers) {
      ((ServerCallStreamObserver<ResponseBatch>) answers)
          .setOnCancelHandler(() -> streams.remove(answers));
      streams.add(answers);
      return new StreamObserver<>() {
        @Override
        public void onNext(RequestBatch batch) {
          ResponseBatch.Builder atOnce = ResponseBatch.newBuilder();
          boolean[] within = {true};
          for (Request request : batch.getRequestsList()) {
            received.add(request);
            behaviour.on(
                request,
                answer -> {
                  Response response = answer.toBuilder().setId(request.getId()).build();
                  synchronized (answers) {
                    if (within[0]) {
                      atOnce.addResponses(response);
                    } else {
                      answers.onNext(ResponseBatch.newBuilder().addResponses(response).build());
                    }
                  }
                });
          }
          synchronized (answers) {
            within[0] = false;
            if (atOnce.getResponsesCount() > 0) {
              answers.onNext(atOnce.build());
            }
          }
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          answers.onCompleted();
        }
      };
    }
  }

  private final class Control extends ClusterGrpc.ClusterImplBase {
    @Override
    public void watchMap(WatchMapRequest request, StreamObserver<MapUpdate> updates) {
      ((ServerCallStreamObserver<MapUpdate>) updates)
          .setOnCancelHandler(() -> watches.remove(updates));
      watches.add(updates);
      synchronized (updates) {
        updates.onNext(cluster.fullUpdate());
      }
    }

    @Override
    public void getMap(GetMapRequest request, StreamObserver<MapUpdate> answer) {
      answer(answer, cluster.fullUpdate());
    }

    @Override
    public void createCollection(
        CreateCollectionRequest request, StreamObserver<CreateCollectionResponse> answer) {
      answer(answer, cluster.createCollection(request));
    }

    @Override
    public void dropCollection(
        DropCollectionRequest request, StreamObserver<DropCollectionResponse> answer) {
      DropCollectionResponse done = cluster.dropCollection(request);
      if (done == null) {
        answer.onError(Status.NOT_FOUND.withDescription("no such collection").asException());
      } else {
        answer(answer, done);
      }
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
      answer(answer, cluster.status());
    }

    @Override
    public void transferLeader(
        TransferLeaderRequest request, StreamObserver<TransferLeaderResponse> answer) {
      cluster.lead(request.getShardId(), request.getNode());
      answer(answer, TransferLeaderResponse.getDefaultInstance());
    }

    @Override
    public void splitShard(SplitRequest request, StreamObserver<OperationResponse> answer) {
      answer(answer, OperationResponse.getDefaultInstance());
    }

    private <T> void answer(StreamObserver<T> observer, T message) {
      observer.onNext(message);
      observer.onCompleted();
    }
  }
}
