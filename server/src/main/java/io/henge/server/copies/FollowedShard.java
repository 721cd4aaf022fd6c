package io.henge.server.copies;

import io.henge.engine.ReadView;
import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.ShardState;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** A shard that is led here, as the workers of copies see it. Thread-safe. */
public interface FollowedShard {
  long id();

  /** As of the last entry applied here. */
  ShardState state();

  /** Reads one view of the rows. May wait for the disk. */
  <T> T read(Function<ReadView, T> reader);

  /** Proposes commands, all of one kind; fails if this replica does not lead. */
  CompletableFuture<List<FollowOutcome>> follow(List<FollowCommand> commands);
}
