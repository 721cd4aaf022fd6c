package io.henge.server.grpc;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.henge.api.error.ErrorCode;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.Response;
import io.henge.api.v1.ResponseBatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Requests passed on to one other node, over one stream that is opened when needed. Lock: {@code
 * this}; answers are given outside of it.
 */
final class PeerStream {
  private static final int WAITING_MAX = 16_384;
  private static final int QUEUED_BYTES_MAX = 16 << 20;
  private static final int MESSAGE_BYTES = 1 << 20;

  /**
   * A node from which nothing has come for so long, though requests wait for its answers, is not
   * waited for any longer: who asked tries again, under the same request id.
   */
  static final long SILENCE_NANOS = 1_000_000_000;

  /**
   * A request that was passed on.
   *
   * @param patienceNanos how long it may well stay without an answer, beyond what others may
   */
  private record Passed(Exchange exchange, long shardId, long sinceNanos, long patienceNanos) {}

  private final Consumer<ClientResponseObserver<RequestBatch, ResponseBatch>> open;
  private final LongSupplier nanoTime;

  // All guarded by this.
  private final Map<Long, Passed> waiting = new HashMap<>();
  private long heardNanos;
  private long lastId;
  private RequestBatch.Builder queued = RequestBatch.newBuilder();
  private int queuedBytes;
  private @Nullable Call call;

  /**
   * A stream that is not open yet.
   *
   * @param open opens a call to the node with the given observer
   */
  PeerStream(
      Consumer<ClientResponseObserver<RequestBatch, ResponseBatch>> open, LongSupplier nanoTime) {
    this.open = open;
    this.nanoTime = nanoTime;
    this.heardNanos = nanoTime.getAsLong();
  }

  /**
   * Queues a request until {@link #flush}.
   *
   * @param shardId of the shard that the node is believed to lead; 0 = not known
   */
  void send(Request request, long shardId, Exchange exchange) {
    int bytes = request.getSerializedSize();
    boolean full;
    synchronized (this) {
      full = waiting.size() >= WAITING_MAX || queuedBytes > QUEUED_BYTES_MAX;
      if (!full) {
        long id = ++lastId;
        long patience = request.getChanges().getWaitMillis() * 1_000_000L;
        waiting.put(id, new Passed(exchange, shardId, nanoTime.getAsLong(), patience));
        queued.addRequests(request.toBuilder().setId(id));
        queuedBytes += bytes;
      }
    }
    if (full) {
      exchange.fail(
          Answers.error(ErrorCode.BUSY, "too many requests wait for the shard's leader", 50));
    }
  }

  void flush() {
    RuntimeException failure = null;
    synchronized (this) {
      if (queued.getRequestsCount() == 0) {
        return;
      }
      try {
        Call current = call;
        if (current == null) {
          current = new Call();
          call = current;
          open.accept(current);
        }
        ClientCallStreamObserver<RequestBatch> out = current.out;
        if (out != null && out.isReady()) {
          sendQueued(out);
        }
      } catch (RuntimeException e) {
        failure = e;
      }
    }
    if (failure != null) {
      fail(null, failure);
    }
  }

  private void sendQueued(ClientCallStreamObserver<RequestBatch> out) {
    RequestBatch all = queued.build();
    queued = RequestBatch.newBuilder();
    int bytes = queuedBytes;
    queuedBytes = 0;
    if (bytes <= MESSAGE_BYTES) {
      out.onNext(all);
      return;
    }
    RequestBatch.Builder part = RequestBatch.newBuilder();
    int partBytes = 0;
    for (Request request : all.getRequestsList()) {
      int size = request.getSerializedSize();
      if (partBytes > 0 && partBytes + size > MESSAGE_BYTES) {
        out.onNext(part.build());
        part.clear();
        partBytes = 0;
      }
      part.addRequests(request);
      partBytes += size;
    }
    out.onNext(part.build());
  }

  /**
   * Fails requests whose time is over, or all that have waited for long while nothing came at all:
   * the other node may have stopped without a word.
   */
  void expire() {
    long now = nanoTime.getAsLong();
    List<Exchange> over;
    synchronized (this) {
      boolean silent = now - heardNanos >= SILENCE_NANOS;
      over =
          take(
              passed ->
                  passed.exchange().isOver()
                      || (silent
                          && now - passed.sinceNanos() >= SILENCE_NANOS + passed.patienceNanos()));
    }
    for (Exchange exchange : over) {
      exchange.fail(
          Answers.error(ErrorCode.UNAVAILABLE, "the shard's leader did not answer in time", 0));
      exchange.flush();
    }
  }

  /**
   * Takes back what was passed on for shards that this node does not lead any more. Its answers, if
   * any still come, are ignored.
   */
  List<Exchange> takeBack(LongPredicate shardsLedElsewhere) {
    synchronized (this) {
      return take(passed -> passed.shardId() != 0 && shardsLedElsewhere.test(passed.shardId()));
    }
  }

  /** Called with the lock held. */
  private List<Exchange> take(Predicate<Passed> wanted) {
    List<Exchange> taken = new ArrayList<>();
    for (Iterator<Passed> all = waiting.values().iterator(); all.hasNext(); ) {
      Passed passed = all.next();
      if (wanted.test(passed)) {
        all.remove();
        taken.add(passed.exchange());
      }
    }
    return taken;
  }

  /** The other node cannot be reached: nobody knows what it did with what it got. */
  void close() {
    Call current;
    synchronized (this) {
      current = call;
    }
    fail(current, new IllegalStateException("the connection was closed"));
    if (current != null && current.out != null) {
      current.out.cancel("closed", null);
    }
  }

  private void fail(@Nullable Call failed, Throwable reason) {
    List<Exchange> lost;
    synchronized (this) {
      if (failed != null && failed != call) {
        return;
      }
      call = null;
      lost = take(passed -> true);
      queued = RequestBatch.newBuilder();
      queuedBytes = 0;
    }
    for (Exchange exchange : lost) {
      exchange.fail(
          Answers.error(
              ErrorCode.UNAVAILABLE, "the shard's leader cannot be reached: " + reason, 0));
    }
    lost.forEach(Exchange::flush);
  }

  private void received(ResponseBatch batch) {
    List<Exchange> answered = new ArrayList<>(batch.getResponsesCount());
    List<Response> responses = new ArrayList<>(batch.getResponsesCount());
    synchronized (this) {
      heardNanos = nanoTime.getAsLong();
      for (Response response : batch.getResponsesList()) {
        Passed passed = waiting.remove(response.getId());
        if (passed != null) {
          answered.add(passed.exchange());
          responses.add(response);
        }
      }
    }
    for (int i = 0; i < answered.size(); i++) {
      answered.get(i).relay(responses.get(i));
    }
    answered.forEach(Exchange::flush);
  }

  private final class Call implements ClientResponseObserver<RequestBatch, ResponseBatch> {
    private volatile @Nullable ClientCallStreamObserver<RequestBatch> out;

    @Override
    public void beforeStart(ClientCallStreamObserver<RequestBatch> stream) {
      out = stream;
      stream.setOnReadyHandler(PeerStream.this::flush);
    }

    @Override
    public void onNext(ResponseBatch batch) {
      received(batch);
    }

    @Override
    public void onError(Throwable failure) {
      fail(this, failure);
    }

    @Override
    public void onCompleted() {
      fail(this, new IllegalStateException("the other node ended the stream"));
    }
  }
}
