package io.henge.client.internal.grpc;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import org.jspecify.annotations.Nullable;

/** From gRPC's failures to ours. */
final class GrpcErrors {
  private GrpcErrors() {}

  /** What a node said, or what became of the connection to it. */
  static HengeException of(String address, Throwable failure) {
    Status status = Status.fromThrowable(failure);
    String said = text(status);
    int colon = said.indexOf(": ");
    ErrorCode named = colon < 0 ? null : named(said.substring(0, colon));
    if (named != null) {
      return new HengeException(named, said.substring(colon + 2));
    }
    ErrorCode code = detailed(failure);
    return code != null
        ? new HengeException(code, said)
        : new HengeException(
            fromStatus(status.getCode()), "node at " + address + ": " + said, failure);
  }

  /** Nodes begin the description of a status with the name of their error code. */
  private static @Nullable ErrorCode named(String name) {
    for (ErrorCode code : ErrorCode.values()) {
      if (code.name().equals(name)) {
        return code;
      }
    }
    return null;
  }

  /** What ended a stream: whatever it is, its requests can be tried elsewhere. */
  static HengeException lost(String address, Throwable failure) {
    Status status = Status.fromThrowable(failure);
    String hint =
        status.getCode() == Status.Code.UNIMPLEMENTED ? "; is it the client port of a node?" : "";
    return new HengeException(
        ErrorCode.UNAVAILABLE, "node at " + address + ": " + text(status) + hint, failure);
  }

  private static @Nullable ErrorCode detailed(Throwable failure) {
    com.google.rpc.Status details = StatusProto.fromThrowable(failure);
    if (details == null) {
      return null;
    }
    for (Any detail : details.getDetailsList()) {
      if (detail.is(ErrorInfo.class)) {
        try {
          return named(detail.unpack(ErrorInfo.class).getReason());
        } catch (InvalidProtocolBufferException e) {
          // Damaged details: the status tells enough.
          return null;
        }
      }
    }
    return null;
  }

  private static ErrorCode fromStatus(Status.Code code) {
    return switch (code) {
      case INVALID_ARGUMENT, OUT_OF_RANGE -> ErrorCode.INVALID_ARGUMENT;
      case NOT_FOUND -> ErrorCode.NOT_FOUND;
      case ALREADY_EXISTS -> ErrorCode.ALREADY_EXISTS;
      case FAILED_PRECONDITION, ABORTED -> ErrorCode.CONDITION_FAILED;
      case RESOURCE_EXHAUSTED -> ErrorCode.BUSY;
      case UNAUTHENTICATED -> ErrorCode.UNAUTHENTICATED;
      case PERMISSION_DENIED -> ErrorCode.PERMISSION_DENIED;
      case DATA_LOSS -> ErrorCode.CORRUPTION;
      case INTERNAL -> ErrorCode.INTERNAL;
      // Silence, a broken connection, a cancelled call: another node may do better.
      default -> ErrorCode.UNAVAILABLE;
    };
  }

  private static String text(Status status) {
    StringBuilder text = new StringBuilder();
    String description = status.getDescription();
    text.append(description == null ? status.getCode().name() : description);
    Throwable cause = status.getCause();
    if (cause != null && cause.getMessage() != null) {
      text.append(": ").append(cause.getMessage());
    }
    return text.toString();
  }
}
