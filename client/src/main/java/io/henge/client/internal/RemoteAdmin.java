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
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;

/** The cluster's control plane; asks one node after the other until one has an answer. */
final class RemoteAdmin implements Admin {
  private static final long ATTEMPT_MILLIS_MAX = 3_000;
  private static final long PAUSE_MILLIS_MIN = 20;
  private static final long PAUSE_MILLIS_MAX = 200;

  private final Core core;

  RemoteAdmin(Core core) {
    this.core = core;
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
    CreateCollectionRequest request =
        CreateCollectionRequest.newBuilder()
            .setName(name)
            .setTtlMillis(options.ttl().toMillis())
            .setDivisible(options.divisible())
            .setIfAbsent(options.ifAbsent())
            .build();
    CollectionRecord made =
        ask(
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
    ask(
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
        ask(
            "cluster status",
            (address, millis) ->
                core.transport.status(address, StatusRequest.getDefaultInstance(), millis)));
  }

  @Override
  public void transferLeader(long shardId, String node) {
    TransferLeaderRequest request =
        TransferLeaderRequest.newBuilder().setShardId(shardId).setNode(node).build();
    ask(
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
        record.getDivisible());
  }

  private <T> T ask(String what, BiFunction<String, Long, CompletableFuture<T>> rpc) {
    long start = core.loop.nanoTime();
    long timeoutMillis = core.options.timeout().toMillis();
    boolean ambiguous = false;
    for (int attempt = 0; ; attempt++) {
      long leftMillis = timeoutMillis - TimeUnit.NANOSECONDS.toMillis(core.loop.nanoTime() - start);
      try {
        return core.await(
            once(attempt, Math.max(1, Math.min(leftMillis, ATTEMPT_MILLIS_MAX)), rpc),
            ErrorCode.OUTCOME_UNKNOWN,
            what);
      } catch (HengeException e) {
        boolean again =
            e.code().retry() != ErrorCode.Retry.NEVER && !Thread.currentThread().isInterrupted();
        if (!again) {
          throw described(what, e, ambiguous);
        }
        ambiguous |= e.code().effect() == ErrorCode.Effect.UNKNOWN;
        long pause =
            Math.max(
                e.retryAfterMillis(),
                Math.min(PAUSE_MILLIS_MAX, PAUSE_MILLIS_MIN << Math.min(attempt, 10)));
        if (leftMillis <= pause) {
          throw new HengeException(
              ErrorCode.UNAVAILABLE,
              what
                  + ": no node could do it within "
                  + timeoutMillis
                  + " ms, "
                  + (attempt + 1)
                  + " attempts, last error "
                  + e.code()
                  + ": "
                  + e.getMessage(),
              e);
        }
        sleep(pause, what);
      }
    }
  }

  private <T> CompletableFuture<T> once(
      int attempt, long millis, BiFunction<String, Long, CompletableFuture<T>> rpc) {
    CompletableFuture<T> result = new CompletableFuture<>();
    core.onLoop(
        () -> {
          List<String> addresses = core.routes.addresses();
          rpc.apply(addresses.get(attempt % addresses.size()), millis)
              .whenComplete(
                  (answer, failure) -> {
                    if (failure != null) {
                      result.completeExceptionally(failure);
                    } else {
                      result.complete(answer);
                    }
                  });
        });
    return result;
  }

  private static HengeException described(String what, HengeException e, boolean ambiguous) {
    boolean ours =
        ambiguous && (e.code() == ErrorCode.ALREADY_EXISTS || e.code() == ErrorCode.NOT_FOUND);
    String remark =
        ours ? " (an earlier attempt of this call, whose answer was lost, may have done it)" : "";
    return new HengeException(
        e.code(), what + ": " + e.getMessage() + remark, e.retryAfterMillis(), e.getCause());
  }

  private static void sleep(long millis, String what) {
    try {
      Thread.sleep(millis / 2 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HengeException(
          ErrorCode.OUTCOME_UNKNOWN, what + ": the thread was interrupted while it waited", e);
    }
  }
}
