package io.henge.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StartsTest {
  private final Set<Long> running = new HashSet<>();
  private final Starts starts = new Starts(running::contains);

  @Test
  void shouldBeginOneStartAtATime() {
    assertThat(starts.begin(1)).isTrue();
    assertThat(starts.begin(1)).isFalse();
    assertThat(starts.isUnderWay(1)).isTrue();
    assertThat(starts.begin(2)).isTrue();
    starts.ended(1);
    assertThat(starts.isUnderWay(1)).isFalse();
    assertThat(starts.begin(1)).isTrue();
  }

  /** The second one looked whether it runs before it did, and begins after the first has ended. */
  @Test
  void shouldNotStartAgainWhatHasJustStarted() {
    assertThat(starts.begin(1)).isTrue();
    boolean looked = running.contains(1L);
    running.add(1L);
    starts.ended(1);
    assertThat(looked).isFalse();
    assertThat(starts.begin(1)).isFalse();
    assertThat(starts.isUnderWay(1)).isFalse();
  }
}
