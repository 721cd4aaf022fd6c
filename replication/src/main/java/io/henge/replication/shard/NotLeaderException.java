package io.henge.replication.shard;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import org.jspecify.annotations.Nullable;

/** NOT_LEADER, with the leader if it is known. */
public final class NotLeaderException extends HengeException {
  private static final long serialVersionUID = 1L;

  private final @Nullable String leader;

  public NotLeaderException(String message, @Nullable String leader) {
    super(ErrorCode.NOT_LEADER, message);
    this.leader = leader;
  }

  /** Node id of the leader, if it is known. */
  public @Nullable String leader() {
    return leader;
  }
}
