package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.CopyWork;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.RingRange;
import io.henge.replication.statemachine.ShardDescription;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the range of one shard at the sources that its documents follow. Remembers nothing that
 * matters: whatever is not done is in the shard's OUTBOX rows. Thread-safe.
 */
final class Registrar {
  private static final Logger LOG = LoggerFactory.getLogger(Registrar.class);

  /** Most commands of an entry. */
  static final int BATCH = 64;

  /** Sources that are being registered at, at the same time. */
  static final int UNDER_WAY_MAX = 256;

  private static final byte[] START = new byte[0];

  private final FollowedShard shard;
  private final CopyTransport transport;
  private final Runnable more;
  private final Rounds<CopyWork.Outgoing> rounds;

  /**
   * @param more told when it pays to look again
   */
  Registrar(FollowedShard shard, CopyTransport transport, CopyClock clock, Runnable more) {
    this.shard = shard;
    this.transport = transport;
    this.more = more;
    this.rounds = new Rounds<>(UNDER_WAY_MAX, UNDER_WAY_MAX, clock);
  }

  /** Nothing new is begun, and nothing proposed any more. */
  void close() {
    rounds.close();
  }

  /**
   * Begins with what waits. May wait for the disk; one call at a time.
   *
   * @return whether there is anything, be it under way
   */
  boolean look() {
    ShardDescription description = shard.state().shard();
    if (description == null) {
      return false;
    }
    Rounds.Round<CopyWork.Outgoing> round =
        rounds.begin(from -> shard.read(view -> CopyWork.outgoing(view, from, UNDER_WAY_MAX)));
    Map<Long, List<CopyWork.Outgoing>> byShard = new LinkedHashMap<>();
    for (CopyWork.Outgoing row : round.begun()) {
      byShard
          .computeIfAbsent(transport.shardOf(row.source().key()), any -> new ArrayList<>())
          .add(row);
    }
    for (List<CopyWork.Outgoing> rows : byShard.values()) {
      for (int i = 0; i < rows.size(); i += BATCH) {
        register(rows.subList(i, Math.min(rows.size(), i + BATCH)), description);
      }
    }
    return round.any();
  }

  private void register(List<CopyWork.Outgoing> rows, ShardDescription description) {
    RingRange range = RingRange.of(description);
    List<FollowCommand> watches = new ArrayList<>();
    for (CopyWork.Outgoing row : rows) {
      watches.add(new FollowCommand.Watch(row.source(), range));
    }
    transport
        .send(rows.get(0).source().key(), watches)
        .thenCompose(outcomes -> watched(rows, description, outcomes))
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                LOG.debug(
                    "shard {} is not registered at {} sources yet: {}",
                    shard.id(),
                    rows.size(),
                    failure.toString());
              }
              ended(rows, done == null ? List.of() : done);
            });
  }

  /** The rows that are done. */
  private CompletableFuture<List<CopyWork.Outgoing>> watched(
      List<CopyWork.Outgoing> rows, ShardDescription description, List<FollowOutcome> outcomes) {
    RingRange range = RingRange.of(description);
    List<CopyWork.Outgoing> done = new ArrayList<>();
    List<FollowCommand> learn = new ArrayList<>();
    List<FollowCommand> registered = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      CopyWork.Outgoing row = rows.get(i);
      FollowOutcome outcome = outcomes.get(i);
      if (outcome.code() != null) {
        continue;
      }
      done.add(row);
      learn.add(new FollowCommand.Learn(row.source(), outcome.version(), outcome.fields(), START));
      registered.add(
          new FollowCommand.Registered(row.source(), range, outcome.version(), row.made()));
    }
    return learn.isEmpty()
        ? CompletableFuture.completedFuture(done)
        : learn(learn)
            .thenCompose(learned -> registered(description, registered))
            .thenApply(outcome -> done);
  }

  /**
   * Notes that the shard is registered, if it is still the one that was. A shard that has been cut
   * and joined again meanwhile has the same range and may have the same row, but the part that was
   * another shard may have been forgotten at the source.
   */
  private CompletableFuture<List<FollowOutcome>> registered(
      ShardDescription description, List<FollowCommand> registered) {
    ShardDescription now = shard.state().shard();
    return now != null && now.epoch() == description.epoch()
        ? propose(registered)
        : CompletableFuture.failedFuture(
            new HengeException(
                ErrorCode.WRONG_SHARD, "the shard's range has changed: to be registered anew"));
  }

  /** Until every holder has what it is to learn. */
  private CompletableFuture<Void> learn(List<FollowCommand> commands) {
    return propose(commands)
        .thenCompose(
            outcomes -> {
              List<FollowCommand> rest = new ArrayList<>();
              for (int i = 0; i < commands.size(); i++) {
                byte[] next = outcomes.get(i).next();
                if (next != null) {
                  FollowCommand.Learn learn = (FollowCommand.Learn) commands.get(i);
                  rest.add(
                      new FollowCommand.Learn(
                          learn.source(), learn.version(), learn.fields(), next));
                }
              }
              return rest.isEmpty() ? CompletableFuture.completedFuture(null) : learn(rest);
            });
  }

  private CompletableFuture<List<FollowOutcome>> propose(List<FollowCommand> commands) {
    if (rounds.isClosed()) {
      return CompletableFuture.failedFuture(new IllegalStateException("the worker has ended"));
    }
    return shard
        .follow(commands)
        .thenApply(
            outcomes -> {
              for (FollowOutcome outcome : outcomes) {
                if (outcome.code() != null) {
                  throw new HengeException(outcome.code(), outcome.message());
                }
              }
              return outcomes;
            });
  }

  private void ended(List<CopyWork.Outgoing> rows, List<CopyWork.Outgoing> done) {
    for (CopyWork.Outgoing row : rows) {
      if (contains(done, row)) {
        rounds.succeeded(row);
      } else {
        rounds.failed(row);
      }
    }
    more.run();
  }

  @SuppressWarnings("ReferenceEquality") // the same rows, some of them
  private static boolean contains(List<CopyWork.Outgoing> rows, CopyWork.@Nullable Outgoing row) {
    for (CopyWork.Outgoing one : rows) {
      if (one == row) {
        return true;
      }
    }
    return false;
  }
}
