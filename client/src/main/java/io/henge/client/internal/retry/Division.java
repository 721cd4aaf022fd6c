package io.henge.client.internal.retry;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.SessionToken;
import io.henge.api.v1.Found;
import io.henge.api.v1.ReadRequest;
import io.henge.api.v1.ReadResponse;
import io.henge.api.v1.Response;
import io.henge.client.internal.routing.Routes;
import io.henge.router.Shard;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Divides a read of several items where a shard's boundary does, and puts the answers together.
 * Each part is a call of its own, which may be divided again. They share the time of the whole, and
 * the first failure is that of the whole. Belongs to the loop.
 *
 * <p>Writes are never divided: they take effect as a whole, in one shard.
 */
final class Division {
  private final Dispatcher dispatcher;
  private final Routes routes;

  Division(Dispatcher dispatcher, Routes routes) {
    this.dispatcher = dispatcher;
    this.routes = routes;
  }

  /** Items of one read that lie in one shard: their places in the request. */
  private record Group(@Nullable Shard shard, List<Integer> items) {}

  /** Divides a call if it has to be; then it needs no attempt of its own. */
  boolean divide(Call call) {
    if (call.place.others().isEmpty() || !isDivided(call)) {
      return false;
    }
    List<byte[]> keys = new ArrayList<>();
    keys.add(call.place.key());
    keys.addAll(call.place.others());
    Map<Long, Group> groups = new LinkedHashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      Shard shard = routes.find(keys.get(i));
      groups
          .computeIfAbsent(
              shard == null ? 0 : shard.id(), id -> new Group(shard, new ArrayList<>()))
          .items()
          .add(i);
    }
    if (groups.size() == 1) {
      // Pieces of one older shard: whoever is asked says what has become of it.
      return false;
    }
    dispatcher.withdraw(call);
    Whole whole = new Whole(call, keys.size(), groups.size());
    List<Call> parts = groups.values().stream().map(group -> part(call, keys, group)).toList();
    int index = 0;
    for (Group group : groups.values()) {
      Call part = parts.get(index++);
      part.answer().whenComplete((answer, failure) -> whole.done(part, group, answer, failure));
    }
    call.step("the items lie in " + parts.size() + " shards: asking each");
    parts.forEach(dispatcher::begin);
    return true;
  }

  private boolean isDivided(Call call) {
    Shard first = routes.find(call.place.key());
    for (byte[] key : call.place.others()) {
      if (!Objects.equals(routes.find(key), first)) {
        return true;
      }
    }
    return false;
  }

  private static Call part(Call whole, List<byte[]> keys, Group group) {
    ReadRequest read = whole.template.getRead();
    ReadRequest.Builder items = read.toBuilder().clearItems();
    List<byte[]> own = new ArrayList<>(group.items().size());
    for (int item : group.items()) {
      items.addItems(read.getItems(item));
      own.add(keys.get(item));
    }
    Call part =
        new Call(
            whole.template.toBuilder().setRead(items).build(),
            new Call.Place(own.get(0), false, List.copyOf(own.subList(1, own.size()))),
            whole.kind,
            whole.timeoutMillis,
            whole.what,
            whole.isExplained());
    part.admitted = false;
    part.startNanos = whole.startNanos;
    return part;
  }

  /** The answers so far. */
  private final class Whole {
    private final Call call;
    private final Found[] found;
    private SessionToken seen = SessionToken.EMPTY;
    private long shardVersion;
    private long shardTimeMillis;
    private int open;

    Whole(Call call, int items, int parts) {
      this.call = call;
      this.found = new Found[items];
      this.open = parts;
    }

    void done(Call part, Group group, @Nullable Response answer, @Nullable Throwable failure) {
      if (call.answer().isDone()) {
        return;
      }
      if (answer == null) {
        dispatcher.fail(
            call,
            failure instanceof HengeException known
                ? known
                : new HengeException(ErrorCode.INTERNAL, call.what() + ": " + failure, failure));
        return;
      }
      ReadResponse read = answer.getRead();
      for (int i = 0; i < group.items().size(); i++) {
        found[group.items().get(i)] = read.getFound(i);
      }
      seen = seen.with(part.seen(read.getShardVersion()));
      shardVersion = Math.max(shardVersion, read.getShardVersion());
      shardTimeMillis = Math.max(shardTimeMillis, read.getShardTimeMillis());
      if (--open == 0) {
        dispatcher.finish(call);
        call.seenByParts(seen);
        call.answer()
            .complete(
                Response.newBuilder()
                    .setRead(
                        ReadResponse.newBuilder()
                            .addAllFound(Arrays.asList(found))
                            .setShardVersion(shardVersion)
                            .setShardTimeMillis(shardTimeMillis))
                    .build());
      }
    }
  }
}
