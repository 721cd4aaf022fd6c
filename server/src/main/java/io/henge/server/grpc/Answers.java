package io.henge.server.grpc;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.DocumentForm;
import io.henge.api.v1.Error;
import io.henge.api.v1.Found;
import io.henge.api.v1.MutationResult;
import io.henge.api.v1.RangeResponse;
import io.henge.api.v1.ReadResponse;
import io.henge.api.v1.Response;
import io.henge.api.v1.WriteResponse;
import io.henge.replication.Member;
import io.henge.replication.Membership;
import io.henge.replication.shard.ReadOutcome;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.StoredItem;
import io.henge.replication.statemachine.WriteOutcome;
import io.henge.router.Shard;
import io.henge.server.node.Failures;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Builds answers. */
final class Answers {
  private Answers() {}

  static WriteResponse written(WriteOutcome outcome, DocumentForm form) {
    WriteResponse.Builder response =
        WriteResponse.newBuilder()
            .setShardVersion(outcome.shardVersion())
            .setShardTimeMillis(outcome.shardTimeMillis());
    for (WriteOutcome.Result result : outcome.results()) {
      MutationResult.Builder wire =
          MutationResult.newBuilder()
              .setVersion(result.version())
              .setCounter(result.counter())
              .setExisted(result.existed());
      StoredItem previous = result.previous();
      if (previous != null) {
        wire.setPrevious(WireValues.item(previous, form));
      }
      StoredItem current = result.current();
      if (current != null) {
        wire.setCurrent(WireValues.item(current, form));
      }
      response.addResults(wire);
    }
    return response.build();
  }

  static ReadResponse read(ReadOutcome outcome, DocumentForm form, CopyInfos copies) {
    ReadResponse.Builder response =
        ReadResponse.newBuilder()
            .setShardVersion(outcome.shardVersion())
            .setShardTimeMillis(outcome.shardTimeMillis());
    for (StoredItem item : outcome.items()) {
      response.addFound(
          item == null
              ? Found.getDefaultInstance()
              : Found.newBuilder().setItem(copies.with(item, WireValues.item(item, form))).build());
    }
    return response.build();
  }

  static RangeResponse range(
      Parsed.Range range, ReadOutcome outcome, DocumentForm form, CopyInfos copies) {
    RangeResponse.Builder response =
        RangeResponse.newBuilder()
            .setShardVersion(outcome.shardVersion())
            .setShardTimeMillis(outcome.shardTimeMillis());
    List<@Nullable StoredItem> items = outcome.items();
    for (StoredItem item : items) {
      if (item != null) {
        response.addItems(copies.with(item, WireValues.item(item, form)));
      }
    }
    byte[] next = outcome.next();
    if (next != null) {
      ScanCursor cursor = new ScanCursor(range.command().reverse(), next);
      response.setCursor(UnsafeByteOperations.unsafeWrap(cursor.encode(range.prefix())));
    }
    return response.build();
  }

  /** A replica's shard as the replica itself knows it. */
  static Shard shard(ShardReplica replica) {
    ShardDescription mine = replica.description();
    Membership members = replica.group().membership();
    return new Shard(
        mine.shardId(),
        mine.epoch(),
        mine.start(),
        mine.end(),
        members.members().stream().map(Member::nodeId).toList(),
        List.of(),
        replica.group().leader(),
        Math.max(0, members.index()));
  }

  static Error.Builder error(ErrorCode code, @Nullable String message, long retryAfterMillis) {
    return Error.newBuilder()
        .setCode(code.number())
        .setMessage(message == null ? code.name() : message)
        .setRetryAfterMillis((int) Math.min(Integer.MAX_VALUE, retryAfterMillis))
        .setMutation(-1);
  }

  static Error error(Throwable failure) {
    HengeException known = known(failure);
    return error(known.code(), known.getMessage(), known.retryAfterMillis()).build();
  }

  static Response failed(long id, ErrorCode code, @Nullable String message, long retryAfter) {
    return Response.newBuilder().setId(id).setError(error(code, message, retryAfter)).build();
  }

  static Response failed(long id, Error error) {
    return Response.newBuilder().setId(id).setError(error).build();
  }

  /** What a failure means to the caller. */
  static HengeException known(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof StatusRuntimeException status
        ? new HengeException(codeOf(status.getStatus()), description(status.getStatus()), cause)
        : Failures.known(cause);
  }

  /** With the reason beneath: "io exception" alone tells nobody anything. */
  private static String description(Status status) {
    String description = status.getDescription();
    String text = description == null ? status.getCode().name() : description;
    Throwable beneath = status.getCause();
    return beneath == null || beneath.getMessage() == null
        ? text
        : text + ": " + beneath.getMessage();
  }

  /** The code that a node meant by a gRPC status. */
  static ErrorCode codeOf(Status status) {
    Status.Code grpc = status.getCode();
    if (grpc == Status.Code.CANCELLED || grpc == Status.Code.DEADLINE_EXCEEDED) {
      // The call broke off: nobody knows what the other node did.
      return ErrorCode.UNAVAILABLE;
    }
    if (grpc == Status.Code.UNAVAILABLE) {
      return ErrorCode.UNAVAILABLE;
    }
    for (ErrorCode code : ErrorCode.values()) {
      if (code.grpcStatus().equals(status.getCode().name())) {
        return code;
      }
    }
    return ErrorCode.INTERNAL;
  }

  /** The gRPC status of a failure, for unary calls. */
  static StatusRuntimeException status(Error error) {
    ErrorCode code = ErrorCode.of(error.getCode());
    return Status.fromCode(Status.Code.valueOf(code.grpcStatus()))
        .withDescription(code.name() + ": " + error.getMessage())
        .asRuntimeException();
  }
}
