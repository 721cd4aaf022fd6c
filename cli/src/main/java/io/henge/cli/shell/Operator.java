package io.henge.cli.shell;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.cli.output.Answer;
import io.henge.cli.output.Json;
import io.henge.cli.output.LevelAnswers;
import io.henge.cli.output.OperationAnswers;
import io.henge.client.ClusterStatus;
import io.henge.client.FeatureLevels;
import io.henge.client.HengeClient;
import io.henge.client.Operations;
import io.henge.client.Operations.Operation;
import java.util.Optional;
import java.util.function.Consumer;

/** Does the statements of operators: what changes the shape of a cluster. */
public final class Operator {
  private static final long POLL_MILLIS = 200;

  private final HengeClient client;
  private final Consumer<String> progress;

  /**
   * An operator.
   *
   * @param progress gets a line for people whenever something has happened while it waits
   */
  public Operator(HengeClient client, Consumer<String> progress) {
    this.client = client;
    this.progress = progress;
  }

  /**
   * Does one statement, if it is one of an operator's.
   *
   * @throws HengeException if it failed, or if the operation that was waited for has
   */
  public Optional<Answer> execute(Statement statement) {
    Operations operations = client.operations();
    if (statement instanceof Statement.Split split) {
      return Optional.of(
          begun(
              split.at() == null
                  ? operations.split(split.shardId())
                  : operations.splitAt(split.shardId(), split.at()),
              split.awaited()));
    } else if (statement instanceof Statement.Merge merge) {
      return Optional.of(begun(operations.merge(merge.shardId()), merge.awaited()));
    } else if (statement instanceof Statement.Move move) {
      return Optional.of(
          begun(operations.move(move.shardId(), move.from(), move.to()), move.awaited()));
    } else if (statement instanceof Statement.Drain drain) {
      return Optional.of(begun(operations.drain(drain.node()), drain.awaited()));
    } else if (statement instanceof Statement.Remove remove) {
      return Optional.of(begun(operations.remove(remove.node(), remove.dead()), remove.awaited()));
    } else if (statement instanceof Statement.Transfer transfer) {
      return Optional.of(transferred(transfer));
    } else if (statement instanceof Statement.ListOperations list) {
      return Optional.of(OperationAnswers.list(status(), operations.list(list.all()), list.all()));
    } else if (statement instanceof Statement.Control control) {
      return Optional.of(controlled(control));
    } else if (statement instanceof Statement.ExplainShard explain) {
      return Optional.of(
          OperationAnswers.explained(
              explain.shardId(), operations.explainShard(explain.shardId())));
    } else if (statement instanceof Statement.Upgrade upgrade) {
      return Optional.of(upgraded(upgrade));
    } else if (statement instanceof Statement.Set set) {
      operations.set(set.setting(), set.value());
      return Optional.of(settings());
    } else if (statement.verb() == Verb.PLAN) {
      return Optional.of(OperationAnswers.plan(operations.plan()));
    } else if (statement.verb() == Verb.SETTINGS) {
      return Optional.of(settings());
    }
    return Optional.empty();
  }

  private Answer settings() {
    return OperationAnswers.settings(client.operations().settings());
  }

  private ClusterStatus status() {
    return client.admin().status();
  }

  private Answer upgraded(Statement.Upgrade upgrade) {
    FeatureLevels before = client.admin().featureLevels();
    int wanted = upgrade.level() == 0 ? before.possible() : upgrade.level();
    if (upgrade.dryRun()) {
      return LevelAnswers.plan(before, wanted);
    }
    return LevelAnswers.raised(before, client.admin().raiseFeatureLevel(wanted));
  }

  private Answer transferred(Statement.Transfer transfer) {
    client.admin().transferLeader(transfer.shardId(), transfer.to());
    return new Answer(
        "node " + transfer.to() + " leads shard " + transfer.shardId(),
        Json.object("shard", transfer.shardId(), "leader", transfer.to()));
  }

  private Answer controlled(Statement.Control control) {
    Operations operations = client.operations();
    Operation now =
        switch (control.verb()) {
          case PAUSE -> operations.pause(control.operationId());
          case RESUME -> operations.resume(control.operationId());
          case CANCEL -> operations.cancel(control.operationId());
          default -> throw new IllegalArgumentException(control.verb().word());
        };
    return OperationAnswers.one(status(), now);
  }

  private Answer begun(Operation operation, boolean wait) {
    Operation now = operation;
    String told = "";
    while (wait && !now.state().isEnded()) {
      String line = OperationAnswers.line(status(), now);
      if (!line.equals(told)) {
        progress.accept(line);
        told = line;
      }
      pause();
      now = client.operations().get(operation.id());
    }
    if (now.state() == Operations.State.FAILED || now.state() == Operations.State.CANCELLED) {
      throw new HengeException(ErrorCode.CONDITION_FAILED, OperationAnswers.line(status(), now));
    }
    return OperationAnswers.one(status(), now);
  }

  private static void pause() {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HengeException(
          ErrorCode.OUTCOME_UNKNOWN, "interrupted; the operation goes on in the cluster", e);
    }
  }
}
