package io.henge.api.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ErrorCodeTest {
  @Test
  void shouldNeverChangeNumbers() {
    String codes =
        Arrays.stream(ErrorCode.values())
            .map(code -> code.number() + " " + code.name())
            .collect(Collectors.joining("\n"));
    assertThat(codes)
        .isEqualTo(
            """
            1 INVALID_ARGUMENT
            2 NOT_FOUND
            3 ALREADY_EXISTS
            4 CONDITION_FAILED
            5 WRONG_SHARD
            6 STALE_CATALOGUE
            7 NOT_LEADER
            8 BUSY
            9 DEADLINE
            10 OUTCOME_UNKNOWN
            11 UNAVAILABLE
            12 UNAUTHENTICATED
            13 PERMISSION_DENIED
            14 CORRUPTION
            15 INTERNAL""");
  }

  @Test
  void shouldFindCodesByNumber() {
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(ErrorCode.of(code.number())).isEqualTo(code);
    }
  }

  @Test
  void shouldTakeAnUnknownNumberForABug() {
    assertThat(ErrorCode.of(0)).isEqualTo(ErrorCode.INTERNAL);
    assertThat(ErrorCode.of(-1)).isEqualTo(ErrorCode.INTERNAL);
    assertThat(ErrorCode.of(16)).isEqualTo(ErrorCode.INTERNAL);
    assertThat(ErrorCode.of(Integer.MAX_VALUE)).isEqualTo(ErrorCode.INTERNAL);
  }

  @Test
  void shouldNameAStatusThatGrpcKnows() {
    for (ErrorCode code : ErrorCode.values()) {
      assertThat(io.grpc.Status.Code.valueOf(code.grpcStatus()).value()).isPositive();
    }
  }

  @Test
  void shouldRetryElsewhereOnlyWhatMayBeRetried() {
    // A failed write whose effect is unknown may only be repeated under its request id.
    for (ErrorCode code : ErrorCode.values()) {
      if (code.retry() == ErrorCode.Retry.SAME_NODE) {
        assertThat(code.effect()).as(code.name()).isEqualTo(ErrorCode.Effect.NONE);
      }
    }
  }

  @Test
  void shouldKeepAStackTraceOnlyForWhatMayBeABug() {
    assertThat(HengeException.invalid("x").getStackTrace()).isEmpty();
    assertThat(new HengeException(ErrorCode.INTERNAL, "x").getStackTrace()).isNotEmpty();
    HengeException busy = new HengeException(ErrorCode.BUSY, "x", 20, null);
    assertThat(busy.retryAfterMillis()).isEqualTo(20);
    assertThat(busy.code()).isEqualTo(ErrorCode.BUSY);
  }
}
