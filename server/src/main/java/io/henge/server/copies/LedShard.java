package io.henge.server.copies;

import io.henge.engine.ReadView;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ShardState;
import io.henge.server.node.LocalShard;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A replica on this node that leads. */
final class LedShard implements FollowedShard {
  private static final long CONFIRM_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final LocalShard shard;
  private final ShardReplica replica;

  /** In one term, so that what was begun in another one is not gone on with. */
  private final long term;

  LedShard(LocalShard shard) {
    this.shard = shard;
    this.replica = shard.replica();
    this.term = replica.group().term();
  }

  /** Whether it still leads, in the term in which it was found. */
  boolean isLeading() {
    return replica.group().isLeader() && replica.group().term() == term;
  }

  ShardReplica replica() {
    return replica;
  }

  @Override
  public long id() {
    return shard.id();
  }

  @Override
  public ShardState state() {
    return replica.state();
  }

  /**
   * Completes when what {@link #read} shows has everything that was applied anywhere before this
   * was asked; fails if this replica does not lead.
   */
  CompletableFuture<Long> confirmed() {
    return replica.readIndex(System.nanoTime() + CONFIRM_NANOS);
  }

  @Override
  public <T> T read(Function<ReadView, T> reader) {
    try (ReadView view = shard.store().snapshot()) {
      return reader.apply(view);
    }
  }

  @Override
  public CompletableFuture<List<FollowOutcome>> follow(List<FollowCommand> commands) {
    return replica.follow(commands);
  }
}
