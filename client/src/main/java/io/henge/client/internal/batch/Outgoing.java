package io.henge.client.internal.batch;

import io.henge.api.error.HengeException;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;

/** One request on its way to one node. Everything happens on the {@link Loop}. */
public abstract class Outgoing {
  private enum State {
    WAITING,
    SENT,
    OVER
  }

  private final Request request;
  private State state = State.WAITING;
  private boolean everSent;

  protected Outgoing(Request request) {
    this.request = request;
  }

  /** The request; its {@code id} is unique among all requests of the client. */
  public final Request request() {
    return request;
  }

  /** Whether it was handed to the network, so that the node may have acted on it. */
  public final boolean wasSent() {
    return everSent;
  }

  final void sent() {
    state = State.SENT;
    everSent = true;
  }

  final void over() {
    state = State.OVER;
  }

  final boolean isWaiting() {
    return state == State.WAITING;
  }

  final boolean isOver() {
    return state == State.OVER;
  }

  /** The node's answer; nothing else follows. */
  protected abstract void onAnswer(Response answer);

  /** No answer will come; {@link #wasSent} tells whether it may have had an effect. */
  protected abstract void onLost(HengeException why);
}
