package io.henge.client.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.v1.ControlOperationRequest;
import io.henge.api.v1.DrainRequest;
import io.henge.api.v1.ExplainShardRequest;
import io.henge.api.v1.ExplainShardResponse;
import io.henge.api.v1.GetSettingsRequest;
import io.henge.api.v1.GetSettingsResponse;
import io.henge.api.v1.ListOperationsRequest;
import io.henge.api.v1.ListOperationsResponse;
import io.henge.api.v1.MergeRequest;
import io.henge.api.v1.MoveRequest;
import io.henge.api.v1.OperationControl;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationProgress;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationResponse;
import io.henge.api.v1.OperationState;
import io.henge.api.v1.PlanRequest;
import io.henge.api.v1.PlanResponse;
import io.henge.api.v1.RemoveNodeRequest;
import io.henge.api.v1.SetSettingRequest;
import io.henge.api.v1.SetSettingResponse;
import io.henge.api.v1.SplitRequest;
import io.henge.client.Operations;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Operations over the network. */
final class RemoteOperations implements Operations {
  private final Core core;
  private final AdminCalls calls;

  RemoteOperations(Core core) {
    this.core = core;
    this.calls = new AdminCalls(core);
  }

  @Override
  public Operation split(long shardId) {
    return begin(
        "split shard " + shardId,
        "SplitShard",
        SplitRequest.newBuilder().setShardId(shardId).build());
  }

  @Override
  public Operation splitAt(long shardId, Key shardingKey) {
    byte[] at = ByteBuffer.allocate(Long.BYTES).putLong(shardingKey.token()).array();
    return begin(
        "split shard " + shardId,
        "SplitShard",
        SplitRequest.newBuilder().setShardId(shardId).setAt(ByteString.copyFrom(at)).build());
  }

  @Override
  public Operation merge(long shardId) {
    return begin(
        "merge shard " + shardId,
        "MergeShards",
        MergeRequest.newBuilder().setShardId(shardId).build());
  }

  @Override
  public Operation move(long shardId, String fromNode, String toNode) {
    return begin(
        "move shard " + shardId,
        "MoveReplica",
        MoveRequest.newBuilder()
            .setShardId(shardId)
            .setFromNode(fromNode)
            .setToNode(toNode)
            .build());
  }

  @Override
  public Operation drain(String node) {
    return begin(
        "drain node " + node, "DrainNode", DrainRequest.newBuilder().setNode(node).build());
  }

  @Override
  public Operation remove(String node, boolean dead) {
    return begin(
        "remove node " + node,
        "RemoveNode",
        RemoveNodeRequest.newBuilder().setNode(node).setDead(dead).build());
  }

  private Operation begin(String what, String method, Message request) {
    try {
      return operation(
          calls
              .once(
                  what,
                  (address, millis) ->
                      core.transport.cluster(
                          address, method, request, OperationResponse.class, millis))
              .getOperation());
    } catch (HengeException e) {
      if (e.code().effect() != ErrorCode.Effect.UNKNOWN) {
        throw e;
      }
      throw new HengeException(
          e.code(), e.getMessage() + "; the list of operations shows whether it has begun", e);
    }
  }

  @Override
  public List<Operation> list(boolean all) {
    return ask(
            "operations",
            "ListOperations",
            ListOperationsRequest.newBuilder().setAll(all).build(),
            ListOperationsResponse.class)
        .getOperationsList()
        .stream()
        .map(RemoteOperations::operation)
        .toList();
  }

  @Override
  public Operation get(long operationId) {
    return list(true).stream()
        .filter(operation -> operation.id() == operationId)
        .findFirst()
        .orElseThrow(
            () ->
                new HengeException(
                    ErrorCode.NOT_FOUND,
                    "there is no operation " + operationId + ", or it ended long ago"));
  }

  @Override
  public Operation pause(long operationId) {
    return control("pause", operationId, OperationControl.OPERATION_CONTROL_PAUSE);
  }

  @Override
  public Operation resume(long operationId) {
    return control("resume", operationId, OperationControl.OPERATION_CONTROL_RESUME);
  }

