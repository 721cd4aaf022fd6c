package io.henge.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.MapUpdate;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.ShardDescriptor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class ShardMapTest {
  private static final byte[] NONE = new byte[0];

  @Test
  void shouldFindTheShardOfAKey() {
    ShardMap map = RingTest.map(4);
    assertThat(id(map.shardFor(NONE))).isEqualTo(1);
    assertThat(id(map.shardFor(new byte[] {0x3F, (byte) 0xFF}))).isEqualTo(1);
    assertThat(id(map.shardFor(Ring.boundary(0x4000000000000000L)))).isEqualTo(2);
    assertThat(id(map.shardOfToken(-1))).isEqualTo(4);
    assertThat(id(map.shardOfToken(0x8000000000000000L))).isEqualTo(3);
    assertThat(ShardMap.EMPTY.shardFor(NONE)).isNull();
    assertThat(ShardMap.EMPTY.problems()).containsExactly("no shard holds [start, end)");
  }

  @Test
  void shouldNameGapsAndOverlaps() {
    ShardMap map =
        ShardMap.of(
            "c1",
            1,
            List.of(shard(1, 1, 0, 16), shard(2, 1, 8, 32), shard(3, 1, 48, 64)),
            List.of(),
            List.of());
    assertThat(map.problems())
        .satisfiesExactly(
            overlap -> assertThat(overlap).startsWith("shard 2@1").contains("overlaps"),
            gap -> assertThat(gap).isEqualTo("no shard holds [20, 30)"));
    assertThat(map.shardFor(new byte[] {0x28})).isNull();
  }

  @Test
  void shouldTakeAnUpdateOnlyIfItIsNewer() {
    ShardMap map =
        ShardMap.of(update(5).setFull(true).addShards(descriptor(shard(1, 1, 0, 64))).build());
    MapUpdate older = update(4).setFull(true).addShards(descriptor(shard(9, 1, 0, 64))).build();
    assertThat(map.merge(older)).isSameAs(map);
    MapUpdate same = update(5).setBaseVersion(4).build();
    assertThat(map.merge(same)).isSameAs(map);
    MapUpdate tooFar = update(9).setBaseVersion(7).build();
    assertThat(map.canMerge(tooFar)).isFalse();
    assertThat(map.merge(tooFar)).isSameAs(map);
    ShardMap next =
        map.merge(
            update(7)
                .setBaseVersion(5)
                .addNodes(node("a", "n1", "z1"))
                .addNodes(node("b", "n2", "z2"))
                .addCollections(CollectionRecord.newBuilder().setId(3).setName("carts"))
                .build());
    assertThat(next.version()).isEqualTo(7);
    assertThat(next.zones()).containsExactly("z1", "z2");
    assertThat(id(next.shardFor(NONE))).isEqualTo(1);
    assertThat(next.collection("carts")).isEqualTo(next.collection(3));
    ShardMap last =
        next.merge(
            update(8)
                .setBaseVersion(7)
                .addRemovedNodeIds("a")
                .addNodes(node("b", "n2", "z2").toBuilder().setState(NodeState.NODE_STATE_REMOVED))
                .addCollections(
                    CollectionRecord.newBuilder().setId(3).setName("carts").setDropped(true))
                .build());
    assertThat(last.nodes()).isEmpty();
    assertThat(last.collection("carts")).isNull();
    assertThat(last.collection(3)).isNotNull();
  }

  @Test
  void shouldRefuseTheMapOfAnotherCluster() {
    ShardMap map = RingTest.map(1);
    assertThatThrownBy(
            () -> map.merge(MapUpdate.newBuilder().setClusterId("c2").setFull(true).build()))
        .isInstanceOf(HengeException.class)
        .hasMessageContaining("c1")
        .hasMessageContaining("c2");
  }

  @Test
  void shouldKeepACorrectionThatMetaHasNotHeardOf() {
    ShardMap map = RingTest.map(1);
    ShardMap corrected = map.correct(List.of(descriptor(shard(2, 2, 32, 64))));
    assertThat(id(corrected.shardFor(new byte[] {0x20}))).isEqualTo(2);
    assertThat(id(corrected.shardFor(new byte[] {0x1F}))).isEqualTo(1);
    // The old descriptor of the whole ring, in a newer map: about something else.
    ShardMap merged = corrected.merge(map.toUpdate(0).toBuilder().setVersion(2).build());
    assertThat(merged.version()).isEqualTo(2);
    assertThat(id(merged.shardFor(new byte[] {0x20}))).isEqualTo(2);
    assertThat(merged.correct(List.of(descriptor(shard(1, 1, 0, 64))))).isNotSameAs(map);
    assertThat(
            id(merged.correct(List.of(descriptor(shard(1, 1, 0, 64)))).shardFor(new byte[] {0x20})))
        .isEqualTo(2);
  }

  @Test
  void shouldStillKnowWhomToAskForTheHalfThatWasNotNamed() {
    ShardMap corrected = RingTest.map(1).correct(List.of(descriptor(shard(1, 2, 0, 32))));
    assertThat(corrected.shardFor(new byte[] {0x10}).epoch()).isEqualTo(2);
    assertThat(corrected.shardFor(new byte[] {0x30}).epoch()).isEqualTo(1);
    assertThat(corrected.shard(1).epoch()).isEqualTo(2);
  }

  @Test
  void shouldKeepTheHintAtALeader() {
    ShardMap map = RingTest.map(1).withLeader(1, "n1");
    assertThat(map.withLeader(1, "n1")).isSameAs(map);
    assertThat(map.withLeader(7, "n1")).isSameAs(map);
    ShardMap merged = map.merge(RingTest.map(1).toUpdate(0).toBuilder().setVersion(2).build());
    assertThat(merged.shard(1).leader()).isEqualTo("n1");
  }

  @Test
  void shouldSurviveTheWire() {
    ShardMap map = RingTest.map(5).withLeader(3, "n1");
    ShardMap back = ShardMap.of(map.toUpdate(17));
    assertThat(back.shards()).isEqualTo(map.shards());
    assertThat(back.version()).isEqualTo(1);
    assertThat(back.clusterId()).isEqualTo("c1");
  }

  /**
   * A random history of splits and merges; a client learns random pieces of it, in random order, as
   * corrections and as maps. It never believes less than the newest it was told of each key.
   */
  @Test
  void shouldBelieveTheNewestItWasToldOfEachKey() {
    Random random = Seed.random("ShardMapTest");
    for (int run = 0; run < 200; run++) {
      List<List<Shard>> history = history(random, 12);
      ShardMap map = ShardMap.EMPTY;
      long[] told = new long[64];
      map = map.merge(full(history.get(0), 1));
      tell(told, history.get(0));
      for (int step = 0; step < 30; step++) {
        int when = random.nextInt(history.size());
        List<Shard> then = history.get(when);
        if (random.nextInt(4) == 0) {
          long before = map.version();
          map = map.merge(full(then, when + 1));
          if (when + 1 >= before) {
            tell(told, then);
          }
        } else {
          Shard one = then.get(random.nextInt(then.size()));
          map = map.correct(List.of(descriptor(one)));
          tell(told, List.of(one));
        }
        for (int key = 0; key < 64; key++) {
          Shard found = map.shardFor(new byte[] {(byte) key});
          assertThat(found).as("key %d in %s", key, map).isNotNull();
          assertThat(found.epoch()).as("key %d in %s", key, map).isGreaterThanOrEqualTo(told[key]);
        }
      }
      map = map.merge(full(history.get(11), 99));
      assertThat(map.problems()).isEmpty();
      assertThat(map.shards()).isEqualTo(history.get(11));
    }
  }

  /**
   * Every description of every shard that ever was, as corrections in any order, some of them
   * twice: the last state of the ring comes out, and on the way there is never a gap or an overlap,
   * nor does a key go back to an older shard. Members change under one epoch as well.
   */
  @Test
  void shouldComeToTheSameMapInWhateverOrderItIsTold() {
    Random random = Seed.random("ShardMapTest");
    for (int run = 0; run < 200; run++) {
      List<List<Shard>> history = history(random, 10);
      ShardMap last = null;
      for (int order = 0; order < 3; order++) {
        List<Shard> news = new ArrayList<>();
        history.forEach(then -> then.forEach(shard -> moves(shard).forEach(news::add)));
        news.addAll(news.subList(0, news.size() / 4));
        Collections.shuffle(news, random);
        ShardMap map = ShardMap.EMPTY.merge(full(history.get(0), 1));
        for (Shard shard : news) {
          ShardMap before = map;
          map = map.correct(List.of(descriptor(shard)));
          requireTiling(map);
          for (int key = 0; key < 64; key++) {
            byte[] bytes = {(byte) key};
            Shard then = before.shardFor(bytes);
            Shard now = map.shardFor(bytes);
            assertThat(now.epoch()).isGreaterThanOrEqualTo(then.epoch());
            if (now.epoch() == then.epoch()) {
              assertThat(now.id()).isEqualTo(then.id());
              assertThat(now.confIndex()).isGreaterThanOrEqualTo(then.confIndex());
            }
          }
        }
        assertThat(map.shards())
            .isEqualTo(history.get(history.size() - 1).stream().map(ShardMapTest::moved).toList());
        assertThat(last == null ? map.shards() : last.shards()).isEqualTo(map.shards());
        last = map;
        // An older map takes nothing back, a newer one that has not heard of it neither.
        ShardMap again = map.merge(full(history.get(random.nextInt(9)), random.nextInt(3)));
        assertThat(again.shards()).isEqualTo(map.shards());
      }
    }
  }

  /** A shard with its first members, and with those that it has after a move. */
  private static List<Shard> moves(Shard shard) {
    return List.of(conf(shard, "n1", 10), conf(shard, "n2", 20), moved(shard));
  }

  private static Shard moved(Shard shard) {
    return conf(shard, "n3", 30);
  }

  private static Shard conf(Shard shard, String node, long index) {
    return new Shard(
        shard.id(),
        shard.epoch(),
        shard.start(),
        shard.end(),
        List.of(node),
        List.of(),
        null,
        index);
  }

  private static void requireTiling(ShardMap map) {
    byte[] position = NONE;
    for (int i = 0; i < map.shards().size(); i++) {
      Shard shard = map.shards().get(i);
      assertThat(shard.start()).as("%s", map).isEqualTo(position);
      assertThat(shard.end().length == 0).isEqualTo(i + 1 == map.shards().size());
      position = shard.end();
    }
  }

  @Test
  void shouldFindWhoHoldsWhatComesBeforeAPosition() {
    ShardMap map = RingTest.map(4);
    byte[] second = Ring.boundary(0x4000000000000000L);
    assertThat(id(map.shardBefore(second))).isEqualTo(1);
    assertThat(id(map.shardFor(second))).isEqualTo(2);
    assertThat(id(map.shardBefore(new byte[] {0x40, 0, 0, 0, 0, 0, 0, 0, 0}))).isEqualTo(2);
    assertThat(id(map.shardBefore(NONE))).isEqualTo(4);
    assertThat(id(map.shardBefore(new byte[] {0}))).isEqualTo(1);
    assertThat(ShardMap.EMPTY.shardBefore(NONE)).isNull();
    assertThat(map.shardsIn(second, new byte[] {(byte) 0x80}).stream().map(Shard::id))
        .containsExactly(2L);
    assertThat(map.shardsIn(new byte[] {0x3f}, new byte[] {(byte) 0x81}).stream().map(Shard::id))
        .containsExactly(1L, 2L, 3L);
    assertThat(map.shardsIn(NONE, NONE)).hasSize(4);
  }

  private static void tell(long[] told, List<Shard> shards) {
    for (Shard shard : shards) {
      for (int key = 0; key < 64; key++) {
        if (shard.contains(new byte[] {(byte) key})) {
          told[key] = Math.max(told[key], shard.epoch());
        }
      }
    }
  }

  private static List<List<Shard>> history(Random random, int length) {
    List<List<Shard>> history = new ArrayList<>();
    List<Shard> now = List.of(shard(1, 1, 0, 64));
    history.add(now);
    long nextId = 2;
    while (history.size() < length) {
      List<Shard> next = new ArrayList<>(now);
      int at = random.nextInt(next.size());
      Shard one = next.get(at);
      int from = one.start().length == 0 ? 0 : one.start()[0];
      int to = one.end().length == 0 ? 64 : one.end()[0];
      if (random.nextBoolean() && to - from > 1) {
        int middle = from + 1 + random.nextInt(to - from - 1);
        next.set(at, shard(one.id(), one.epoch() + 1, from, middle));
        next.add(at + 1, shard(nextId++, one.epoch() + 1, middle, to));
      } else if (at + 1 < next.size()) {
        Shard right = next.remove(at + 1);
        int end = right.end().length == 0 ? 64 : right.end()[0];
        next.set(at, shard(one.id(), Math.max(one.epoch(), right.epoch()) + 1, from, end));
      } else {
        continue;
      }
      now = List.copyOf(next);
      assertThat(new TreeSet<>(now.stream().map(Shard::id).toList())).hasSize(now.size());
      history.add(now);
    }
    return history;
  }

  /** On a ring whose keys are single bytes, 0 to 63. */
  private static Shard shard(long id, long epoch, int from, int to) {
    return new Shard(
        id,
        epoch,
        from == 0 ? NONE : new byte[] {(byte) from},
        to == 64 ? NONE : new byte[] {(byte) to},
        List.of("n1"),
        List.of(),
        null);
  }

  private static ShardDescriptor descriptor(Shard shard) {
    return shard.toDescriptor();
  }

  private static MapUpdate full(List<Shard> shards, long version) {
    return update(version)
        .setFull(true)
        .addAllShards(shards.stream().map(Shard::toDescriptor).toList())
        .build();
  }

  private static MapUpdate.Builder update(long version) {
    return MapUpdate.newBuilder().setClusterId("c1").setVersion(version);
  }

  private static NodeRecord node(String id, String name, String zone) {
    return NodeRecord.newBuilder().setNodeId(id).setName(name).setZone(zone).build();
  }

  private static long id(Shard shard) {
    return shard.id();
  }
}
