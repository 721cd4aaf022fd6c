package io.henge.server.copies;

import io.henge.replication.statemachine.SourceAudit;
import io.henge.replication.statemachine.SourceKey;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Asks sources what they say, in their own shards. Thread-safe; nothing blocks. */
@FunctionalInterface
public interface SourceAudits {
  /**
   * Asks sources of one shard, linearizably.
   *
   * @return one for each, in order. Fails if it cannot be found out just now
   */
  CompletableFuture<List<SourceAudit>> audit(List<SourceKey> sources);
}
