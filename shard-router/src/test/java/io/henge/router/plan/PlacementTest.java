package io.henge.router.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.testing.Seed;
import io.henge.api.v1.NodeRecord;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;

@NullUnmarked
class PlacementTest {
  private static final List<Long> SHARDS = LongStream.rangeClosed(1, 600).boxed().toList();

  @Test
  void shouldFillAllNodesAlikeAndMoveLittleWhenOneComes() {
    Random random = Seed.random("PlacementTest");
    for (int run = 0; run < 100; run++) {
      int count = 3 + run % 10;
      List<NodeRecord> nodes = nodes(random, count + 1);
      Map<Long, List<String>> before = Placement.anew(SHARDS, nodes.subList(0, count), 3);
      Map<Long, List<String>> after = Placement.anew(SHARDS, nodes, 3);
      assertThat(spread(after)).isLessThanOrEqualTo(2);
      int moved = 0;
      for (long shard : SHARDS) {
        List<String> gone = new ArrayList<>(before.get(shard));
        gone.removeAll(after.get(shard));
        moved += gone.size();
      }
      double share = moved / (3.0 * SHARDS.size());
      double ideal = 1.0 / (count + 1);
      assertThat(share).as("%d nodes and one more", count).isBetween(ideal * 0.95, ideal * 1.5);
    }
  }

  @Test
  void shouldGiveWeightsTheirShare() {
    List<NodeRecord> nodes =
        List.of(
            PlanWorld.node("a", "z", 100),
            PlanWorld.node("b", "z", 100),
            PlanWorld.node("c", "z", 200),
            PlanWorld.node("d", "z", 300),
            PlanWorld.node("e", "z", 300));
    Map<String, Integer> load = load(Placement.anew(SHARDS, nodes, 1));
    assertThat(load)
        .containsEntry("id-a", 60)
        .containsEntry("id-c", 120)
        .containsEntry("id-e", 180);
  }

  @Test
  void shouldGiveANodeThatComesBackUnderItsNameWhatItHad() {
    List<NodeRecord> nodes = nodes(new Random(3), 5);
    List<NodeRecord> reborn = new ArrayList<>(nodes);
    reborn.set(2, nodes.get(2).toBuilder().setNodeId("zzz").build());
    Map<Long, List<String>> before = Placement.anew(SHARDS, nodes, 3);
    Map<Long, List<String>> after = Placement.anew(SHARDS, reborn, 3);
    for (long shard : SHARDS) {
      List<String> expected = new ArrayList<>(before.get(shard));
      Collections.replaceAll(expected, nodes.get(2).getNodeId(), "zzz");
      assertThat(after.get(shard)).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  @Test
  void shouldPlaceOnWhatIsThere() {
    Map<Long, List<String>> placed = Placement.anew(SHARDS, nodes(new Random(1), 2), 3);
    assertThat(placed.get(1L)).hasSize(2);
    assertThat(Placement.anew(SHARDS, List.of(), 3).get(1L)).isEmpty();
  }

  private static List<NodeRecord> nodes(Random random, int count) {
    List<NodeRecord> nodes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      nodes.add(PlanWorld.node("node" + random.nextInt(1 << 30) + "-" + i, "z", 100));
    }
    return nodes;
  }

  private static Map<String, Integer> load(Map<Long, List<String>> placed) {
    Map<String, Integer> load = new HashMap<>();
    for (List<String> members : placed.values()) {
      assertThat(new HashSet<>(members)).hasSize(members.size());
      members.forEach(node -> load.merge(node, 1, Integer::sum));
    }
    return load;
  }

  private static int spread(Map<Long, List<String>> placed) {
    Map<String, Integer> load = load(placed);
    return Collections.max(load.values()) - Collections.min(load.values());
  }
}
