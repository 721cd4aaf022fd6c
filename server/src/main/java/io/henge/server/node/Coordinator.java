package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ChangeMembersRequest;
import io.henge.api.internal.v1.MetaCommand;
import io.henge.api.internal.v1.MetaResult;
import io.henge.api.internal.v1.TransferLeadershipRequest;
import io.henge.api.v1.OperationRecord;
import io.henge.router.meta.MetaState;
import io.henge.router.plan.ClusterView;
import io.henge.router.plan.Operation;
import io.henge.router.plan.OperationSteps;
import io.henge.router.plan.Plan;
import io.henge.router.plan.PlanLimits;
import io.henge.router.plan.Planner;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the cluster towards what it should be: on the meta leader, plans from what meta knows and
 * nodes report, and has the steps done. Holds no state that matters: every step is recorded in meta
 * or in the log of its group, so another meta leader goes on from there. Runs on the timer thread.
 */
final class Coordinator {
  private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);

  /** A new meta leader first hears how the nodes are. */
  private static final long LISTEN_MILLIS = 1_500;

  private static final long POKE_MILLIS = 10;

  /** What was not done is not tried again at once: most often somebody has to be heard of first. */
  private static final long AGAIN_MILLIS = 250;

  /** An answer that is lost must not keep its group for ever. */
  private static final long OPERATION_SECONDS = 90;

  private final String self;
  private final MetaHost meta;
  private final Observations observations;
  private final Peers peers;
  private final ControlPlane control;
  private final NodeThreads threads;
  private final Map<Long, Operation> underWay = new ConcurrentHashMap<>();
  private final AtomicBoolean poked = new AtomicBoolean();
  private volatile List<String> remarks = List.of();
  private long leadsSinceNanos;
  private boolean led;
  private volatile @Nullable ClusterView lastView;

  Coordinator(
      String self,
      MetaHost meta,
      Observations observations,
      Peers peers,
      ControlPlane control,
      NodeThreads threads) {
    this.self = self;
    this.meta = meta;
    this.observations = observations;
    this.peers = peers;
    this.control = control;
    this.threads = threads;
  }

  /** What is less than it should be, as of the last plan. */
  List<String> remarks() {
    return meta.leads() ? remarks : List.of();
  }

  /** Something has changed: look soon. Any thread. */
  void poke() {
    if (poked.compareAndSet(false, true)) {
      threads.after(
          POKE_MILLIS,
          () -> {
            poked.set(false);
            tick();
          });
    }
  }

  /** Plans once and begins what is to be done. On the timer thread. */
  void tick() {
    if (!meta.leads()) {
      led = false;
      lastView = null;
      // Whoever leads now plans from what is; so does this node, should it lead again.
      underWay.clear();
      return;
    }
    if (!led) {
      led = true;
      lastView = null;
      observations.listenAnew();
      leadsSinceNanos = System.nanoTime();
    }
    MetaState state = meta.applied();
    if (state == null) {
      return;
    }
    boolean heardAll = observations.heardOfAll(state);
    if (!state.isFormed()
        || (!heardAll && System.nanoTime() - leadsSinceNanos < LISTEN_MILLIS * 1_000_000)) {
      return;
    }
    ClusterView view = observations.view(state, underWay.keySet(), control.clockMillis());
    lastView = view;
    Plan plan = Planner.plan(view, PlanLimits.DEFAULT);
    remarks = plan.remarks();
    for (Operation operation : plan.operations()) {
      if (underWay.putIfAbsent(operation.group(), operation) == null) {
        begin(operation);
      }
    }
  }

  private void begin(Operation operation) {
    LOG.info("{}: {}", name(operation), operation.reason());
    CompletableFuture<?> done;
    try {
      done = execute(operation);
    } catch (RuntimeException e) {
      done = CompletableFuture.failedFuture(e);
    }
    done.orTimeout(OPERATION_SECONDS, TimeUnit.SECONDS)
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                ended(operation);
                return;
              }
              LOG.info(
                  "{} was not done: {}", name(operation), Failures.known(failure).getMessage());
              // Planned again from what is then.
              threads.after(AGAIN_MILLIS, () -> ended(operation));
            });
  }

  private void ended(Operation operation) {
    // Not one that was begun since.
    underWay.computeIfPresent(
        operation.group(), (group, begun) -> begun == operation ? null : begun);
    poke();
  }

  private static String name(Operation operation) {
    String group = operation.group() == 0 ? "meta" : "shard " + operation.group();
    return operation.getClass().getSimpleName() + " of " + group;
  }

  /** What the last plan was made from; empty if this node has not planned lately. */
  Optional<ClusterView> lastView() {
    return meta.leads() ? Optional.ofNullable(lastView) : Optional.empty();
  }

  private CompletableFuture<?> execute(Operation operation) {
    if (operation instanceof Operation.Prepare prepare) {
      CompletableFuture<MetaResult> last =
          CompletableFuture.completedFuture(MetaResult.getDefaultInstance());
      for (MetaCommand.Builder command : prepare.commands()) {
        last = last.thenCompose(before -> propose(command));
      }
      return last;
    } else if (operation instanceof Operation.Abandon abandon) {
      return propose(abandon.command());
    } else if (operation instanceof Operation.Confirm confirm) {
      return propose(confirm.command());
    } else if (operation instanceof Operation.ChangeMembers change) {
      return changeMembers(change);
    } else if (operation instanceof Operation.TransferLeader transfer) {
      return transfer(transfer);
    } else if (operation instanceof Operation.Propose proposal) {
      return propose(proposal.command().toBuilder());
    } else if (operation instanceof Operation.Split split) {
      return orFailed(
          split.request().getOperationId(), reshaper(split.leader()).splitShard(split.request()));
    } else if (operation instanceof Operation.Merge merge) {
      return orFailed(
          merge.request().getOperationId(), reshaper(merge.leader()).mergeShard(merge.request()));
    } else if (operation instanceof Operation.Trim trim) {
      return reshaper(trim.leader()).trimShard(trim.request());
    }
    throw new IllegalStateException("an operation that is not known here: " + operation);
  }

  private ShardReshaper reshaper(String nodeId) {
    return nodeId.equals(self) ? control.reshaper() : peers.reshaper(nodeId);
  }

  /** What was refused for good is written down as such; anything else is planned again. */
  private <T> CompletableFuture<T> orFailed(long operationId, CompletableFuture<T> done) {
    return done.whenComplete(
        (result, failure) -> {
          HengeException known = failure == null ? null : Failures.known(failure);
          MetaState state = meta.applied();
          OperationRecord operation = state == null ? null : state.operation(operationId);
          if (known == null
              || operation == null
              || known.code() == ErrorCode.INTERNAL
              || known.code().retry() != ErrorCode.Retry.NEVER) {
            return;
          }
          Operation failed =
              OperationSteps.failed(
                  operation, String.valueOf(known.getMessage()), control.clockMillis());
          if (failed instanceof Operation.Propose proposal) {
            propose(proposal.command().toBuilder());
          }
        });
  }

  private CompletableFuture<MetaResult> propose(MetaCommand.Builder command) {
    return meta.propose(command.build())
        .thenApply(
            result -> {
              if (result.getCode() != 0) {
                throw new HengeException(ErrorCode.of(result.getCode()), result.getMessage());
              }
              return result;
            });
  }

  private CompletableFuture<?> changeMembers(Operation.ChangeMembers change) {
    ChangeMembersRequest request =
        ChangeMembersRequest.newBuilder()
            .setShardId(change.group())
            .addAllNodeIds(change.to())
            .build();
    return change.leader().equals(self)
        ? control.changeMembersHere(request)
        : peers
            .changeMembers(change.leader(), request)
            .thenAccept(response -> requireNone(response.hasError(), response.getError()));
  }

  private CompletableFuture<?> transfer(Operation.TransferLeader transfer) {
    return transfer.from().equals(self)
        ? control.transferHere(transfer.group(), transfer.to())
        : peers
            .transferLeadership(
                transfer.from(),
                TransferLeadershipRequest.newBuilder()
                    .setShardId(transfer.group())
                    .setNodeId(transfer.to())
                    .build())
            .thenAccept(response -> requireNone(response.hasError(), response.getError()));
  }

  private static void requireNone(boolean failed, io.henge.api.v1.Error error) {
    if (failed) {
      throw new HengeException(ErrorCode.of(error.getCode()), error.getMessage());
    }
  }
}
