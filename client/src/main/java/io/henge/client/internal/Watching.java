package io.henge.client.internal;

import io.henge.api.changes.ChangePart;
import io.henge.api.changes.ChangeToken;
import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.api.v1.Change;
import io.henge.api.v1.ChangesRequest;
import io.henge.api.v1.ChangesResponse;
import io.henge.client.DocumentChange;
import io.henge.client.Item;
import io.henge.client.Stored;
import io.henge.client.WatchOptions;
import io.henge.router.Shard;
import io.henge.router.watch.ChangeBatch;
import io.henge.router.watch.RingWatch;
import io.henge.router.watch.Shards;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What watches have in common: how shards are asked, and what is made of their answers. */
final class Watching<T> {
  /** A leader that is gone without a word is noticed so much later. */
  private static final int WAIT_MILLIS = 3_000;

  private static final long ATTEMPTS_MILLIS = 20_000;

  private final Core core;
  private final Requests requests;
  private final String collection;
  private final WatchOptions options;
  private final Function<Item, Stored<T>> reader;
  private final byte[] start;
  private final byte[] end;

  Watching(
      Core core,
      Requests requests,
      String collection,
      WatchOptions options,
      Function<Item, Stored<T>> reader) {
    this.core = core;
    this.requests = requests;
    this.collection = collection;
    this.options = options;
    this.reader = reader;
    Key key = options.shardingKey();
    if (key == null) {
      start = new byte[0];
      end = new byte[0];
    } else {
      core.limits.shardingKey(key);
      start = PhysicalKey.itemCollection(key);
      end = PhysicalKey.endOfPrefix(start);
    }
  }

  /** The token to begin with; null if the watch has to find out where it is. */
  @Nullable ChangeToken first() {
    ChangeToken given = options.token();
    return switch (options.from()) {
      case NOW -> null;
      case START -> ChangeToken.of(List.of(ChangePart.scan(start, end)));
      case TOKEN -> {
        if (given == null || !given.parts().stream().allMatch(this::isWatched)) {
          throw HengeException.invalid(
              given == null
                  ? "token: the token of an earlier watch expected, found none"
                  : "token: it is of a watch of something else; use it with the sharding key, or"
                      + " without one, that it came from");
        }
        yield given;
      }
    };
  }

  private boolean isWatched(ChangePart part) {
    boolean endsInside =
        end.length == 0 || (part.end().length != 0 && Arrays.compareUnsigned(part.end(), end) <= 0);
    return endsInside && Arrays.compareUnsigned(part.start(), start) >= 0;
  }

  /**
   * Makes the watch; to be started.
   *
   * @param ready told on any thread when there is something to take
   */
  RingWatch open(Runnable ready) {
    ChangeToken token = first();
    ClientShards shards = new ClientShards();
    RingWatch watch =
        token == null
            ? RingWatch.fromNow(start, end, shards, WAIT_MILLIS, ready)
            : RingWatch.from(token, shards, WAIT_MILLIS, ready);
    shards.watch = watch;
    return watch;
  }

  List<DocumentChange<T>> read(ChangeBatch batch) {
    return batch.changes().stream().map(this::read).toList();
  }

  DocumentChange<T> read(Change change) {
    Key shardingKey = Messages.key(change.getShardingKey());
    return new DocumentChange<>(
        switch (change.getKind()) {
          case CHANGE_KIND_PUT -> DocumentChange.Kind.PUT;
          case CHANGE_KIND_DELETE -> DocumentChange.Kind.DELETE;
          case CHANGE_KIND_EXPIRE -> DocumentChange.Kind.EXPIRE;
          case CHANGE_KIND_PRESENT -> DocumentChange.Kind.PRESENT;
          case CHANGE_KIND_UNSPECIFIED, UNRECOGNIZED ->
              throw new HengeException(
                  ErrorCode.INTERNAL,
                  "a change of kind " + change.getKindValue() + ": use a newer client");
        },
        change.getVersion(),
        shardingKey,
        change.hasSortKey() ? Messages.key(change.getSortKey()) : Key.EMPTY,
        change.hasAfter() ? stored(shardingKey, change.getAfter()) : Optional.empty(),
        change.hasBefore() ? stored(shardingKey, change.getBefore()) : Optional.empty());
  }

  private Optional<Stored<T>> stored(Key shardingKey, io.henge.api.v1.Item item) {
    Key id = item.hasSortKey() ? Messages.key(item.getSortKey()) : Key.EMPTY;
    return Optional.of(reader.apply(Messages.item(shardingKey, id, item)));
  }

  private final class ClientShards implements Shards {
    private volatile @Nullable RingWatch watch;

    @Override
    public void ask(
        ChangesRequest request, BiConsumer<@Nullable ChangesResponse, @Nullable Throwable> answer) {
      core.callAsync(
              map ->
                  requests.changes(
                      map,
                      collection,
                      request.toBuilder()
                          .setFilter(options.filter() == null ? "" : options.filter().toString()),
                      ATTEMPTS_MILLIS),
              (call, response) -> response.getChanges())
          .whenComplete(answer);
    }

    @Override
    public byte @Nullable [] endOfShard(byte[] key) {
      Shard shard = core.routes.map().shardFor(key);
      return shard == null ? null : shard.end();
    }

    @Override
    public void later(Runnable task, long millis) {
      RingWatch mine = watch;
      try {
        if (!core.isClosed()) {
          core.loop.schedule(task, millis);
          return;
        }
      } catch (RejectedExecutionException e) {
        // It has been closed just now.
      }
      if (mine != null) {
        mine.fail(new HengeException(ErrorCode.UNAVAILABLE, "the client is closed"));
      }
    }
  }
}
