package io.henge.client.internal.retry;

import static org.assertj.core.api.Assertions.assertThat;

import io.henge.api.error.ErrorCode;
import io.henge.api.v1.Request;
import io.henge.client.testing.ScriptedTransport;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What callers are told when a call fails: above all, whether a write may have taken effect. */
class VerdictTest extends DispatcherFixture {
  @Test
  void shouldNotLetASecondAttemptsErrorHideTheFirstOnesSuccess() {
    for (ErrorCode code :
        List.of(
            ErrorCode.OUTCOME_UNKNOWN,
            ErrorCode.DEADLINE,
            ErrorCode.INTERNAL,
            ErrorCode.NOT_FOUND,
            ErrorCode.INVALID_ARGUMENT,
            ErrorCode.PERMISSION_DENIED)) {
      Call call = write(LOW);
      Request first = a.last();
      loop.advance(Patience.QUIET_MILLIS_MIN + 20);
      ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
      other.answer(error(code));
      assertThat(call.answer()).as(code.name()).isNotDone();
      a.answer(first, written(3));
      assertThat(call.answer()).as(code.name()).isCompleted();
      b.sent().clear();
      c.sent().clear();
    }
  }

  @Test
  void shouldTakeWhatTheLogDecidedFromAnyAttempt() {
    Call call = write(LOW);
    loop.advance(Patience.QUIET_MILLIS_MIN + 20);
    ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
    other.answer(error(ErrorCode.CONDITION_FAILED));
    assertThat(failure(call)).isEqualTo(ErrorCode.CONDITION_FAILED);
  }

  @Test
  void shouldNotSendWhatNobodyCanTakeAndSayThatItHadNoEffect() {
    List.of(a, b, c).forEach(node -> node.refuse(true));
    Call call = write(LOW, 1_000);
    loop.advance(990);
    assertThat(call.answer()).isNotDone();
    // A dead cluster is asked again and again, but with pauses.
    assertThat(a.opened() + b.opened() + c.opened()).isBetween(6, 40);
    loop.advance(20);
    assertThat(failure(call)).isEqualTo(ErrorCode.DEADLINE);
    assertThat(message(call)).contains("no effect", "1000 ms", "connection refused");
  }

  @Test
  void shouldTellAtTheDeadlineWhetherAWriteMayHaveTakenEffect() {
    Call sent = write(LOW, 900);
    loop.advance(1_000);
    assertThat(failure(sent)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(message(sent))
        .contains("the call", "900 ms", "may have taken effect", "shard 1", "node", "attempts");
  }

  @Test
  void shouldSayDeadlineWhenOnlyAnswersWithoutEffectCame() {
    Call call = write(LOW, 500);
    for (int i = 0; i < 120 && !call.answer().isDone(); i++) {
      for (ScriptedTransport.Node node : List.of(a, b, c)) {
        for (Request request : List.copyOf(node.sent())) {
          node.answer(request, error(ErrorCode.BUSY));
        }
      }
      loop.advance(5);
    }
    assertThat(failure(call)).isEqualTo(ErrorCode.DEADLINE);
    assertThat(message(call)).contains("BUSY", "no effect");
  }

  @Test
  void shouldSayDeadlineForReads() {
    Call call = read(LOW, Call.Kind.LEADER_READ);
    loop.advance(TIMEOUT + 10);
    assertThat(failure(call)).isEqualTo(ErrorCode.DEADLINE);
    assertThat(message(call)).doesNotContain("effect");
  }

  @Test
  void shouldNotClaimThatALostWriteHadNoEffect() {
    Call call = write(LOW);
    a.drop();
    ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
    other.answer(error(ErrorCode.PERMISSION_DENIED));
    assertThat(failure(call)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(message(call)).contains("PERMISSION_DENIED");
  }

  @Test
  void shouldNotTakeTheWordOfANodeWhoseCatalogueMayLagBehindForALostWrite() {
    Call call = write(LOW);
    a.drop();
    ScriptedTransport.Node other = b.sent().isEmpty() ? c : b;
    other.answer(error(ErrorCode.NOT_FOUND));
    assertThat(failure(call)).isEqualTo(ErrorCode.OUTCOME_UNKNOWN);
    assertThat(message(call)).contains("NOT_FOUND");
  }

  @Test
  void shouldGiveErrorsThatNoRetryChangesToTheCaller() {
    Call call = write(LOW);
    a.answer(error(ErrorCode.INVALID_ARGUMENT));
    assertThat(failure(call)).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(message(call)).isEqualTo("the call: said so");
    assertThat(network.sentInAll()).isEqualTo(1);
    Call bug = write(LOW);
    a.answer(error(ErrorCode.INTERNAL));
    assertThat(failure(bug)).isEqualTo(ErrorCode.INTERNAL);
  }
}
