package io.henge.client.internal.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeRecord;
import io.henge.client.internal.batch.Links;
import io.henge.client.testing.ManualLoop;
import io.henge.client.testing.ScriptedTransport;
import io.henge.router.ShardMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MapFollowerTest {
  private final ManualLoop loop = new ManualLoop();
  private final ScriptedTransport network = new ScriptedTransport(loop);
  private final ScriptedTransport.Node a = network.node("a:1");
  private final ScriptedTransport.Node b = network.node("b:1");
  private final ScriptedTransport.Node c = network.node("c:1");
  private final Routes routes =
      new Routes(new Links(network, loop), List.of("a:1", "b:1"), new Random(1));
  private final ClusterClock clock = new ClusterClock(loop::nanoTime);
  private final MapFollower follower = new MapFollower(loop, network, routes, clock);

  private static MapUpdate map(long version) {
    return MapUpdate.newBuilder()
        .setClusterId("x")
        .setVersion(version)
        .setFull(true)
        .setClockMillis(5_000_000)
        .addNodes(NodeRecord.newBuilder().setNodeId("A").setClientAddress("a:1"))
        .addNodes(NodeRecord.newBuilder().setNodeId("C").setClientAddress("c:1"))
        .build();
  }

  private void start() {
    loop.execute(follower::start);
    loop.run();
  }

  @Test
  void shouldTakeTheMapAndTheClock() {
    a.map(map(3));
    start();
    assertThat(follower.ready()).isCompleted();
    assertThat(routes.map().version()).isEqualTo(3);
    loop.advance(250);
    assertThat(clock.millis()).isEqualTo(5_000_250);
    clock.raise(4_000_000);
    assertThat(clock.millis()).isEqualTo(5_000_250);
    clock.raise(6_000_000);
    assertThat(clock.millis()).isEqualTo(6_000_000);
    assertThat(routes.addresses()).containsExactly("a:1", "c:1", "b:1");
  }

  @Test
  void shouldGoToTheNextAddressWhenOneRefusesOrStaysSilent() {
    a.refuse(true);
    start();
    loop.advance(10);
    assertThat(b.isWatched()).isTrue();
    // b says nothing for a second; a has come back by then.
    a.refuse(false);
    a.map(map(1));
    loop.advance(1_100);
    assertThat(follower.ready()).isCompleted();
    assertThat(b.isWatched()).isFalse();
  }

  @Test
  void shouldKeepAWatchThatHasNothingToTell() {
    a.map(map(1));
    start();
    loop.advance(60_000);
    assertThat(a.watches()).isEqualTo(1);
    a.update(map(2));
    assertThat(routes.map().version()).isEqualTo(2);
  }

  @Test
  void shouldWatchElsewhereWhenANodeFallsSilentOrTheWatchEnds() {
    a.map(map(1));
    start();
    a.endWatch();
    loop.advance(1_000);
    assertThat(a.watches() + b.watches() + c.watches()).isEqualTo(2);
    ScriptedTransport.Node now = a.isWatched() ? a : b.isWatched() ? b : c;
    follower.suspect("nowhere:1");
    assertThat(now.isWatched()).isTrue();
    String address = now == a ? "a:1" : now == b ? "b:1" : "c:1";
    follower.suspect(address);
    assertThat(now.isWatched()).isFalse();
    loop.advance(1_000);
    assertThat(a.watches() + b.watches() + c.watches()).isEqualTo(3);
  }

  @Test
  void shouldRefuseTheMapOfAnotherCluster() {
    a.map(map(1));
    start();
    a.update(map(2).toBuilder().setClusterId("y").build());
    assertThat(routes.map().version()).isEqualTo(1);
    assertThat(a.isWatched()).isFalse();
    assertThat(follower.lastFailure()).contains("cluster y");
  }

  @Test
  void shouldAskForTheWholeMapWhenAnUpdateDoesNotFit() {
    a.map(map(1));
    start();
    MapUpdate gap = map(9).toBuilder().setFull(false).setBaseVersion(8).build();
    a.update(gap);
    assertThat(routes.map().version()).isEqualTo(1);
    a.map(map(9));
    c.map(map(9));
    b.map(map(9));
    loop.advance(1_000);
    assertThat(routes.map().version()).isEqualTo(9);
  }

  @Test
  void shouldRefreshFromAnyNodeThatAnswersAndJoinThoseWhoWait() {
    a.map(map(1));
    start();
    a.map(null);
    c.map(
        map(4).toBuilder()
            .addCollections(CollectionRecord.newBuilder().setId(1).setName("carts"))
            .build());
    CompletableFuture<ShardMap> first = follower.refresh();
    CompletableFuture<ShardMap> second = follower.refresh();
    assertThat(follower.refresh()).isSameAs(second).isNotSameAs(first);
    loop.run();
    assertThat(first.join().collection("carts")).isNotNull();
    assertThat(second).isCompleted();
    c.map(null);
    assertThat(refreshed()).isCompletedExceptionally();
  }

  private CompletableFuture<ShardMap> refreshed() {
    CompletableFuture<ShardMap> next = follower.refresh();
    loop.run();
    return next;
  }
}