  @Override
  public Operation cancel(long operationId) {
    return control("cancel", operationId, OperationControl.OPERATION_CONTROL_CANCEL);
  }

  private Operation control(String verb, long operationId, OperationControl control) {
    return operation(
        ask(
                verb + " operation " + operationId,
                "ControlOperation",
                ControlOperationRequest.newBuilder()
                    .setOperationId(operationId)
                    .setControl(control)
                    .build(),
                OperationResponse.class)
            .getOperation());
  }

  @Override
  public Plan plan() {
    PlanResponse plan = ask("plan", "Plan", PlanRequest.getDefaultInstance(), PlanResponse.class);
    return new Plan(
        plan.getStepsList().stream()
            .map(step -> new Step(step.getWhat(), step.getShardId(), step.getReason()))
            .toList(),
        List.copyOf(plan.getRemarksList()));
  }

  @Override
  public List<String> explainShard(long shardId) {
    return List.copyOf(
        ask(
                "explain shard " + shardId,
                "ExplainShard",
                ExplainShardRequest.newBuilder().setShardId(shardId).build(),
                ExplainShardResponse.class)
            .getSentencesList());
  }

  @Override
  public List<Setting> settings() {
    return ask(
            "settings",
            "GetSettings",
            GetSettingsRequest.getDefaultInstance(),
            GetSettingsResponse.class)
        .getSettingsList()
        .stream()
        .map(
            setting ->
                new Setting(
                    setting.getName(),
                    setting.getValue(),
                    setting.getDefaultValue(),
                    setting.getDescription()))
        .toList();
  }

  @Override
  public void set(String name, String value) {
    ask(
        "setting " + name,
        "SetSetting",
        SetSettingRequest.newBuilder().setName(name).setValue(value).build(),
        SetSettingResponse.class);
  }

  private <A extends Message> A ask(String what, String method, Message request, Class<A> answer) {
    return calls.ask(
        what,
        (address, millis) -> core.transport.cluster(address, method, request, answer, millis));
  }

  private static Operation operation(OperationRecord record) {
    return operation(OperationProgress.newBuilder().setOperation(record).build());
  }

  private static Operation operation(OperationProgress progress) {
    OperationRecord record = progress.getOperation();
    return new Operation(
        record.getOperationId(),
        kind(record.getKind()),
        record.getShardId(),
        record.getOtherShardId(),
        record.getFromNodeId(),
        record.getToNodeId(),
        state(record.getState()),
        record.getPhase(),
        record.getReason(),
        record.getMessage(),
        record.getByCommand(),
        Instant.ofEpochMilli(record.getStartedMillis()),
        Instant.ofEpochMilli(record.getEndedMillis()),
        new Progress(
            progress.getBytesDone(),
            progress.getBytesTotal(),
            progress.getBytesPerSecond(),
            Duration.ofSeconds(progress.getSecondsLeft())));
  }

  private static Kind kind(OperationKind kind) {
    return switch (kind) {
      case OPERATION_KIND_SPLIT -> Kind.SPLIT;
      case OPERATION_KIND_MERGE -> Kind.MERGE;
      case OPERATION_KIND_MOVE -> Kind.MOVE;
      case OPERATION_KIND_DRAIN -> Kind.DRAIN;
      case OPERATION_KIND_REMOVE -> Kind.REMOVE;
      case OPERATION_KIND_UNSPECIFIED, UNRECOGNIZED -> Kind.UNKNOWN;
    };
  }

  private static State state(OperationState state) {
    return switch (state) {
      case OPERATION_STATE_RUNNING -> State.RUNNING;
      case OPERATION_STATE_PAUSED -> State.PAUSED;
      case OPERATION_STATE_CANCELLING -> State.CANCELLING;
      case OPERATION_STATE_DONE -> State.DONE;
      case OPERATION_STATE_FAILED -> State.FAILED;
      case OPERATION_STATE_CANCELLED -> State.CANCELLED;
      case OPERATION_STATE_UNSPECIFIED, UNRECOGNIZED -> State.UNKNOWN;
    };
  }
}
