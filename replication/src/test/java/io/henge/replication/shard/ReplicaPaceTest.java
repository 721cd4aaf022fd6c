package io.henge.replication.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReplicaPaceTest {
  @Test
  void shouldBeginWithWhatTheLimitsSay() {
    ReplicaPace pace = new ReplicaPace(ReplicaLimits.DEFAULT);
    assertThat(pace.fillIntervalMillis()).isEqualTo(20);
    assertThat(pace.verifiedPerSecond()).isEqualTo(50);
    assertThat(pace.changeBytesMax()).isEqualTo(256L << 20);
  }

  @Test
  void shouldTakeEffectAtOnce() {
    AtomicLong nanos = new AtomicLong();
    ReplicaPace pace = new ReplicaPace(ReplicaLimits.DEFAULT);
    FillPace fills = new FillPace(nanos::get, pace);
    assertThat(fills.waitNanos(false)).as("the first one waits for nothing").isZero();
    fills.goesOn();
    assertThat(fills.waitNanos(false)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(20));
    assertThat(fills.waitNanos(true)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
    pace.set(1_000, 0, 1 << 20);
    assertThat(fills.waitNanos(false)).isEqualTo(TimeUnit.SECONDS.toNanos(1));
    nanos.set(TimeUnit.MILLISECONDS.toNanos(400));
    assertThat(fills.waitNanos(false)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(600));
    assertThat(pace.verifiedPerSecond()).isZero();
    assertThat(pace.changeBytesMax()).isEqualTo(1 << 20);
  }
}
