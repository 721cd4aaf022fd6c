package io.henge.server.copies;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.SourceKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RoundsTest {
  private static final int PAGE = 4;

  private final VirtualClock clock = new VirtualClock(1_000);
  private final List<CopyWork.Outgoing> rows = new ArrayList<>();
  private final List<Integer> positions = new ArrayList<>();
  private final Rounds<CopyWork.Outgoing> rounds = new Rounds<>(6, PAGE, clock);

  private void rows(int count) {
    for (int i = 1; i <= count; i++) {
      rows.add(row(i));
    }
  }

  private static CopyWork.Outgoing row(int number) {
    byte[] position = {(byte) number};
    return new CopyWork.Outgoing(new SourceKey(7, position), number, position);
  }

  /** As a store reads them. */
  private List<CopyWork.Outgoing> behind(byte[] from) {
    int position = from.length == 0 ? 0 : from[0];
    positions.add(position);
    return rows.stream().filter(row -> row.made() > position).limit(PAGE).toList();
  }

  private List<Long> begin() {
    return rounds.begin(this::behind).begun().stream().map(CopyWork.Outgoing::made).toList();
  }

  /** Lets time pass. */
  private void pass(long millis) {
    clock.after(millis, () -> {});
    while (clock.step()) {
      // Nothing else is to happen.
    }
  }

  private void done(int number) {
    CopyWork.Outgoing row = row(number);
    rows.removeIf(one -> one.made() == number);
    rounds.succeeded(row);
  }

  @Test
  void shouldGoRoundPageByPage() {
    rows(9);
    assertThat(begin()).containsExactly(1L, 2L, 3L, 4L);
    List.of(1, 2, 3, 4).forEach(this::done);
    assertThat(begin()).containsExactly(5L, 6L, 7L, 8L);
    List.of(5, 6, 7, 8).forEach(this::done);
    assertThat(begin()).containsExactly(9L);
    rows(2);
    assertThat(begin()).as("from the start").containsExactly(1L, 2L);
    assertThat(positions).containsExactly(0, 4, 8, 0);
  }

  @Test
  void shouldSayWhetherAnythingWaits() {
    assertThat(rounds.begin(this::behind).any()).isFalse();
    rows(PAGE);
    assertThat(rounds.begin(this::behind).any()).isTrue();
    assertThat(rounds.begin(this::behind).any()).as("there was something before").isTrue();
    Rounds.Round<CopyWork.Outgoing> again = rounds.begin(this::behind);
    assertThat(again.any()).as("under way").isTrue();
    assertThat(again.begun()).isEmpty();
    List.of(1, 2, 3, 4).forEach(this::done);
    assertThat(rounds.begin(this::behind).any()).as("behind the page").isTrue();
    assertThat(rounds.begin(this::behind).any()).isFalse();
  }

  @Test
  void shouldNotHaveMoreUnderWayThanItMay() {
    rows(9);
    assertThat(begin()).hasSize(4);
    assertThat(begin()).containsExactly(5L, 6L);
    int read = positions.size();
    assertThat(begin()).isEmpty();
    assertThat(positions).as("nothing is read in vain").hasSize(read);
    done(2);
    assertThat(begin()).as("on where there was no more room").containsExactly(7L);
  }

  @Test
  void shouldPutOffWhatFailsLongerAndLonger() {
    rows(1);
    long waited = 20;
    for (int i = 0; i < 8; i++) {
      assertThat(begin()).containsExactly(1L);
      assertThat(begin()).as("under way").isEmpty();
      rounds.failed(row(1));
      pass(waited - 1);
      assertThat(begin()).as("after %s ms", waited - 1).isEmpty();
      pass(1);
      waited = Math.min(1_000, 2 * waited);
    }
    assertThat(begin()).containsExactly(1L);
    rounds.succeeded(row(1));
    assertThat(begin()).as("at once").containsExactly(1L);
    rounds.failed(row(1));
    pass(20);
    assertThat(begin()).as("failures before a success do not count").containsExactly(1L);
  }

  @Test
  void shouldBeginWithNothingOnceItIsClosed() {
    rows(2);
    assertThat(rounds.isClosed()).isFalse();
    Rounds.Round<CopyWork.Outgoing> round =
        rounds.begin(
            from -> {
              rounds.close();
              return behind(from);
            });
    assertThat(round.begun()).isEmpty();
    assertThat(rounds.isClosed()).isTrue();
    assertThat(begin()).isEmpty();
    assertThat(positions).hasSize(1);
  }
}
