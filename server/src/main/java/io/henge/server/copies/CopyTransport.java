package io.henge.server.copies;

import io.henge.replication.statemachine.FollowCommand;
import io.henge.replication.statemachine.FollowOutcome;
import io.henge.replication.statemachine.RingRange;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Brings commands to the shards that they are for. Thread-safe; nothing blocks. */
public interface CopyTransport {
  /**
   * Has commands, all of one kind, applied by the shard that holds a position of the ring.
   *
   * @return one outcome for each, in order. Fails with a {@link io.henge.api.error.HengeException}:
   *     they may have been applied or not
   */
  CompletableFuture<List<FollowOutcome>> send(byte[] position, List<FollowCommand> commands);

  /** What commands for the same shard have in common, as far as is known here. */
  long shardOf(byte[] position);

  /** A range in parts of one shard each, as far as is known here. */
  List<RingRange> divide(RingRange range);
}
