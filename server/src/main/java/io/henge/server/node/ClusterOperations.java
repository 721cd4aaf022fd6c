package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.BeginOperation;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.SetNodeState;
import io.henge.api.internal.v1.SetSetting;
import io.henge.api.internal.v1.UpdateOperation;
import io.henge.api.v1.ControlOperationRequest;
import io.henge.api.v1.DrainRequest;
import io.henge.api.v1.GetSettingsResponse;
import io.henge.api.v1.MergeRequest;
import io.henge.api.v1.MoveRequest;
import io.henge.api.v1.NodeRecord;
import io.henge.api.v1.NodeState;
import io.henge.api.v1.OperationKind;
import io.henge.api.v1.OperationRecord;
import io.henge.api.v1.OperationState;
import io.henge.api.v1.RemoveNodeRequest;
import io.henge.api.v1.SetSettingRequest;
import io.henge.api.v1.Setting;
import io.henge.api.v1.SplitRequest;
import io.henge.router.meta.MetaSettings;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * What an operator wants done, turned into operations in meta, which whoever leads it carries out.
 * Any node takes the wish. Thread-safe; nothing blocks; futures fail with {@link HengeException}.
 */
public final class ClusterOperations {
  private static final Duration PING = Duration.ofSeconds(2);

  private final NodeControl node;
  private final Peers peers;
  private final MetaLeader here;
  private final BooleanSupplier leads;

  /**
   * On one node.
   *
   * @param here what this node answers if it leads meta
   * @param leads whether it does
   */
  ClusterOperations(NodeControl node, Peers peers, MetaLeader here, BooleanSupplier leads) {
    this.node = node;
    this.peers = peers;
    this.here = here;
    this.leads = leads;
  }

  public CompletableFuture<OperationRecord> split(SplitRequest request) {
    return begin(
        BeginOperation.newBuilder()
            .setKind(OperationKind.OPERATION_KIND_SPLIT)
            .setShardId(request.getShardId())
            .setAt(request.getAt()));
  }

  public CompletableFuture<OperationRecord> merge(MergeRequest request) {
    return begin(
        BeginOperation.newBuilder()
            .setKind(OperationKind.OPERATION_KIND_MERGE)
            .setShardId(request.getShardId())
            .setOtherShardId(request.getOtherShardId()));
  }

  public CompletableFuture<OperationRecord> move(MoveRequest request) {
    return attempt(
        () ->
            begin(
                BeginOperation.newBuilder()
                    .setKind(OperationKind.OPERATION_KIND_MOVE)
                    .setShardId(request.getShardId())
                    .setFromNodeId(require("from_node", request.getFromNode()).getNodeId())
                    .setToNodeId(require("to_node", request.getToNode()).getNodeId())));
  }

  public CompletableFuture<OperationRecord> drain(DrainRequest request) {
    return attempt(
        () ->
            begin(
                BeginOperation.newBuilder()
                    .setKind(OperationKind.OPERATION_KIND_DRAIN)
                    .setFromNodeId(require("node", request.getNode()).getNodeId())));
  }

  /** One that is said to be dead and answers all the same is not removed. */
  public CompletableFuture<OperationRecord> remove(RemoveNodeRequest request) {
    return attempt(
        () -> {
          NodeRecord gone = require("node", request.getNode());
          BeginOperation.Builder begin =
              BeginOperation.newBuilder()
                  .setKind(OperationKind.OPERATION_KIND_REMOVE)
                  .setFromNodeId(gone.getNodeId());
          return request.getDead()
              ? requireDead(gone)
                  .thenCompose(dead -> begin(begin))
                  .thenCompose(operation -> removeDead(gone, operation))
              : begin(begin);
        });
  }

  private CompletableFuture<Void> requireDead(NodeRecord gone) {
    return peers
        .ping(gone.getClientAddress(), PING)
        .handle(
            (answer, failure) -> {
              if (failure == null && answer.getNode().getNodeId().equals(gone.getNodeId())) {
                throw new HengeException(
                    ErrorCode.CONDITION_FAILED,
                    "dead: node " + gone.getName() + " answers; stop it first, or drain it");
              }
              return null;
            });
  }

  private CompletableFuture<OperationRecord> removeDead(
      NodeRecord gone, OperationRecord operation) {
    return propose(
            MetaCommand.newBuilder()
                .setSetNodeState(
                    SetNodeState.newBuilder()
                        .setNodeId(gone.getNodeId())
                        .setState(NodeState.NODE_STATE_REMOVED)
                        .setDead(true)))
        .thenApply(done -> operation);
  }

