package io.henge.client.internal;

import io.henge.api.Limits;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.Response;
import io.henge.client.ClientOptions;
import io.henge.client.ClientStatistics;
import io.henge.client.internal.batch.Admission;
import io.henge.client.internal.batch.Links;
import io.henge.client.internal.batch.Loop;
import io.henge.client.internal.batch.NodeTransport;
import io.henge.client.internal.retry.Call;
import io.henge.client.internal.retry.Dispatcher;
import io.henge.client.internal.routing.ClusterClock;
import io.henge.client.internal.routing.MapFollower;
import io.henge.client.internal.routing.Routes;
import io.henge.router.ShardMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The parts of a client put together; shared by all its views. */
final class Core {
  /** How to make a request, once the map knows its collections. */
  interface Maker extends Function<ShardMap, Call> {}

  private static final long CLOSE_MILLIS = 2_000;

  final ClientOptions options;
  final RequestLimits limits = new RequestLimits(Limits.DEFAULT);
  final RequestIds requestIds = new RequestIds();
  final Loop loop;
  final NodeTransport transport;
  final ClusterClock clock;
  final Routes routes;
  private final List<String> seeds;
  private final Links links;
  private final MapFollower follower;
  private final Dispatcher dispatcher;
  private final AtomicBoolean closed = new AtomicBoolean();

  Core(List<String> seeds, ClientOptions options, Loop loop, NodeTransport transport) {
    this(seeds, options, loop, transport, new Random());
  }

  /**
   * @param random chooses among nodes, and how long to wait before another try
   */
  Core(
      List<String> seeds,
      ClientOptions options,
      Loop loop,
      NodeTransport transport,
      Random random) {
    this.seeds = seeds;
    this.options = options;
    this.loop = loop;
    this.transport = transport;
    this.clock = new ClusterClock(loop::nanoTime);
    this.links = new Links(transport, loop);
    this.routes = new Routes(links, seeds, random);
    this.follower = new MapFollower(loop, transport, routes, clock);
    Admission admission = new Admission(options.requestsInFlightMax(), options.bytesInFlightMax());
    this.dispatcher = new Dispatcher(loop, links, routes, follower, clock, admission, random);
  }

  /** Begins to follow the map. */
  void start() {
    loop.execute(follower::start);
  }

  /** Waits for the first map. */
  void connect() {
    start();
    try {
      follower.ready().get(options.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new HengeException(
          ErrorCode.UNAVAILABLE,
          "no node of the cluster can be reached at "
              + String.join(", ", seeds)
              + " within "
              + options.timeout().toMillis()
              + " ms ("
              + follower.lastFailure()
              + "); check the addresses, and that a node listens there");
    } catch (InterruptedException e) {
      throw interrupted(ErrorCode.UNAVAILABLE, "connecting");
    } catch (ExecutionException e) {
      throw rethrown(e);
    }
  }

  /** Sends a request and waits for its answer. */
  <T> T call(Maker maker, BiFunction<Call, Response, T> reader) {
    Call call = make(maker);
    requireOutsideLoop();
    dispatcher.submit(call);
    ErrorCode whenInterrupted =
        call.kind() == Call.Kind.WRITE ? ErrorCode.OUTCOME_UNKNOWN : ErrorCode.DEADLINE;
    Response answer = await(call, whenInterrupted);
    return reader.apply(call, answer);
  }

  /**
   * What depends on a collection: by the map at hand, or by a newer one if that does not know it.
   */
  <T> T make(Function<ShardMap, T> maker) {
    try {
      return maker.apply(routes.map());
    } catch (UnknownCollectionException e) {
      return maker.apply(await(refresh(), ErrorCode.DEADLINE, "looking for a collection"));
    }
  }

  /** Sends a request. */
  <T> CompletableFuture<T> callAsync(Maker maker, BiFunction<Call, Response, T> reader) {
    CompletableFuture<T> result = new CompletableFuture<>();
    try {
      send(maker.apply(routes.map()), reader, result);
    } catch (UnknownCollectionException e) {
      refresh().whenComplete((map, failure) -> sendOnNewMap(map, failure, maker, reader, result));
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
    }
    return result;
  }

  private <T> void sendOnNewMap(
      ShardMap map,
      Throwable failure,
      Maker maker,
      BiFunction<Call, Response, T> reader,
      CompletableFuture<T> result) {
    if (failure != null) {
      result.completeExceptionally(failure);
      return;
    }
    try {
      send(maker.apply(map), reader, result);
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
    }
  }

  private <T> void send(
      Call call, BiFunction<Call, Response, T> reader, CompletableFuture<T> result) {
    dispatcher.submit(call);
    call.answer()
        .whenComplete(
            (answer, failure) -> {
              if (failure != null) {
                result.completeExceptionally(failure);
                return;
              }
              try {
                result.complete(reader.apply(call, answer));
              } catch (RuntimeException e) {
                result.completeExceptionally(e);
              }
            });
  }

  /** The newest map that a node has. */
  CompletableFuture<ShardMap> refresh() {
    CompletableFuture<ShardMap> result = new CompletableFuture<>();
    onLoop(
        () ->
            follower
                .refresh()
                .whenComplete(
                    (map, failure) -> {
                      if (failure != null) {
                        result.completeExceptionally(failure);
                      } else {
                        result.complete(map);
                      }
                    }));
    return result;
  }

  void onLoop(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      throw new HengeException(ErrorCode.UNAVAILABLE, "the client is closed", e);
    }
  }

