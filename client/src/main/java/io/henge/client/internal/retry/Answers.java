package io.henge.client.internal.retry;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.Error;
import io.henge.api.v1.Response;
import io.henge.api.v1.Trace;
import io.henge.client.internal.routing.ClusterClock;
import io.henge.client.internal.routing.MapFollower;
import io.henge.client.internal.routing.Peer;
import io.henge.client.internal.routing.Routes;
import io.henge.router.Shard;
import java.util.List;

/**
 * What nodes answer: the end of a call, news of the ring, or a reason to try again. Of the loop.
 */
final class Answers {
  private final Dispatcher dispatcher;
  private final Routes routes;
  private final MapFollower follower;
  private final ClusterClock clock;

  Answers(Dispatcher dispatcher, Routes routes, MapFollower follower, ClusterClock clock) {
    this.dispatcher = dispatcher;
    this.routes = routes;
    this.follower = follower;
    this.clock = clock;
  }

  /** An attempt has been answered, and its call has not. */
  void take(Attempt attempt, Response answer) {
    Call call = attempt.call;
    Shard shard = attempt.shard;
    if (answer.hasShard()) {
      shard = Shard.of(answer.getShard());
      routes.correct(List.of(answer.getShard()));
    }
    if (!answer.getLeaderNodeId().isEmpty() && shard != null) {
      routes.leads(shard.id(), answer.getLeaderNodeId());
    }
    if (answer.hasError()) {
      refused(attempt, answer.getError(), answer.getTrace());
      return;
    }
    if (call.isWrite()) {
      clock.raise(answer.getWrite().getShardTimeMillis());
    }
    if (shard != null && answer.getLeaderNodeId().isEmpty() && showsLeader(call, shard, attempt)) {
      routes.leads(shard.id(), attempt.peer.nodeId());
    }
    call.answeredBy(attempt, shard);
    dispatcher.finish(call);
    call.answer().complete(answer);
  }

  /** A node that writes and names nobody leads; one that reads for leaders may only have asked. */
  private static boolean showsLeader(Call call, Shard shard, Attempt attempt) {
    return switch (call.kind) {
      case WRITE -> !attempt.peer.nodeId().equals(shard.leader());
      case LEADER_READ -> shard.leader() == null;
      case REPLICA_READ -> false;
    };
  }

  private void refused(Attempt attempt, Error error, Trace path) {
    Call call = attempt.call;
    ErrorCode code = ErrorCode.of(error.getCode());
    HengeException failure =
        new HengeException(code, error.getMessage(), error.getRetryAfterMillis(), null);
    call.lastError = failure;
    call.maybeApplied |= code.effect() == ErrorCode.Effect.UNKNOWN;
    if (call.isExplained()) {
      path.getStepsList().forEach(call::step);
      call.step("node " + attempt.peer + " answered " + code + ": " + error.getMessage());
    }
    switch (code) {
      case WRONG_SHARD -> {
        routes.correct(error.getShardsList());
        if (error.getShardsCount() == 0) {
          follower.refresh();
          dispatcher.pause(call, failure.retryAfterMillis());
        } else {
          dispatcher.retrySoon(call);
        }
      }
      case NOT_LEADER -> notLeader(attempt, error);
      case STALE_CATALOGUE -> {
        follower.refresh();
        dispatcher.pause(call, failure.retryAfterMillis());
      }
      case BUSY -> dispatcher.pause(call, failure.retryAfterMillis());
      case UNAVAILABLE, CORRUPTION -> {
        call.avoided = attempt.peer;
        dispatcher.pause(call, failure.retryAfterMillis());
      }
      default -> {
        HengeException verdict = Verdict.onError(call, failure);
        if (verdict != null) {
          dispatcher.fail(call, verdict);
        } else {
          dispatcher.rearm(call);
        }
      }
    }
  }

  private void notLeader(Attempt attempt, Error error) {
    Call call = attempt.call;
    Shard shard = attempt.shard;
    String named = error.getLeaderNodeId();
    String asked = attempt.peer.nodeId();
    call.avoided = attempt.peer;
    Peer leader = named.isEmpty() || named.equals(asked) ? null : routes.peer(named);
    if (shard != null && leader != null) {
      routes.leads(shard.id(), named);
    } else if (shard != null) {
      Shard now = routes.map().shard(shard.id());
      if (now != null && asked.equals(now.leader())) {
        routes.leads(shard.id(), null);
      }
    }
    if (!named.isEmpty() && leader == null && !named.equals(asked)) {
      follower.refresh();
    }
    if (leader != null && leader.link().isUsable()) {
      dispatcher.retrySoon(call);
    } else {
      dispatcher.pause(call, error.getRetryAfterMillis());
    }
  }
}
