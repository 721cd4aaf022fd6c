package io.henge.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.error.HengeException;
import io.henge.api.testing.Seed;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class RingTest {

  /** Clusters on disk were cut here. */
  @Test
  void shouldCutWhereItAlwaysDid() {
    assertThat(texts(1)).containsExactly("[start, end)");
    assertThat(texts(2)).containsExactly("[start, 8000000000000000)", "[8000000000000000, end)");
    assertThat(texts(3))
        .containsExactly(
            "[start, 5555555555555555)",
            "[5555555555555555, aaaaaaaaaaaaaaaa)",
            "[aaaaaaaaaaaaaaaa, end)");
    assertThat(texts(4))
        .containsExactly(
            "[start, 4000000000000000)",
            "[4000000000000000, 8000000000000000)",
            "[8000000000000000, c000000000000000)",
            "[c000000000000000, end)");
    assertThat(texts(7).subList(4, 7))
        .containsExactly(
            "[9249249249249249, b6db6db6db6db6db)",
            "[b6db6db6db6db6db, db6db6db6db6db6d)",
            "[db6db6db6db6db6d, end)");
    assertThat(texts(4096).get(4094)).isEqualTo("[ffe0000000000000, fff0000000000000)");
  }

  @Test
  void shouldTileTheRingWithAnyCut() {
    Random random = Seed.random("RingTest");
    for (int i = 0; i < 50; i++) {
      int count = 1 + random.nextInt(Ring.CUT_MAX);
      ShardMap map = map(count);
      assertThat(map.problems()).isEmpty();
      long token = random.nextLong();
      Shard shard = map.shardOfToken(token);
      assertThat(shard).isNotNull();
      assertThat(shard.contains(Ring.boundary(token))).isTrue();
    }
  }

  @Test
  void shouldRefuseASillyCut() {
    for (int count : new int[] {0, -1, 4097}) {
      assertThatThrownBy(() -> Ring.cut(count))
          .isInstanceOf(HengeException.class)
          .hasMessageContaining("1 to 4096")
          .hasMessageContaining(String.valueOf(count));
    }
  }

  @Test
  void shouldGiveThePictureOfTheRing() {
    ShardMap map = map(3);
    List<Ring.Arc> arcs = Ring.arcs(map);
    assertThat(arcs).extracting(arc -> arc.shard().id()).containsExactly(1L, 2L, 3L);
    assertThat(arcs.get(0).from()).isZero();
    assertThat(arcs.get(2).to()).isEqualTo(1.0);
    assertThat(arcs.stream().mapToDouble(Ring.Arc::share).sum()).isEqualTo(1.0);
    assertThat(Ring.cells(map, 6))
        .extracting(shard -> shard == null ? 0L : shard.id())
        .containsExactly(1L, 1L, 2L, 2L, 3L, 3L);
  }

  private static List<String> texts(int count) {
    return Ring.cut(count).stream().map(Ring.Range::toString).toList();
  }

  static ShardMap map(int count) {
    List<Ring.Range> cut = Ring.cut(count);
    List<Shard> shards =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    new Shard(
                        i + 1,
                        1,
                        cut.get(i).start(),
                        cut.get(i).end(),
                        List.of("n1"),
                        List.of(),
                        null))
            .toList();
    return ShardMap.of("c1", 1, shards, List.of(), List.of());
  }
}
