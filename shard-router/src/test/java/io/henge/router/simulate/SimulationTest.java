package io.henge.router.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.henge.api.testing.Seed;
import io.henge.router.plan.Model;
import io.henge.router.plan.MovePlanner;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@NullUnmarked
class SimulationTest {
  private static final Simulation.Settings SETTINGS = new Simulation.Settings(64 << 20, 2, 0, 300);

  private static Outcome run(Model model, String event) {
    Outcome outcome =
        new Simulation(model, SETTINGS, System::nanoTime).run(Event.parse(event), progress -> {});
    for (int shard = 0; shard < model.shards(); shard++) {
      for (int a = 0; a < model.stride(); a++) {
        for (int b = 0; b < a; b++) {
          assertThat(model.member(shard, a)).isNotEqualTo(model.member(shard, b));
        }
      }
    }
    // What has come to rest stays so.
    assertThat(MovePlanner.plan(model, new MovePlanner.Limits(1_000, 10, 0.05, true))).isEmpty();
    return outcome;
  }

  @ParameterizedTest
  @ValueSource(strings = {"node-joins", "nodes-die:3", "nodes-drain:2", "node-joins:5"})
  void shouldMoveWhatHasToMoveAndNothingElse(String event) {
    Model model = ClusterShape.generated(100, 10_000, 3, 3, 64 << 20, 1);
    Outcome outcome = run(model, event);
    assertThat(outcome.movement()).isBetween(0.9, 1.1);
    assertThat(outcome.misplaced()).isZero();
    assertThat(outcome.emptiest()).isGreaterThan(0.9);
    assertThat(outcome.fullest()).isLessThan(1.1);
    assertThat(outcome.seconds()).isPositive();
    assertThat(outcome.leadersMost() - outcome.leadersLeast()).isLessThan(30);
    assertThat(outcome.bytesMoved() / outcome.moves() / (64 << 20)).isBetween(0.9, 1.1);
  }

  @Test
  void shouldMakeAWholeZoneAnewInTheOthers() {
    Model model = ClusterShape.generated(60, 3_000, 3, 3, 1 << 20, 1);
    Outcome outcome = run(model, "zone-dies:2");
    assertThat(outcome.moves()).isEqualTo(3_000);
    assertThat(outcome.movement()).isEqualTo(1);
    assertThat(outcome.misplaced()).isZero();
    assertThat(outcome.withoutMajority()).isZero();
  }

  @Test
  void shouldLeaveABalancedClusterAlone() {
    Outcome outcome = run(ClusterShape.generated(50, 5_000, 5, 3, 1 << 20, 7), "nothing");
    assertThat(outcome.moves()).isZero();
    assertThat(outcome.rounds()).isEqualTo(1);
  }

  @Test
  void shouldSayWhatCannotBeMended() {
    Outcome outcome = run(ClusterShape.generated(9, 300, 1, 3, 1 << 20, 7), "nodes-die:5");
    assertThat(outcome.withoutMajority()).isPositive();
    assertThat(outcome.misplaced()).isZero();
  }

  /** Any shape, any event: it comes to rest, with all copies where they should be. */
  @Test
  void shouldComeToRestWhateverTheShape() {
    Random random = Seed.random("SimulationTest");
    for (int run = 0; run < 60; run++) {
      int zones = 1 + random.nextInt(4);
      List<ClusterShape.Node> nodes = new ArrayList<>();
      for (int i = 0; i < 6 + random.nextInt(30); i++) {
        // Zones are of any size.
        int zone = i < zones * 2 ? i % zones : random.nextInt(zones);
        nodes.add(new ClusterShape.Node("n" + i, "z" + zone, 50 + random.nextInt(100)));
      }
      List<ClusterShape.Shard> shards = new ArrayList<>();
      for (int i = 0; i < 1 + random.nextInt(400); i++) {
        List<String> members = new ArrayList<>();
        while (members.size() < 3) {
          String node = "n" + random.nextInt(nodes.size());
          if (!members.contains(node)) {
            members.add(node);
          }
        }
        shards.add(new ClusterShape.Shard(i + 1, random.nextInt(200) << 20, members, ""));
      }
      Model model = ClusterShape.of(nodes, shards);
      assertThat(run(model, "nothing").misplaced()).isZero();
      List<String> events = List.of("node-joins:2", "nodes-die:1", "nodes-drain:2");
      Outcome outcome = run(model, events.get(random.nextInt(3)));
      assertThat(outcome.misplaced()).isZero();
      assertThat(outcome.withoutMajority()).isZero();
    }
  }

  @Test
  void shouldSayWhatIsWrongWithAShapeOrAnEvent() {
    assertThatThrownBy(() -> Event.parse("nodes-die:0")).hasMessageContaining("example: nodes-die");
    assertThatThrownBy(() -> Event.parse("flood")).hasMessageContaining("'flood'");
    assertThatThrownBy(() -> ClusterShape.generated(2, 10, 1, 3, 1, 1))
        .hasMessageContaining("replicas: 1 to 2, not 3");
    UnaryOperator<String> with =
        member -> {
          ClusterShape.of(
              List.of(new ClusterShape.Node("a", "z", 1)),
              List.of(new ClusterShape.Shard(1, 1, List.of(member), "")));
          return member;
        };
    assertThat(with.apply("a")).isEqualTo("a");
    assertThatThrownBy(() -> with.apply("b")).hasMessageContaining("names node b");
  }
}