  private void requireOutsideLoop() {
    if (loop.inLoop()) {
      throw new IllegalStateException(
          "a blocking call on the client's own thread would wait for itself; use async()");
    }
  }

  private Response await(Call call, ErrorCode whenInterrupted) {
    try {
      return call.answer().get();
    } catch (InterruptedException e) {
      throw interrupted(whenInterrupted, call.what());
    } catch (ExecutionException e) {
      throw rethrown(e);
    }
  }

  /** Waits for something that ends by itself. */
  <T> T await(CompletableFuture<T> future, ErrorCode whenInterrupted, String what) {
    requireOutsideLoop();
    try {
      return future.get();
    } catch (InterruptedException e) {
      throw interrupted(whenInterrupted, what);
    } catch (ExecutionException e) {
      throw rethrown(e);
    }
  }

  private static HengeException interrupted(ErrorCode code, String what) {
    Thread.currentThread().interrupt();
    String effect = code == ErrorCode.OUTCOME_UNKNOWN ? "; it may take effect" : "";
    return new HengeException(code, what + ": the thread was interrupted while it waited" + effect);
  }

  private static RuntimeException rethrown(ExecutionException failure) {
    Throwable cause = failure.getCause();
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof HengeException known) {
      return known;
    }
    if (cause instanceof CancellationException) {
      return new HengeException(ErrorCode.UNAVAILABLE, "the client is closed", cause);
    }
    return new HengeException(ErrorCode.INTERNAL, "in the client: " + cause, cause);
  }

  boolean isClosed() {
    return closed.get();
  }

  ClientStatistics statistics() {
    return new ClientStatistics(
        dispatcher.requests(),
        dispatcher.attempts(),
        links.messages(),
        transport.bytesSent(),
        transport.bytesReceived(),
        routes.map().version());
  }

  void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Runnable stop =
        () -> {
          follower.close();
          dispatcher.close();
          links.close();
        };
    if (loop.inLoop()) {
      stop.run();
    } else {
      CompletableFuture<Void> stopped = new CompletableFuture<>();
      try {
        loop.execute(
            () -> {
              stop.run();
              stopped.complete(null);
            });
        stopped.get(CLOSE_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
        // The transport goes down in any case, and with it whatever still waits.
      }
    }
    transport.close();
  }
}
