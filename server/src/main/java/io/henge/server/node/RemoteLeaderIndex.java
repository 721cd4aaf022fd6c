package io.henge.server.node;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.internal.v1.ReadIndexRequest;
import io.henge.replication.GroupId;
import io.henge.replication.shard.LeaderIndex;
import java.util.concurrent.CompletableFuture;

/** Asks leaders on other nodes how far they are. */
record RemoteLeaderIndex(Peers peers) implements LeaderIndex {
  @Override
  public CompletableFuture<Long> ask(GroupId group, String leader, long deadlineNanos) {
    return peers
        .readIndex(leader, ReadIndexRequest.newBuilder().setShardId(group.shard()).build())
        .thenApply(
            answer -> {
              if (answer.hasError()) {
                throw new HengeException(
                    ErrorCode.of(answer.getError().getCode()), answer.getError().getMessage());
              }
              return answer.getIndex();
            });
  }
}
