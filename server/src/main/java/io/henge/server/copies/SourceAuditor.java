package io.henge.server.copies;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.replication.statemachine.ShardDescription;
import io.henge.replication.statemachine.ShardState;
import io.henge.replication.statemachine.SourceAudit;
import io.henge.replication.statemachine.SourceKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Reads what sources in a shard that is led here say, linearizably, for whoever compares copies.
 */
final class SourceAuditor {
  private final CopyClock clock;

  SourceAuditor(CopyClock clock) {
    this.clock = clock;
  }

  /**
   * What the shard says of sources. Fails with WRONG_SHARD if one is not in the shard,
   * STALE_CATALOGUE if it does not know a rule, or as a read does.
   */
  CompletableFuture<List<SourceAudit>> audit(LedShard shard, List<SourceKey> sources) {
    CompletableFuture<List<SourceAudit>> found = new CompletableFuture<>();
    shard
        .confirmed()
        .whenComplete(
            (index, failure) -> {
              if (failure != null) {
                found.completeExceptionally(failure);
              } else {
                clock.execute(() -> serve(shard, sources, found));
              }
            });
    return found;
  }

  private static void serve(
      LedShard shard, List<SourceKey> sources, CompletableFuture<List<SourceAudit>> found) {
    try {
      found.complete(now(shard, sources));
    } catch (RuntimeException e) {
      found.completeExceptionally(e);
    }
  }

  private static List<SourceAudit> now(LedShard shard, List<SourceKey> sources) {
    // Before the view: of what is not there, it is true that it was not at this version.
    ShardState state = shard.state();
    ShardDescription range = state.shard();
    if (range == null || !sources.stream().allMatch(source -> range.contains(source.key()))) {
      throw wrong(shard);
    }
    List<SourceAudit> says =
        shard.read(
            view -> sources.stream().map(source -> SourceAudit.read(view, state, source)).toList());
    ShardState after = shard.state();
    ShardDescription now = after.shard();
    if (now == null || now.epoch() != range.epoch() || after.reshaping().isSealed()) {
      throw wrong(shard);
    }
    return says;
  }

  private static HengeException wrong(LedShard shard) {
    return new HengeException(
        ErrorCode.WRONG_SHARD, "the source is not in the range of shard " + shard.id());
  }
}
