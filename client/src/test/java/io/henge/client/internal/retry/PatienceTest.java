package io.henge.client.internal.retry;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.v1.Request;
import io.henge.client.testing.ScriptedTransport;
import org.junit.jupiter.api.Test;

/** How long nodes may be silent, in virtual time. */
class PatienceTest extends DispatcherFixture {
  @Test
  void shouldAskElsewhereWhenALeaderStaysSilentAndTakeTheFirstAnswer() {
    Call call = write(LOW);
    loop.advance(Patience.QUIET_MILLIS_MIN - 20);
    assertThat(network.sentInAll()).isEqualTo(1);
    loop.advance(40);
    assertThat(network.sentInAll()).isEqualTo(2);
    ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
    assertSameWrite(a.last(), other.last());
    assertThat(other.last().getTimeoutMillis()).isBetween(4_600, 4_710);
    other.answer(written(9).toBuilder().setLeaderNodeId("a").build());
    assertThat(call.answer().join().getWrite().getShardVersion()).isEqualTo(9);
    // Others avoid the silent node until it speaks.
    write(LOW);
    assertThat(a.sent()).hasSize(1);
    a.answer(a.sent().get(0), written(9));
    write(LOW);
    assertThat(a.sent()).hasSize(2);
  }

  @Test
  void shouldGiveANodeThatAnswersOthersMoreTime() {
    Call slow = write(LOW);
    Request first = a.last();
    for (int answered = 0; answered < 9; answered++) {
      loop.advance(100);
      Call quick = write(LOW);
      a.answer(written(answered));
      assertThat(quick.answer()).isCompleted();
      assertThat(a.sent()).hasSize(2 + answered);
    }
    assertThat(b.sent()).isEmpty();
    assertThat(c.sent()).isEmpty();
    // But not for ever.
    loop.advance(Patience.SILENCE_MILLIS_MAX - 900 + 20);
    assertThat(network.sentInAll()).isEqualTo(11);
    a.answer(first, written(10));
    assertThat(slow.answer()).isCompleted();
  }

  @Test
  void shouldHaveMoreAndMorePatienceWithOneCall() {
    write(LOW);
    loop.advance(Patience.QUIET_MILLIS_MIN + 20);
    assertThat(network.sentInAll()).isEqualTo(2);
    loop.advance(2 * Patience.QUIET_MILLIS_MIN - 40);
    assertThat(network.sentInAll()).isEqualTo(2);
    loop.advance(40);
    assertThat(network.sentInAll()).isEqualTo(3);
    loop.advance(Patience.SILENCE_MILLIS_MAX - 40);
    assertThat(network.sentInAll()).isEqualTo(3);
  }

  /** Followers that pass a request on to a leader that is dead say nothing either. */
  @Test
  void shouldAskANodeAgainThatHasKeptSilentAboutTheRequestForLong() {
    Call call = write(LOW);
    loop.advance(3 * (Patience.SILENCE_MILLIS_MAX + 20));
    assertThat(b.sent()).isNotEmpty();
    assertThat(c.sent()).isNotEmpty();
    int askedB = b.sent().size();
    int askedC = c.sent().size();
    // The old leader is back and knows nobody; meanwhile one of the others has become the leader.
    while (!call.answer().isDone() && loop.nanoTime() < TIMEOUT * 1_000_000L) {
      if (!a.sent().isEmpty()) {
        a.answer(a.sent().remove(0), error(ErrorCode.NOT_LEADER));
      }
      if (b.sent().size() > askedB) {
        b.answer(written(4));
      } else if (c.sent().size() > askedC) {
        c.answer(written(4));
      }
      loop.advance(10);
    }
    assertThat(call.answer().join().getWrite().getShardVersion()).isEqualTo(4);
  }

  @Test
  void shouldWaitForAThirdOfAShortDeadlineOnly() {
    write(LOW, 300);
    loop.advance(90);
    assertThat(network.sentInAll()).isEqualTo(1);
    loop.advance(20);
    assertThat(network.sentInAll()).isEqualTo(2);
  }
}