  public CompletableFuture<OperationRecord> control(ControlOperationRequest request) {
    OperationState state =
        switch (request.getControl()) {
          case OPERATION_CONTROL_PAUSE -> OperationState.OPERATION_STATE_PAUSED;
          case OPERATION_CONTROL_RESUME -> OperationState.OPERATION_STATE_RUNNING;
          case OPERATION_CONTROL_CANCEL -> OperationState.OPERATION_STATE_CANCELLING;
          case OPERATION_CONTROL_UNSPECIFIED, UNRECOGNIZED -> null;
        };
    if (state == null) {
      return CompletableFuture.failedFuture(
          HengeException.invalid("control: pause, resume or cancel expected, found none"));
    }
    return propose(
            MetaCommand.newBuilder()
                .setUpdateOperation(
                    UpdateOperation.newBuilder()
                        .setOperationId(request.getOperationId())
                        .setState(state)
                        .setAtMillis(node.clockMillis())))
        .thenApply(MetaResult::getOperation);
  }

  private static <T> CompletableFuture<T> attempt(
      java.util.function.Supplier<CompletableFuture<T>> work) {
    try {
      return work.get();
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** A node by name or id. */
  private NodeRecord require(String field, String name) {
    NodeRecord found = node.view().state().nodeByName(name);
    found = found != null ? found : node.view().state().node(name);
    if (found == null || found.getState() == NodeState.NODE_STATE_REMOVED) {
      throw new HengeException(
          ErrorCode.NOT_FOUND,
          field
              + ": there is no node '"
              + name
              + "'; there are "
              + node.view().map().nodes().stream().map(NodeRecord::getName).sorted().toList());
    }
    return found;
  }

  private CompletableFuture<OperationRecord> begin(BeginOperation.Builder operation) {
    return propose(
            MetaCommand.newBuilder()
                .setBeginOperation(
                    operation
                        .setByCommand(true)
                        .setReason("an operator has asked for it")
                        .setAtMillis(node.clockMillis())))
        .thenApply(MetaResult::getOperation);
  }

  private CompletableFuture<MetaResult> propose(MetaCommand.Builder command) {
    return node.propose(command.build())
        .thenApply(
            result -> {
              if (result.getCode() != 0) {
                throw new HengeException(ErrorCode.of(result.getCode()), result.getMessage());
              }
              return result;
            });
  }

  // ---- Settings ----

  public GetSettingsResponse settings() {
    MetaSettings set = MetaSettings.of(node.view().state().cluster());
    GetSettingsResponse.Builder response = GetSettingsResponse.newBuilder();
    for (MetaSettings.Known known : MetaSettings.known()) {
      response.addSettings(
          Setting.newBuilder()
              .setName(known.name())
              .setValue(set.text(known.name()))
              .setDefaultValue(known.byDefault())
              .setDescription(known.description()));
    }
    return response.build();
  }

  public CompletableFuture<Void> set(SetSettingRequest request) {
    return attempt(
        () -> {
          MetaSettings.requireValid(request.getName(), request.getValue());
          return propose(
                  MetaCommand.newBuilder()
                      .setSetSetting(
                          SetSetting.newBuilder()
                              .setName(request.getName())
                              .setValue(request.getValue())))
              .thenApply(done -> null);
        });
  }

  // ---- What the leader of meta knows ----

  /**
   * Asks whoever leads meta.
   *
   * @param onlyHere another node asks: it is not sent on once more
   */
  public <T> CompletableFuture<T> asked(
      boolean onlyHere, Function<MetaLeader, CompletableFuture<T>> question) {
    if (leads.getAsBoolean()) {
      return question.apply(here);
    }
    String leader = node.metaLeader();
    if (onlyHere) {
      return CompletableFuture.failedFuture(
          new HengeException(
              ErrorCode.NOT_LEADER, "node " + node.self().getNodeId() + " does not lead meta"));
    }
    if (leader == null || leader.equals(node.self().getNodeId())) {
      return CompletableFuture.failedFuture(
          new HengeException(
              ErrorCode.UNAVAILABLE, "the leader of meta is not known here yet; try again soon"));
    }
    return question.apply(peers.metaLeader(leader));
  }
}
