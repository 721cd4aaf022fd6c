package io.henge.client.internal.routing;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.GetMapRequest;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.WatchMapRequest;
import io.henge.client.internal.batch.Loop;
import io.henge.client.internal.batch.NodeTransport;
import io.henge.router.ShardMap;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the map up to date: watches it at one node, at another if that fails or falls silent, and
 * fetches it when somebody has reason to think that it is old. Belongs to the loop.
 */
public final class MapFollower {
  private static final Logger LOG = LoggerFactory.getLogger(MapFollower.class);

  /** A node that sends no map for so long is given up for the next. */
  private static final long FIRST_UPDATE_MILLIS = 1_000;

  private static final long REFRESH_MILLIS = 1_000;
  private static final long PAUSE_MILLIS_MIN = 50;
  private static final long PAUSE_MILLIS_MAX = 1_000;

  private final Loop loop;
  private final NodeTransport transport;
  private final Routes routes;
  private final ClusterClock clock;
  private final CompletableFuture<ShardMap> ready = new CompletableFuture<>();
  private @Nullable Watch watch;
  private @Nullable CompletableFuture<ShardMap> refreshing;
  private @Nullable CompletableFuture<ShardMap> refreshNext;
  private int turn;
  private int failures;
  private boolean closed;
  private volatile String lastFailure = "no node has answered";

  public MapFollower(Loop loop, NodeTransport transport, Routes routes, ClusterClock clock) {
    this.loop = loop;
    this.transport = transport;
    this.routes = routes;
    this.clock = clock;
  }

  /** Completes with the first map. */
  public CompletableFuture<ShardMap> ready() {
    return ready;
  }

  /** Why there is no map yet. From any thread. */
  public String lastFailure() {
    return lastFailure;
  }

  /** Begins to watch. */
  public void start() {
    if (closed || watch != null) {
      return;
    }
    List<String> addresses = routes.addresses();
    String address = addresses.get(Math.floorMod(turn++, addresses.size()));
    Watch next = new Watch(address);
    watch = next;
    long known = routes.map().version();
    WatchMapRequest request = WatchMapRequest.newBuilder().setKnownVersion(known).build();
    next.subscription = transport.watchMap(address, request, next);
    if (!ready.isDone()) {
      // With a map in hand silence is no reason to doubt a node: it may have nothing to tell.
      loop.schedule(next::giveUpIfSilent, FIRST_UPDATE_MILLIS);
    }
  }

  /** Notes that a node stays silent: if the map is watched there, it is watched elsewhere. */
  public void suspect(String address) {
    Watch current = watch;
    if (current != null && current.address.equals(address)) {
      current.over("falls silent");
    }
  }

  /**
   * Fetches the map from any node; completes on the loop, exceptionally if no node gives it. The
   * fetch begins after the call: what was done before is in it, as far as the node knows it.
   */
  public CompletableFuture<ShardMap> refresh() {
    if (refreshing == null) {
      CompletableFuture<ShardMap> next = new CompletableFuture<>();
      refreshing = next;
      fetch(routes.addresses().iterator(), next);
      return next;
    }
    if (refreshNext == null) {
      refreshNext = new CompletableFuture<>();
    }
    return refreshNext;
  }

  private void fetch(Iterator<String> addresses, CompletableFuture<ShardMap> result) {
    if (closed || !addresses.hasNext()) {
      String why = closed ? "the client is closed" : lastFailure;
      refreshed();
      result.completeExceptionally(
          new HengeException(ErrorCode.UNAVAILABLE, "no node gives the shard map: " + why));
      return;
    }
    String address = addresses.next();
    transport
        .getMap(address, GetMapRequest.getDefaultInstance(), REFRESH_MILLIS)
        .whenComplete(
            (update, failure) -> {
              String problem = update == null ? String.valueOf(failure.getMessage()) : take(update);
              if (problem == null) {
                refreshed();
                result.complete(routes.map());
              } else {
                lastFailure = address + ": " + problem;
                fetch(addresses, result);
              }
            });
  }

  private void refreshed() {
    refreshing = refreshNext;
    refreshNext = null;
    if (refreshing != null) {
      fetch(routes.addresses().iterator(), refreshing);
    }
  }

  /** Takes an update; otherwise says why not. */
  private @Nullable String take(MapUpdate update) {
    try {
      if (!routes.update(update)) {
        return "sends changes of a map that the client does not have";
      }
    } catch (HengeException e) {
      return e.getMessage();
    }
    clock.set(update.getClockMillis());
    failures = 0;
    if (!routes.map().clusterId().isEmpty()) {
      ready.complete(routes.map());
    }
    return null;
  }

  /** Stops watching. */
  public void close() {
    closed = true;
    if (watch != null) {
      watch.over("the client is closed");
    }
  }

  private final class Watch implements NodeTransport.MapListener {
    private final String address;
    private NodeTransport.@Nullable Subscription subscription;

    Watch(String address) {
      this.address = address;
    }

    @Override
    public void onUpdate(MapUpdate update) {
      String problem = watch == this ? take(update) : null;
      if (problem != null) {
        LOG.warn("Map from {} refused: {}", address, problem);
        over(problem);
      }
    }

    @Override
    public void onClosed(HengeException why) {
      subscription = null;
      over(String.valueOf(why.getMessage()));
    }

    void giveUpIfSilent() {
      if (!ready.isDone()) {
        over("sends no map within " + FIRST_UPDATE_MILLIS + " ms");
      }
    }

    private void over(String why) {
      if (watch != this) {
        return;
      }
      watch = null;
      if (subscription != null) {
        subscription.cancel();
      }
      if (closed) {
        return;
      }
      lastFailure = address + ": " + why;
      LOG.debug("Map watch at {} ended: {}", address, why);
      // The first look round all nodes is quick, later ones take their time.
      boolean first = failures++ < routes.addresses().size();
      int doublings = Math.min(failures, 5);
      long pause = first ? 1 : Math.min(PAUSE_MILLIS_MIN << doublings, PAUSE_MILLIS_MAX);
      loop.schedule(MapFollower.this::start, pause);
    }
  }
}
