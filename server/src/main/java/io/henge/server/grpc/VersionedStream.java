package io.henge.server.grpc;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.henge.server.node.MetaView;
import io.henge.server.node.NodeControl;
import java.util.function.BiFunction;

/**
 * A stream of changes to one follower: complete at first, then whatever has changed since the last
 * message. A slow follower gets fewer, larger messages; nothing queues up. Lock: {@code this}.
 */
final class VersionedStream<T> {
  private final ServerCallStreamObserver<T> out;
  private final NodeControl node;
  private final BiFunction<MetaView, Long, T> message;

  // Guarded by this.
  private long sent;
  private boolean begun;
  private boolean closed;

  private VersionedStream(
      ServerCallStreamObserver<T> out,
      NodeControl node,
      BiFunction<MetaView, Long, T> message,
      long known) {
    this.out = out;
    this.node = node;
    this.message = message;
    this.sent = known;
  }

  /**
   * Begins to send.
   *
   * @param message what one lacks who has a version
   * @param known version that the follower has; 0 = none
   * @return ends the stream from this side
   */
  static <T> Runnable start(
      ServerCallStreamObserver<T> out,
      NodeControl node,
      BiFunction<MetaView, Long, T> message,
      long known,
      java.util.Set<Runnable> open) {
    VersionedStream<T> stream = new VersionedStream<>(out, node, message, known);
    Runnable unlisten = node.onChange(stream::offer);
    Runnable end = stream::shutDown;
    out.setOnCancelHandler(
        () -> {
          unlisten.run();
          open.remove(end);
          stream.close();
        });
    out.setOnReadyHandler(stream::offer);
    open.add(end);
    stream.offer();
    return end;
  }

  private synchronized void offer() {
    MetaView view = node.view();
    if (closed || !out.isReady() || view.version() == 0 || (begun && view.version() <= sent)) {
      return;
    }
    // The first message goes out even without news: it carries the clock.
    long from = begun || sent <= view.version() ? sent : 0;
    begun = true;
    out.onNext(message.apply(view, from));
    sent = view.version();
  }

  private synchronized void close() {
    closed = true;
  }

  private synchronized void shutDown() {
    if (!closed) {
      closed = true;
      out.onError(Status.UNAVAILABLE.withDescription("the node is stopping").asException());
    }
  }
}
