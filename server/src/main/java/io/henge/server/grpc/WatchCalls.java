package io.henge.server.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.henge.api.Limits;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.WatchRequest;
import io.henge.api.v1.WatchResponse;
import io.henge.server.node.MetaFollower;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;

/** The watches that this node serves. Thread-safe. */
final class WatchCalls {
  /** Each may hold a page for each shard. */
  private static final int CALLS_MAX = 1_000;

  private final Limits limits;
  private final RequestHandler handler;
  private final MetaFollower meta;
  private final ScheduledExecutorService timer;
  private final Set<WatchCall> calls = ConcurrentHashMap.newKeySet();
  private volatile boolean stopped;

  WatchCalls(
      Limits limits, RequestHandler handler, MetaFollower meta, ScheduledExecutorService timer) {
    this.limits = limits;
    this.handler = handler;
    this.meta = meta;
    this.timer = timer;
  }

  /** Begins a watch, or refuses it. */
  void begin(WatchRequest request, ServerCallStreamObserver<WatchResponse> out) {
    try {
      if (stopped || calls.size() >= CALLS_MAX) {
        throw new HengeException(
            ErrorCode.BUSY, "a node serves at most " + CALLS_MAX + " watches; ask another one");
      }
      WatchCall call = new WatchCall(request, handler, meta, timer, out, calls::remove);
      begin(call);
    } catch (HengeException e) {
      out.onError(Answers.status(Answers.error(e)));
    }
  }

  private void begin(WatchCall call) {
    calls.add(call);
    try {
      call.start(limits);
    } catch (RuntimeException e) {
      calls.remove(call);
      throw e;
    }
  }

  /** Ends all: the node stops. */
  void shutDown() {
    stopped = true;
    calls.forEach(WatchCall::shutDown);
  }
}
