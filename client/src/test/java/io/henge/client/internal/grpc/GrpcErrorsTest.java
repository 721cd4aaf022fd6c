package io.henge.client.internal.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class GrpcErrorsTest {
  private static HengeException of(Status status) {
    return GrpcErrors.of("a:1", status.asRuntimeException());
  }

  @Test
  void shouldKnowEveryCodeByItsName() {
    for (ErrorCode code : ErrorCode.values()) {
      Status status =
          Status.fromCode(Status.Code.valueOf(code.grpcStatus()))
              .withDescription(code.name() + ": the field: is wrong");
      assertThat(of(status).code()).isEqualTo(code);
      assertThat(of(status)).hasMessage("the field: is wrong");
    }
  }

  @Test
  void shouldKnowACodeByErrorDetails() {
    com.google.rpc.Status status =
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.UNAVAILABLE.value())
            .setMessage("said so")
            .addDetails(Any.pack(ErrorInfo.newBuilder().setReason("NOT_LEADER").build()))
            .build();
    assertThat(GrpcErrors.of("a:1", StatusProto.toStatusException(status)).code())
        .isEqualTo(ErrorCode.NOT_LEADER);
  }

  @Test
  void shouldMakeDoWithTheStatus() {
    assertThat(of(Status.NOT_FOUND.withDescription("nothing")).code())
        .isEqualTo(ErrorCode.NOT_FOUND);
    assertThat(of(Status.RESOURCE_EXHAUSTED).code()).isEqualTo(ErrorCode.BUSY);
    assertThat(of(Status.INTERNAL).code()).isEqualTo(ErrorCode.INTERNAL);
    HengeException broken =
        of(Status.UNAVAILABLE.withDescription("io exception").withCause(new IOException("reset")));
    assertThat(broken.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(broken).hasMessageContainingAll("a:1", "io exception", "reset");
    // Silence is no verdict: another node may answer.
    assertThat(of(Status.DEADLINE_EXCEEDED).code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void shouldTakeTheEndOfAStreamForALostConnection() {
    HengeException lost =
        GrpcErrors.lost("a:1", Status.UNIMPLEMENTED.withDescription("no").asException());
    assertThat(lost.code()).isEqualTo(ErrorCode.UNAVAILABLE);
    assertThat(lost).hasMessageContaining("client port");
  }
}
