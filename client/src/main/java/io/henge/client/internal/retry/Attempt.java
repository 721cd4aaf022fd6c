package io.henge.client.internal.retry;

import io.henge.api.error.HengeException;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.client.internal.batch.Outgoing;
import io.henge.client.internal.routing.Peer;
import io.henge.router.Shard;
import org.jspecify.annotations.Nullable;

/** One try of a call at one node. */
final class Attempt extends Outgoing {
  final Dispatcher dispatcher;
  final Call call;
  final Peer peer;
  final @Nullable Shard shard;
  final long startNanos;

  Attempt(
      Dispatcher dispatcher,
      Call call,
      Peer peer,
      @Nullable Shard shard,
      Request request,
      long startNanos) {
    super(request);
    this.dispatcher = dispatcher;
    this.call = call;
    this.peer = peer;
    this.shard = shard;
    this.startNanos = startNanos;
  }

  @Override
  protected void onAnswer(Response answer) {
    dispatcher.answered(this, answer);
  }

  @Override
  protected void onLost(HengeException why) {
    dispatcher.lost(this, why);
  }
}
