package io.henge.client.testing;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.GetMapRequest;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.Request;
import io.henge.api.v1.RequestBatch;
import io.henge.api.v1.Response;
import io.henge.api.v1.ResponseBatch;
import io.henge.api.v1.ShardDescriptor;
import io.henge.api.v1.WatchMapRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * The network before a {@link ReshapedRing}, in virtual time: requests and answers take their time
 * and overtake each other, some are lost, connections break, and the map that clients can get is
 * one of some time ago. By default nothing goes wrong but that.
 */
public final class ReshapedCluster extends DataPlane {
  private static final List<String> NODES = List.of("a", "b", "c", "d");

  private final ManualLoop loop;
  private final Random random;
  private final ReshapedRing ring;
  private final List<MapUpdate> maps = new ArrayList<>();
  private int perMilleLost;

  public ReshapedCluster(ManualLoop loop, Random random) {
    this.loop = loop;
    this.random = random;
    this.ring = new ReshapedRing(random, NODES);
    noteMap();
  }

  public ReshapedRing ring() {
    return ring;
  }

  /** How many of a thousand requests, and of answers, get lost; a tenth of that breaks streams. */
  public void lose(int perMille) {
    perMilleLost = perMille;
  }

  /** Changes the ring at random; what clients can learn from the map lags behind. */
  public void reshape() {
    ring.change();
    noteMap();
  }

  private void noteMap() {
    MapUpdate.Builder map =
        MapUpdate.newBuilder()
            .setClusterId("reshaped")
            .setVersion(maps.size() + 1)
            .setFull(true)
            .addCollections(CollectionRecord.newBuilder().setId(1).setName("things"));
    NODES.forEach(
        id ->
            map.addNodes(
                NodeRecord.newBuilder().setNodeId(id).setName(id).setClientAddress(id + ":1")));
    for (ShardDescriptor shard : ring.descriptors()) {
      map.addShards(shard);
    }
    maps.add(map.build());
  }

  private MapUpdate oldMap() {
    return maps.get(Math.max(0, maps.size() - 1 - random.nextInt(20)));
  }

  private final class Connection implements RequestStream {
    private final String node;
    private final Listener listener;
    private boolean open = true;

    Connection(String node, Listener listener) {
      this.node = node;
      this.listener = listener;
    }

    @Override
    public boolean isReady() {
      return open;
    }

    @Override
    public void send(RequestBatch batch) {
      batch.getRequestsList().forEach(this::travel);
    }

    private void travel(Request request) {
      if (isLost()) {
        return;
      }
      loop.schedule(() -> arrive(request), random.nextInt(8));
    }

    private void arrive(Request request) {
      Response answer = ring.execute(node, request);
      if (!isLost()) {
        loop.schedule(() -> answer(request, answer), random.nextInt(8));
      }
    }

    private void answer(Request request, Response answer) {
      if (open) {
        Response full = answer.toBuilder().setId(request.getId()).build();
        listener.onAnswers(ResponseBatch.newBuilder().addResponses(full).build());
      }
    }

    private boolean isLost() {
      int fate = random.nextInt(1_000);
      if (fate * 10 < perMilleLost) {
        loop.execute(this::breakOff);
      }
      return fate < perMilleLost;
    }

    private void breakOff() {
      if (open) {
        open = false;
        listener.onClosed(new HengeException(ErrorCode.UNAVAILABLE, "connection reset"));
      }
    }

    @Override
    public void cancel(String why) {
      open = false;
    }
  }

  @Override
  public RequestStream open(String address, Listener listener) {
    Connection connection = new Connection(address.substring(0, address.indexOf(':')), listener);
    loop.execute(listener::onReady);
    return connection;
  }

  @Override
  public Subscription watchMap(String address, WatchMapRequest request, MapListener listener) {
    MapUpdate map = maps.get(0);
    loop.execute(() -> listener.onUpdate(map));
    return () -> {};
  }

  @Override
  public CompletableFuture<MapUpdate> getMap(
      String address, GetMapRequest request, long timeoutMillis) {
    CompletableFuture<MapUpdate> result = new CompletableFuture<>();
    loop.schedule(() -> result.complete(oldMap()), 1 + random.nextInt(10));
    return result;
  }

  @Override
  public void close() {}
}
