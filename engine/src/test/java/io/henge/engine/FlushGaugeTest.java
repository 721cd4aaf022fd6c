package io.henge.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.engine.FlushGauge.Mark;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class FlushGaugeTest {
  private final AtomicLong clock = new AtomicLong(10);
  private final FlushGauge gauge = new FlushGauge(clock::get);

  @Test
  void shouldBeCleanAtFirstAndAfterAFlush() {
    assertThat(gauge.dirtySinceNanos()).isEmpty();
    assertThat(gauge.unflushedBytes()).isZero();
    gauge.wrote(100);
    clock.set(20);
    gauge.wrote(0);
    assertThat(gauge.unflushedBytes()).isEqualTo(101);
    assertThat(gauge.dirtySinceNanos()).hasValue(10);
    gauge.flushed(gauge.mark());
    assertThat(gauge.dirtySinceNanos()).isEmpty();
    assertThat(gauge.unflushedBytes()).isZero();
    clock.set(30);
    gauge.wrote(1);
    assertThat(gauge.dirtySinceNanos()).hasValue(30);
  }

  @Test
  void shouldStayDirtyByWhatWasWrittenDuringAFlush() {
    gauge.wrote(100);
    clock.set(20);
    Mark mark = gauge.mark();
    clock.set(30);
    gauge.wrote(7);
    gauge.flushed(mark);
    assertThat(gauge.unflushedBytes()).isEqualTo(7);
    assertThat(gauge.dirtySinceNanos()).hasValue(20);
  }

  @Test
  void shouldIgnoreAFlushThatALaterOneOvertook() {
    gauge.wrote(100);
    Mark first = gauge.mark();
    gauge.wrote(100);
    clock.set(40);
    gauge.flushed(gauge.mark());
    gauge.wrote(5);
    gauge.flushed(first);
    assertThat(gauge.unflushedBytes()).isEqualTo(5);
    gauge.reset();
    assertThat(gauge.dirtySinceNanos()).isEmpty();
  }
}
