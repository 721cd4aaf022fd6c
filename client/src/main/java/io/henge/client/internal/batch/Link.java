package io.henge.client.internal.batch;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.Response;
import io.henge.api.v1.ResponseBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one node: a queue of its own, so that a slow or dead node delays nobody else,
 * and a stream that takes as many requests in a message as are there when it has room. It connects
 * when it is used, and again, after a pause, when it is used after a failure. One thread only.
 */
public final class Link {
  /** Most requests in one message: more gain nothing, and answers would come in gusts. */
  static final int BATCH_REQUESTS_MAX = 128;

  /** A message stays well below gRPC's limit of 4 MiB, unless a single request is larger. */
  static final int BATCH_BYTES_MAX = 512 << 10;

  private static final int PURGE_MIN = 64;
  private static final long PAUSE_MILLIS_MIN = 50;
  private static final long PAUSE_MILLIS_MAX = 1_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final String address;
  private final NodeTransport transport;
  private final Loop loop;
  private final Links links;
  private final ArrayDeque<Outgoing> waiting = new ArrayDeque<>();
  private final InFlight sent = new InFlight();
  private NodeTransport.@Nullable RequestStream stream;
  private boolean dirty;
  private int failures;
  private long downUntilNanos;
  private boolean down;
  private boolean silent;
  private long silentUntilNanos;
  private long heardNanos;
  private int cancelledWaiting;

  Link(String address, NodeTransport transport, Loop loop, Links links) {
    this.address = address;
    this.transport = transport;
    this.loop = loop;
    this.links = links;
    this.heardNanos = loop.nanoTime();
  }

  public String address() {
    return address;
  }

  /** False for a while after a failure: asking would only fail again. */
  public boolean isUsable() {
    return !isDown() && !isSilent();
  }

  /** Whether it failed to connect, or broke, a moment ago. */
  public boolean isDown() {
    down = down && loop.nanoTime() - downUntilNanos < 0;
    return down;
  }

  private boolean isSilent() {
    silent = silent && loop.nanoTime() - silentUntilNanos < 0;
    return silent;
  }

  /** When anything came from the node last, as of {@link Loop#nanoTime}. */
  public long heardNanos() {
    return heardNanos;
  }

  /** Notes that requests stay without an answer: others avoid the node until it speaks again. */
  public void markSilent(long forMillis) {
    silent = true;
    silentUntilNanos = loop.nanoTime() + forMillis * NANOS_PER_MILLI;
  }

  /** Requests that wait here, to be sent or to be answered. */
  public int load() {
    return waiting.size() - cancelledWaiting + sent.size();
  }

  /** Puts a request into the queue; it leaves with the next {@link Links#flush}. */
  public void enqueue(Outgoing outgoing) {
    waiting.add(outgoing);
    markDirty();
  }

  /** Forgets a request: it is not sent any more, or its answer is ignored. */
  public void cancel(Outgoing outgoing) {
    boolean wasWaiting = outgoing.isWaiting();
    outgoing.over();
    if (!wasWaiting) {
      sent.remove(outgoing.request().getId());
    } else if (++cancelledWaiting > PURGE_MIN && cancelledWaiting > waiting.size() / 2) {
      // The stream has had no room for long: don't hoard what nobody waits for.
      waiting.removeIf(Outgoing::isOver);
      cancelledWaiting = 0;
    }
  }

  private void markDirty() {
    if (!dirty) {
      dirty = true;
      links.markDirty(this);
    }
  }

  void unmark() {
    dirty = false;
  }

  void flush() {
    if (stream == null && !waiting.isEmpty()) {
      if (isDown()) {
        fail(unavailable("connecting failed a moment ago"));
        return;
      }
      stream = transport.open(address, new Answers());
    }
    NodeTransport.RequestStream open = stream;
    while (open != null && !waiting.isEmpty() && open.isReady()) {
      RequestBatch batch = nextBatch();
      if (batch.getRequestsCount() == 0) {
        return;
      }
      links.countMessage();
      open.send(batch);
      open = stream;
    }
  }

  private RequestBatch nextBatch() {
    RequestBatch.Builder batch = RequestBatch.newBuilder();
    int bytes = 0;
    Outgoing next = waiting.peek();
    while (next != null && batch.getRequestsCount() < BATCH_REQUESTS_MAX) {
      if (!next.isOver()) {
        bytes += next.request().getSerializedSize();
        if (bytes > BATCH_BYTES_MAX && batch.getRequestsCount() > 0) {
          break;
        }
        next.sent();
        sent.put(next);
        batch.addRequests(next.request());
      } else {
        cancelledWaiting--;
      }
      waiting.poll();
      next = waiting.peek();
    }
    return batch.build();
  }

  private void fail(HengeException why) {
    stream = null;
    if (!isDown()) {
      down = true;
      long pause = PAUSE_MILLIS_MIN << Math.min(failures, 10);
      failures++;
      downUntilNanos = loop.nanoTime() + Math.min(pause, PAUSE_MILLIS_MAX) * NANOS_PER_MILLI;
    }
    List<Outgoing> lost = new ArrayList<>(load());
    lost.addAll(List.of(sent.drain()));
    lost.addAll(waiting);
    waiting.clear();
    cancelledWaiting = 0;
    for (Outgoing outgoing : lost) {
      if (!outgoing.isOver()) {
        outgoing.over();
        outgoing.onLost(why);
      }
    }
  }

  void close() {
    if (stream != null) {
      stream.cancel("the client is closed");
      stream = null;
    }
    waiting.clear();
    sent.drain();
  }

  private HengeException unavailable(String what) {
    return new HengeException(ErrorCode.UNAVAILABLE, "node at " + address + ": " + what);
  }

  /** Listens to one stream; what an older stream still says is no longer of interest. */
  private final class Answers implements NodeTransport.Listener {
    private boolean over;

    @Override
    public void onReady() {
      if (!over) {
        down = false;
        markDirty();
        links.flush();
      }
    }

    @Override
    public void onAnswers(ResponseBatch answers) {
      heardNanos = loop.nanoTime();
      silent = false;
      failures = 0;
      for (int i = 0; i < answers.getResponsesCount(); i++) {
        Response answer = answers.getResponses(i);
        Outgoing outgoing = sent.remove(answer.getId());
        if (outgoing != null) {
          outgoing.over();
          outgoing.onAnswer(answer);
        }
      }
      links.flush();
    }

    @Override
    public void onClosed(HengeException why) {
      if (!over) {
        over = true;
        fail(why);
        links.flush();
      }
    }
  }
}
