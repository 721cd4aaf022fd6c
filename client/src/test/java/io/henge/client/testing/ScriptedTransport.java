package io.henge.client.testing;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.GetMapRequest;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.Response;
import io.henge.api.v1.ResponseBatch;
import io.henge.api.v1.WatchMapRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A network without a network: keeps what is sent, and brings what the test makes up. */
public final class ScriptedTransport extends DataPlane {
  private final ManualLoop loop;
  private final Map<String, Node> nodes = new LinkedHashMap<>();

  public ScriptedTransport(ManualLoop loop) {
    this.loop = loop;
  }

  /** What the test does at one address. */
  public final class Node {
    private final List<Request> sent = new ArrayList<>();
    private final List<Integer> messages = new ArrayList<>();
    private boolean refuses;
    private boolean connects = true;
    private boolean ready = true;
    private int opened;
    private @Nullable Listener listener;
    private @Nullable MapListener watcher;
    private int watches;
    private @Nullable MapUpdate map;

    /** All requests so far, over all connections. */
    public List<Request> sent() {
      return sent;
    }

    /** Sizes of the messages, in requests. */
    public List<Integer> messages() {
      return messages;
    }

    public Request last() {
      return sent.get(sent.size() - 1);
    }

    /** Connections that were tried. */
    public int opened() {
      return opened;
    }

    /** Times the map was watched here. */
    public int watches() {
      return watches;
    }

    /** From now on connections are refused. */
    public void refuse(boolean refuse) {
      refuses = refuse;
    }

    /** From now on connections take for ever. */
    public void neverConnect() {
      connects = false;
    }

    /** Whether the stream has room. */
    public void ready(boolean isReady) {
      ready = isReady;
      Listener current = listener;
      if (isReady && current != null) {
        loop.execute(current::onReady);
        loop.run();
      }
    }

    /** Answers a request. */
    public void answer(Request request, Response response) {
      Listener current = listener;
      if (current != null) {
        Response full = response.toBuilder().setId(request.getId()).build();
        loop.execute(
            () -> current.onAnswers(ResponseBatch.newBuilder().addResponses(full).build()));
        loop.run();
      }
    }

    /** Answers the last request. */
    public void answer(Response response) {
      answer(last(), response);
    }

    /** The connection breaks. */
    public void drop() {
      Listener current = listener;
      if (current != null) {
        listener = null;
        loop.execute(() -> current.onClosed(broken("connection reset")));
        loop.run();
      }
    }

    /** What {@link #getMap} gives; null = a failure. */
    public void map(@Nullable MapUpdate update) {
      map = update;
    }

    /** Sends an update to whoever watches here. */
    public void update(MapUpdate update) {
      MapListener current = watcher;
      if (current != null) {
        loop.execute(() -> current.onUpdate(update));
        loop.run();
      }
    }

    /** Ends the watch. */
    public void endWatch() {
      MapListener current = watcher;
      if (current != null) {
        watcher = null;
        loop.execute(() -> current.onClosed(broken("watch ended")));
        loop.run();
      }
    }

    public boolean isWatched() {
      return watcher != null;
    }
  }

  private static HengeException broken(String why) {
    return new HengeException(ErrorCode.UNAVAILABLE, why);
  }

  public Node node(String address) {
    return nodes.computeIfAbsent(address, key -> new Node());
  }

  /** Requests sent to all nodes. */
  public int sentInAll() {
    return nodes.values().stream().mapToInt(node -> node.sent.size()).sum();
  }

  @Override
  public RequestStream open(String address, Listener listener) {
    Node node = node(address);
    node.opened++;
    if (node.refuses) {
      loop.execute(() -> listener.onClosed(broken("connection refused")));
    } else if (node.connects) {
      node.listener = listener;
      loop.execute(listener::onReady);
    }
    return new RequestStream() {
      @Override
      public boolean isReady() {
        return node.ready && node.listener == listener;
      }

      @Override
      public void send(RequestBatch batch) {
        node.messages.add(batch.getRequestsCount());
        node.sent.addAll(batch.getRequestsList());
      }

      @Override
      public void cancel(String why) {
        node.listener = null;
      }
    };
  }

  @Override
  public Subscription watchMap(String address, WatchMapRequest request, MapListener listener) {
    Node node = node(address);
    node.watches++;
    node.watcher = listener;
    MapUpdate first = node.map;
    if (node.refuses) {
      loop.execute(() -> listener.onClosed(broken("connection refused")));
    } else if (first != null) {
      loop.execute(() -> listener.onUpdate(first));
    }
    return () -> node.watcher = null;
  }

  @Override
  public CompletableFuture<MapUpdate> getMap(
      String address, GetMapRequest request, long timeoutMillis) {
    CompletableFuture<MapUpdate> result = new CompletableFuture<>();
    MapUpdate map = node(address).map;
    loop.execute(
        () -> {
          if (map == null) {
            result.completeExceptionally(broken("no map here"));
          } else {
            result.complete(map);
          }
        });
    return result;
  }

  @Override
  public void close() {}
}
