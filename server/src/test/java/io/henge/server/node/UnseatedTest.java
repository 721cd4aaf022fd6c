package io.henge.server.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class UnseatedTest {
  private long now = 5;
  private final Unseated unseated = new Unseated(() -> now);

  @Test
  void shouldKnowWhoHasLostALeadershipLately() {
    unseated.leads(1, "a", false);
    unseated.leads(2, "b", false);
    unseated.leads(1, "a", false);
    assertThat(unseated.isLately("a")).isFalse();
    unseated.leads(1, "b", false);
    assertThat(unseated.isLately("a")).isTrue();
    assertThat(unseated.isLately("b")).as("who has won").isFalse();
    now += TimeUnit.SECONDS.toNanos(10) - 1;
    assertThat(unseated.isLately("a")).isTrue();
    now++;
    assertThat(unseated.isLately("a")).isFalse();
  }

  @Test
  void shouldCountFromTheLastTime() {
    unseated.leads(1, "a", false);
    unseated.leads(2, "a", false);
    unseated.leads(1, "b", false);
    now += TimeUnit.SECONDS.toNanos(8);
    unseated.leads(2, "b", false);
    now += TimeUnit.SECONDS.toNanos(8);
    assertThat(unseated.isLately("a")).isTrue();
  }

  @Test
  void shouldNotBlameWhoHandsOver() {
    unseated.leads(1, "a", false);
    unseated.leads(1, "b", true);
    assertThat(unseated.isLately("a")).isFalse();
    unseated.leads(1, "c", false);
    assertThat(unseated.isLately("b")).isTrue();
    unseated.clear();
    unseated.leads(1, "a", false);
    assertThat(unseated.isLately("b")).isFalse();
    assertThat(unseated.isLately("c")).as("it may have been long ago").isFalse();
  }
}
