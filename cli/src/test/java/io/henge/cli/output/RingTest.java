package io.henge.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RingTest {
  @Test
  void shouldDrawACircleClockwiseFromTheTop() {
    List<Ring.Arc> arcs =
        List.of(
            new Ring.Arc(1, 0.0, "n1"), new Ring.Arc(2, 0.25, "n2"), new Ring.Arc(3, 0.5, "n3"));
    assertThat(Ring.draw(arcs, 4, false))
        .isEqualTo(
            """
                CCCCAAAAA
              CCC       AAA
            CCC           AAA
            CC             AA
            C   3 shards    B
            CC             BB
            CCC           BBB
              CCC       BBB
                CCCCCBBBB""");
  }

  @Test
  void shouldReadTokensAsUnsigned() {
    assertThat(Ring.fraction(0)).isZero();
    assertThat(Ring.fraction(0x4000000000000000L)).isEqualTo(0.25);
    assertThat(Ring.fraction(0x8000000000000000L)).isEqualTo(0.5);
    assertThat(Ring.fraction(-1)).isLessThan(1.0).isGreaterThan(0.999999);
  }

  @Test
  void shouldColourEachStoneAndEndTheColour() {
    String picture = Ring.draw(List.of(new Ring.Arc(1, 0.0, "n1")), 4, true);
    assertThat(picture.split("\u001b\\[36mA\u001b\\[0m", -1)).hasSizeGreaterThan(20);
    assertThat(picture).contains("1 shard");
  }

  @Test
  void shouldDrawMoreShardsThanItHasMarks() {
    List<Ring.Arc> arcs = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      arcs.add(new Ring.Arc(i, i / 200.0, "n1"));
    }
    assertThat(Ring.draw(arcs, 7, false)).contains("200 shards");
    assertThat(Ring.mark(62)).isEqualTo('A');
  }
}
