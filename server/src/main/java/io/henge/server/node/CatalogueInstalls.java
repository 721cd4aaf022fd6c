package io.henge.server.node;

import io.henge.replication.ConsensusGroup;
import io.henge.replication.shard.ShardReplica;
import io.henge.replication.statemachine.CollectionInfo;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Tells shards that are led here of collections that they do not know yet. Thread-safe. */
final class CatalogueInstalls {
  /** A catalogue entry under way. */
  private record Install(long version, CompletableFuture<Void> done) {}

  private final Map<Long, Install> installs = new ConcurrentHashMap<>();

  /** Installs what a shard lacks, if it is led here and has begun. */
  void ensure(HostedShard shard, Catalogue catalogue) {
    ConsensusGroup group = shard.group();
    if (group == null || !group.isLeader() || shard.description() == null) {
      return;
    }
    for (CollectionInfo collection : catalogue.all()) {
      if (!shard.replica().knows(collection)) {
        install(shard.replica(), catalogue);
        return;
      }
    }
  }

  /** One entry for all who ask at the same time. */
  CompletableFuture<Void> install(ShardReplica replica, Catalogue catalogue) {
    long id = replica.description().shardId();
    CompletableFuture<Void> mine = new CompletableFuture<>();
    Install running =
        installs.compute(
            id,
            (key, old) ->
                old != null && old.version() >= catalogue.version() && !old.done().isDone()
                    ? old
                    : new Install(catalogue.version(), mine));
    if (running.done() != mine) {
      return running.done();
    }
    List<CollectionInfo> news =
        catalogue.all().stream().filter(collection -> !replica.knows(collection)).toList();
    if (news.isEmpty()) {
      mine.complete(null);
      return mine;
    }
    replica
        .installCatalogue(news)
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                mine.complete(null);
              } else {
                mine.completeExceptionally(Failures.known(failure));
              }
            });
    return mine;
  }
}
