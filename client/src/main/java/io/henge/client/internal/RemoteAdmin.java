package io.henge.client.internal;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.CreateCollectionRequest;
import io.henge.api.v1.DropCollectionRequest;
import io.henge.api.v1.StatusRequest;
import io.henge.api.v1.TransferLeaderRequest;
import io.henge.client.Admin;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.router.ShardMap;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Collections and the state of the cluster, over the network. */
final class RemoteAdmin implements Admin {
  private final Core core;
  private final AdminCalls calls;

  RemoteAdmin(Core core) {
    this.core = core;
    this.calls = new AdminCalls(core);
  }

  @Override
  public CollectionInfo createCollection(String name, CollectionOptions options) {
    if (name.isBlank()) {
      throw HengeException.invalid("collection: a name is needed, found an empty one");
    }
    if (options.ttl().isNegative()) {
      throw HengeException.invalid(
          "ttl: zero (items stay) or more expected, found " + options.ttl());
    }
    CreateCollectionRequest.Builder create =
        CreateCollectionRequest.newBuilder()
            .setName(name)
            .setTtlMillis(options.ttl().toMillis())
            .setDivisible(options.divisible())
            .setIfAbsent(options.ifAbsent());
    CollectionOptions.Documents documents = options.documents();
    if (documents != null) {
      create
          .getDocumentsBuilder()
          .addAllShardPaths(documents.shardBy())
          .addAllIdPaths(documents.id())
          .setTtlPath(documents.expireAt());
    }
    CreateCollectionRequest request = create.build();
    CollectionRecord made =
        calls
            .ask(
                "create collection " + name,
                (address, millis) -> core.transport.createCollection(address, request, millis))
            .getCollection();
    CompletableFuture<Boolean> learned = new CompletableFuture<>();
    core.onLoop(
        () -> {
          core.routes.learn(made);
          learned.complete(true);
        });
    core.await(learned, ErrorCode.OUTCOME_UNKNOWN, "create collection " + name);
    return info(made);
  }

  @Override
  public void dropCollection(String name) {
    DropCollectionRequest request = DropCollectionRequest.newBuilder().setName(name).build();
    calls.ask(
        "drop collection " + name,
        (address, millis) -> core.transport.dropCollection(address, request, millis));
    refreshed();
  }

  @Override
  public List<CollectionInfo> collections() {
    return refreshed().collections().stream()
        .filter(collection -> !collection.getDropped())
        .sorted(Comparator.comparing(CollectionRecord::getName))
        .map(RemoteAdmin::info)
        .toList();
  }

  @Override
  public ClusterStatus status() {
    return StatusView.of(
        calls.ask(
            "cluster status",
            (address, millis) ->
                core.transport.status(address, StatusRequest.getDefaultInstance(), millis)));
  }

  @Override
  public void transferLeader(long shardId, String node) {
    TransferLeaderRequest request =
        TransferLeaderRequest.newBuilder().setShardId(shardId).setNode(node).build();
    calls.ask(
        "transfer of shard " + shardId + " to " + node,
        (address, millis) -> core.transport.transferLeader(address, request, millis));
  }

  private ShardMap refreshed() {
    return core.await(core.refresh(), ErrorCode.DEADLINE, "fetching the map");
  }

  private static CollectionInfo info(CollectionRecord record) {
    return new CollectionInfo(
        record.getId(),
        record.getName(),
        Duration.ofMillis(record.getTtlMillis()),
        record.getDivisible(),
        record.hasDocuments()
            ? new CollectionOptions.Documents(
                record.getDocuments().getShardPathsList(),
                record.getDocuments().getIdPathsList(),
                record.getDocuments().getTtlPath())
            : null);
  }
}
