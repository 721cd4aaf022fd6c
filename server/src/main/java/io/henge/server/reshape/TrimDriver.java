package io.henge.server.reshape;

import io.henge.api.internal.v1.TrimShardRequest;
import io.henge.api.internal.v1.TrimShardResponse;
import io.henge.replication.statemachine.ReshapeCommand;
import io.henge.server.node.LocalShard;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes what a split or a merge has left out of range, a little at a time. Blocks. */
final class TrimDriver {
  private static final Logger LOG = LoggerFactory.getLogger(TrimDriver.class);

  /** Between two entries, each of which may delete a thousand rows. */
  private static final long PAUSE_MILLIS = 5;

  private TrimDriver() {}

  static TrimShardResponse trim(LocalShard shard, TrimShardRequest request) {
    SplitDriver.requireLeading(shard);
    List<Long> children = request.getChildIdsList();
    Waiting.step(shard.replica(), new ReshapeCommand.Trim(children));
    int steps = 1;
    while (shard.machine().state().reshaping().untrimmed() != null) {
      Waiting.pause(PAUSE_MILLIS);
      Waiting.step(shard.replica(), new ReshapeCommand.Trim(List.of()));
      steps++;
    }
    LOG.info("shard {} is trimmed, in {} steps; children {}", shard.id(), steps, children);
    return TrimShardResponse.getDefaultInstance();
  }
}
