package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CopyHistoryTest {
  private long nanos = -5;
  private final List<Long> passedOn = new ArrayList<>();
  private final CopyHistory history =
      new CopyHistory(
          new CopyMeter() {
            @Override
            public void sent(int ruleId, long lagMillis, long boundMillis) {
              passedOn.add(lagMillis);
            }
          },
          () -> nanos);

  @Test
  void shouldKnowTheWorstOfTheLastHour() {
    history.sent(7, 900, 5_000);
    history.changed(7, 100);
    minutes(30);
    history.sent(7, 300, 5_000);
    history.changed(7, 11);
    history.waited(8, 50);
    assertThat(history.figures())
        .containsEntry(7, new CopyHistory.Figures(900, 111))
        .containsEntry(8, new CopyHistory.Figures(50, 0))
        .hasSize(2);
    minutes(CopyHistory.MINUTES - 30);
    assertThat(history.figures()).containsEntry(7, new CopyHistory.Figures(300, 11));
    minutes(CopyHistory.MINUTES);
    assertThat(history.figures()).containsEntry(7, CopyHistory.Figures.NONE);
    assertThat(passedOn).containsExactly(900L, 300L);
  }

  @Test
  void shouldKnowTheWorstOfAMinute() {
    history.sent(7, 900, 5_000);
    history.sent(7, 100, 5_000);
    assertThat(history.figures()).containsEntry(7, new CopyHistory.Figures(900, 0));
  }

  private void minutes(int count) {
    nanos += TimeUnit.MINUTES.toNanos(count);
  }
}
