package io.henge.server.grpc;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.henge.api.Limits;
import io.henge.api.changes.ChangePart;
import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.ChangesRequest;
import io.henge.api.v1.ChangesResponse;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.api.v1.WatchRequest;
import io.henge.api.v1.WatchResponse;
import io.henge.document.filter.Filter;
import io.henge.router.Shard;
import io.henge.router.watch.ChangeBatch;
import io.henge.router.watch.RingWatch;
import io.henge.router.watch.Shards;
import io.henge.server.node.MetaFollower;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A watch of a simple client: this node asks the shards, and sends what they say as fast as the
 * client takes it. What it does not take is not asked for.
 *
 * <p>Threads: told from any; one of them at a time sends for all ({@link #send}), without a lock.
 */
final class WatchCall {
  private static final int HEARTBEAT_MILLIS_DEFAULT = 10_000;
  private static final int HEARTBEAT_MILLIS_MAX = 300_000;
  private static final int WAIT_MILLIS = 5_000;
  private static final int ATTEMPT_MILLIS = 10_000;

  /** A longer token goes with a heartbeat only. */
  private static final int TOKEN_BYTES_ALWAYS = 4 << 10;

  private final WatchRequest request;
  private final RequestHandler handler;
  private final MetaFollower meta;
  private final ScheduledExecutorService timer;
  private final ServerCallStreamObserver<WatchResponse> out;
  private final Consumer<WatchCall> ended;
  private final int heartbeatMillis;

  /** Calls of {@link #send} that are not worked off; whoever raises it from 0 does the work. */
  private final AtomicInteger calls = new AtomicInteger();

  // Of whoever sends.
  private @Nullable ChangeToken token;
  private boolean tokenOwed;
  private boolean over;

  private volatile @Nullable RingWatch watch;
  private volatile @Nullable ScheduledFuture<?> heartbeat;
  private volatile boolean heartbeatDue;
  private volatile boolean cancelled;
  private volatile boolean stopping;

  /**
   * @throws HengeException INVALID_ARGUMENT
   */
  WatchCall(
      WatchRequest request,
      RequestHandler handler,
      MetaFollower meta,
      ScheduledExecutorService timer,
      ServerCallStreamObserver<WatchResponse> out,
      Consumer<WatchCall> ended) {
    this.request = request;
    this.handler = handler;
    this.meta = meta;
    this.timer = timer;
    this.out = out;
    this.ended = ended;
    this.heartbeatMillis = heartbeatMillis(request.getHeartbeatMillis());
    if (!request.getFilter().isEmpty()) {
      Filter.parse(request.getFilter());
    }
  }

  private static int heartbeatMillis(int asked) {
    if (asked < 0 || asked > HEARTBEAT_MILLIS_MAX) {
      throw HengeException.invalid(
          "heartbeat_millis: at most "
              + HEARTBEAT_MILLIS_MAX
              + " allowed, found "
              + Integer.toUnsignedString(asked));
    }
    return asked == 0 ? HEARTBEAT_MILLIS_DEFAULT : asked;
  }

  /** Takes over the call: to be called before the service method returns. */
  void start(Limits limits) {
    byte[] start = {};
    byte[] end = {};
    if (request.hasShardingKey()) {
      Key key = WireValues.shardingKey(true, request.getShardingKey(), limits);
      start = PhysicalKey.itemCollection(key);
      end = PhysicalKey.endOfPrefix(start);
    }
    int wait = Math.min(WAIT_MILLIS, heartbeatMillis);
    RingWatch made =
        switch (request.getFromCase()) {
          case START -> from(ChangeToken.of(List.of(ChangePart.scan(start, end))), wait);
          case TOKEN -> from(within(start, end), wait);
          case NOW, FROM_NOT_SET ->
              RingWatch.fromNow(start, end, new NodeShards(), wait, this::send);
        };
    watch = made;
    out.setOnCancelHandler(this::cancel);
    out.setOnReadyHandler(this::send);
    heartbeat =
        timer.scheduleWithFixedDelay(
            this::beat, heartbeatMillis, heartbeatMillis, TimeUnit.MILLISECONDS);
    made.start();
  }

  private RingWatch from(ChangeToken from, int wait) {
    token = from;
    return RingWatch.from(from, new NodeShards(), wait, this::send);
  }

  /** The token's parts, if they are of what is watched. */
  private ChangeToken within(byte[] start, byte[] end) {
    ChangeToken given = ChangeToken.decode(request.getToken().toByteArray());
    List<ChangePart> parts = given.parts();
    ChangePart range = ChangePart.scan(start, end);
    boolean inside =
        !parts.isEmpty()
            && parts.stream()
                .allMatch(
                    part ->
                        range.contains(part.start())
                            && (end.length == 0
                                || (part.end().length != 0
                                    && Arrays.compareUnsigned(part.end(), end) <= 0)));
    if (!inside) {
      throw HengeException.invalid(
          "token: it is of a watch of something else; use it with the sharding key, or without one,"
              + " that it came from");
    }
    return given;
  }

  private void beat() {
    heartbeatDue = true;
    send();
  }

  private void cancel() {
    cancelled = true;
    send();
  }

  /** The node stops. */
  void shutDown() {
    stopping = true;
    send();
  }

  private void end() {
    over = true;
    ScheduledFuture<?> beating = heartbeat;
    if (beating != null) {
      beating.cancel(false);
    }
    RingWatch current = watch;
    if (current != null) {
      current.close();
    }
    ended.accept(this);
  }

  private void send() {
    if (calls.getAndIncrement() > 0) {
      return;
    }
    int seen;
    do {
      seen = calls.get();
      sendAll();
    } while (calls.addAndGet(-seen) > 0);
  }

  private void sendAll() {
    RingWatch current = watch;
    if (over || current == null) {
      return;
    }
    // Nothing is taken before all shards are placed: so their positions come before any change.
    boolean placed = current.isPlaced();
    if (cancelled || stopping) {
      end();
      if (!cancelled) {
        out.onError(Status.UNAVAILABLE.withDescription("the node is stopping").asException());
      }
      return;
    }
    try {
      while (placed && out.isReady()) {
        ChangeBatch batch = current.poll();
        if (batch == null) {
          break;
        }
        take(batch);
      }
      if (heartbeatDue && placed && out.isReady()) {
        heartbeatDue = false;
        WatchResponse.Builder message = WatchResponse.newBuilder();
        addToken(message, true);
        out.onNext(message.build());
      }
    } catch (HengeException e) {
      end();
      out.onError(Answers.status(Answers.error(e)));
    }
  }

  private void take(ChangeBatch batch) {
    ChangeToken before = token == null ? ChangeToken.of(List.of()) : token;
    token = before.with(batch.after());
    tokenOwed = true;
    if (batch.changes().isEmpty()) {
      return;
    }
    WatchResponse.Builder message = WatchResponse.newBuilder().addAllChanges(batch.changes());
    addToken(message, false);
    heartbeatDue = false;
    out.onNext(message.build());
  }

  private void addToken(WatchResponse.Builder message, boolean always) {
    ChangeToken current = token;
    if (current == null || !tokenOwed) {
      return;
    }
    if (always || current.parts().size() <= TOKEN_BYTES_ALWAYS / 64) {
      message.setToken(UnsafeByteOperations.unsafeWrap(current.encode()));
      tokenOwed = false;
    }
  }

  /** Asks through this node, which passes on what it does not lead. */
  private final class NodeShards implements Shards {
    @Override
    public void ask(
        ChangesRequest asked, BiConsumer<@Nullable ChangesResponse, @Nullable Throwable> told) {
      Request full =
          Request.newBuilder()
              .setTimeoutMillis(ATTEMPT_MILLIS)
              .setChanges(
                  asked.toBuilder()
                      .setCollection(request.getCollection())
                      .setFilter(request.getFilter())
                      .setDocumentForm(request.getDocumentForm()))
              .build();
      Dispatch dispatch = new Dispatch();
      handler.handle(full, System.nanoTime(), new Once(told), dispatch);
      dispatch.flush();
    }

    @Override
    public byte @Nullable [] endOfShard(byte[] key) {
      Shard shard = meta.view().map().shardFor(key);
      return shard == null ? null : shard.end();
    }

    @Override
    public void later(Runnable task, long millis) {
      try {
        timer.schedule(task, millis, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        // The node stops, and with it the watch.
      }
    }
  }

  private record Once(BiConsumer<@Nullable ChangesResponse, @Nullable Throwable> told)
      implements Answer {
    @Override
    public void answer(Response response) {
      if (response.hasError()) {
        told.accept(
            null,
            new HengeException(
                ErrorCode.of(response.getError().getCode()),
                response.getError().getMessage(),
                response.getError().getRetryAfterMillis(),
                null));
      } else {
        told.accept(response.getChanges(), null);
      }
    }

    @Override
    public void flush() {}
  }
}
