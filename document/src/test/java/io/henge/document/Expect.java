package io.henge.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Failures as they must be: of one code, and telling. */
public final class Expect {
  private Expect() {}

  /** INVALID_ARGUMENT, with all these words in its message. */
  public static void invalid(ThrowingCallable call, String... words) {
    failure(call, ErrorCode.INVALID_ARGUMENT, words);
  }

  public static void failure(ThrowingCallable call, ErrorCode code, String... words) {
    Throwable thrown = catchThrowable(call);
    assertThat(thrown).isInstanceOf(HengeException.class);
    assertThat(((HengeException) thrown).code()).as(thrown.getMessage()).isEqualTo(code);
    assertThat(thrown.getMessage()).contains(words);
  }
}
