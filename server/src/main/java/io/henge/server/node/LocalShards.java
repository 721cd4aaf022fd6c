package io.henge.server.node;

import io.henge.api.error.HengeException;
import org.jspecify.annotations.Nullable;

/** The replicas on this node, from within. Thread-safe; nothing blocks. */
public interface LocalShards {
  /**
   * A replica that must be here.
   *
   * @throws HengeException NOT_LEADER if it is not
   */
  LocalShard here(long shardId);

  /** The range of a shard here has changed: requests should know at once. */
  void rangeChanged();

  /** A replica that runs here; null if there is none. */
  @Nullable LocalShard find(long shardId);
}
