package io.henge.server.grpc;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.Error;
import io.henge.api.v1.Request;
import io.henge.api.v1.Response;
import io.henge.api.v1.Trace;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.server.node.RequestObserver;
import io.henge.server.node.RequestObserver.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way through this node. Used by one thread after another; its answer is given
 * once.
 */
final class Exchange {
  final Request request;
  final long arrivedNanos;
  final long deadlineNanos;
  private final Answer answer;
  private final RequestObserver observer;
  private final @Nullable List<String> steps;

  /** The catalogue was asked for anew. */
  boolean refreshed;

  /** How often it was sent to another shard on this node, because the ring has changed. */
  int rerouted;

  /** The shard was given the catalogue anew. */
  boolean reinstalled;

  Exchange(
      Request request,
      long arrivedNanos,
      long deadlineNanos,
      Answer answer,
      RequestObserver observer) {
    this.request = request;
    this.arrivedNanos = arrivedNanos;
    this.deadlineNanos = deadlineNanos;
    this.answer = answer;
    this.observer = observer;
    this.steps = request.getExplain() ? new ArrayList<>() : null;
  }

  Kind kind() {
    return switch (request.getBodyCase()) {
      case READ -> Kind.READ;
      case RANGE, FIND, CHANGES, VERIFY -> Kind.RANGE;
      default -> Kind.WRITE;
    };
  }

  int remainingMillis() {
    return (int) Math.max(1, (deadlineNanos - System.nanoTime()) / 1_000_000);
  }

  boolean isOver() {
    return deadlineNanos - System.nanoTime() <= 0;
  }

  /** Notes a step of the path, if it was asked for. */
  void step(String step) {
    if (steps != null) {
      steps.add(step);
    }
  }

  Response.Builder response() {
    return Response.newBuilder().setId(request.getId());
  }

  void fail(HengeException failure) {
    fail(Answers.error(failure.code(), failure.getMessage(), failure.retryAfterMillis()));
  }

  void fail(Error.Builder error) {
    ErrorCode code = ErrorCode.of(error.getCode());
    Response.Builder response = response().setError(error);
    List<String> path = steps;
    if (path != null) {
      response.setTrace(Trace.newBuilder().addAllSteps(path));
    }
    done(response.build(), code, false);
  }

  /** Answers from a replica of this node. */
  void serve(
      Response.Builder response,
      ShardReplica replica,
      String node,
      long appliedIndex,
      long stalenessMillis) {
    boolean leads = replica.group().isLeader();
    ShardDescription shard = replica.description();
    if (request.getShardId() != shard.shardId() || request.getShardEpoch() != shard.epoch()) {
      response.setShard(Answers.shard(replica).toDescriptor());
    }
    if (request.getHops() > 0 && leads) {
      response.setLeaderNodeId(node);
    }
    List<String> path = steps;
    if (path != null) {
      path.add("served by " + (leads ? "leader " : "follower ") + node);
      response.setTrace(
          Trace.newBuilder()
              .setShardId(replica.description().shardId())
              .setShardEpoch(replica.description().epoch())
              .setNode(node)
              .setRole(leads ? "leader" : "follower")
              .addAllSteps(path)
              .setAppliedIndex(appliedIndex)
              .setStalenessMillis(stalenessMillis)
              .setServerMicros((System.nanoTime() - arrivedNanos) / 1_000));
    }
    done(response.build(), null, false);
  }

  /** Passes on what another node answered. */
  void relay(Response other) {
    Response.Builder response = other.toBuilder().setId(request.getId());
    List<String> path = steps;
    if (path != null) {
      List<String> all = new ArrayList<>(path);
      all.addAll(other.getTrace().getStepsList());
      response.getTraceBuilder().clearSteps().addAllSteps(all);
    }
    ErrorCode code = other.hasError() ? ErrorCode.of(other.getError().getCode()) : null;
    done(response.build(), code, true);
  }

  private void done(Response response, @Nullable ErrorCode code, boolean forwarded) {
    observer.answered(kind(), code, forwarded, System.nanoTime() - arrivedNanos);
    answer.answer(response);
  }

  void flush() {
    answer.flush();
  }
}
