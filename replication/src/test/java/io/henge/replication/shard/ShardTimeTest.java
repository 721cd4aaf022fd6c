package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ShardTimeTest {
  private static final long BEGIN = 1_700_000_000_000L;

  private final ManualClock clock = new ManualClock();
  private final ManualClock peer = new ManualClock();
  private final PeerClocks clocks = new PeerClocks(clock::wallMillis, clock::nanoTime, () -> 3);
  private final ShardTime time = new ShardTime(clocks, clock::nanoTime);

  @Test
  void shouldFollowTheClock() {
    agree();
    assertThat(time.millis(BEGIN)).isEqualTo(BEGIN);
    clock.advance(2_000);
    assertThat(time.millis(BEGIN)).isEqualTo(BEGIN + 2_000);
  }

  @Test
  void shouldNeverFall() {
    agree();
    assertThat(time.millis(BEGIN)).isEqualTo(BEGIN);
    clock.advanceWall(-3_000);
    assertThat(time.millis(BEGIN)).isEqualTo(BEGIN);
    assertThat(time.millis(BEGIN + 500)).isEqualTo(BEGIN + 500);
  }

  @Test
  void shouldNotFollowAJumpThatNobodyElseHasSeen() {
    time.millis(BEGIN);
    clock.advanceWall(3_600_000);
    clock.advance(1_000);
    assertThat(time.millis(BEGIN)).isEqualTo(BEGIN + 1_000);
    assertThat(time.isRefusing()).isTrue();
  }

  @Test
  void shouldFollowAJumpThatAMajorityHasSeen() {
    time.millis(BEGIN);
    clock.advanceWall(3_600_000);
    peer.advanceWall(3_600_000);
    clocks.sample("other", peer.wallMillis());
    assertThat(time.millis(BEGIN)).isEqualTo(BEGIN + 3_600_000);
    assertThat(time.isRefusing()).isFalse();
  }

  @Test
  void shouldFollowTheMajorityWhenTheOwnClockIsWrong() {
    clocks.sample("one", BEGIN);
    clocks.sample("other", BEGIN);
    clock.advanceWall(3_600_000);
    assertThat(clocks.millis()).isEqualTo(BEGIN + PeerClocks.TOLERANCE_MILLIS);
    clock.advanceWall(-2 * 3_600_000);
    assertThat(clocks.millis()).isEqualTo(BEGIN - PeerClocks.TOLERANCE_MILLIS);
  }

  @Test
  void shouldLetSampledClocksRunOnAndForgetOldOnes() {
    clocks.sample("one", BEGIN);
    clock.advance(60_000);
    assertThat(clocks.majorityReached(BEGIN + 60_000)).isTrue();
    assertThat(clocks.majorityReached(BEGIN + 66_000)).isFalse();
    clock.advance(600_000);
    assertThat(clocks.majorityReached(BEGIN)).isFalse();
  }

  @Test
  void shouldAgreeWithItselfWhenAlone() {
    PeerClocks alone = new PeerClocks(clock::wallMillis, clock::nanoTime, () -> 1);
    ShardTime lone = new ShardTime(alone, clock::nanoTime);
    assertThat(lone.millis(0)).isEqualTo(BEGIN);
  }

  private void agree() {
    clocks.sample("one", BEGIN);
    clocks.sample("other", BEGIN);
  }
}
