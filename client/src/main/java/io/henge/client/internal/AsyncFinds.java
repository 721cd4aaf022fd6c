package io.henge.client.internal;

import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.v1.FindRequest;
import io.henge.api.v1.FindResponse;
import io.henge.api.v1.FoundItem;
import io.henge.client.FindAllOptions;
import io.henge.client.FindExplanation;
import io.henge.client.FindListener;
import io.henge.client.FindOptions;
import io.henge.client.FindPage;
import io.henge.client.ReadOptions;
import io.henge.client.Stored;
import io.henge.document.find.Totals;
import io.henge.router.Shard;
import io.henge.router.scan.RingScan;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Finds without blocking. What is refused at once fails the future, too. */
final class AsyncFinds {
  private final Finds finds;

  AsyncFinds(Finds finds) {
    this.finds = finds;
  }

  /** One page of a find within a sharding key. */
  <T> CompletableFuture<FindPage<T>> page(
      String collection,
      Key shardingKey,
      FindOptions find,
      ReadOptions options,
      Function<FoundItem, Stored<T>> reader) {
    return firstPage(collection, shardingKey, find, options)
        .thenApply(found -> Finds.page(found, reader));
  }

  /** The same, as it came. */
  CompletableFuture<FindResponse> firstPage(
      @Nullable String collection, Key shardingKey, FindOptions find, ReadOptions options) {
    return checked(
        () -> {
          Finds.requireSizes(find);
          return finds.askAsync(collection, shardingKey, Finds.request(shardingKey, find), options);
        });
  }

  CompletableFuture<FindExplanation> explain(
      String collection, Key shardingKey, FindOptions find, ReadOptions options) {
    return checked(
        () -> {
          Finds.requireSizes(find);
          FindRequest.Builder request = Finds.request(shardingKey, find).setExplain(true);
          return finds
              .askAsync(collection, shardingKey, request, options)
              .thenApply(Finds::explanation);
        });
  }

  CompletableFuture<Map<Long, FindExplanation>> explainOnAllShards(
      String collection, FindOptions find, ReadOptions options) {
    return checked(
        () -> {
          Finds.requireSizes(find);
          Finds.requireNoSort(find);
          return explain(
              collection, find, options, finds.shards().iterator(), new LinkedHashMap<>());
        });
  }

  private CompletableFuture<Map<Long, FindExplanation>> explain(
      String collection,
      FindOptions find,
      ReadOptions options,
      Iterator<Shard> shards,
      Map<Long, FindExplanation> explained) {
    if (!shards.hasNext()) {
      return CompletableFuture.completedFuture(explained);
    }
    Shard shard = shards.next();
    return finds
        .askAsync(collection, null, Finds.explainedOn(shard, find), options)
        .thenCompose(
            page -> {
              explained.put(shard.id(), Finds.explanation(page));
              return explain(collection, find, options, shards, explained);
            });
  }

  /** Figures of one sharding key. */
  CompletableFuture<Totals> totals(
      String collection, Key shardingKey, String path, FindOptions find, ReadOptions options) {
    return checked(
        () ->
            totals(
                collection,
                shardingKey,
                Finds.figures(shardingKey, path, find),
                options,
                new Totals()));
  }

  private CompletableFuture<Totals> totals(
      String collection,
      Key shardingKey,
      FindRequest.Builder request,
      ReadOptions options,
      Totals totals) {
    return finds
        .askAsync(collection, shardingKey, request, options)
        .thenCompose(
            page -> {
              Finds.add(totals, page);
              return page.getCursor().isEmpty()
                  ? CompletableFuture.completedFuture(totals)
                  : totals(
                      collection,
                      shardingKey,
                      request.setCursor(page.getCursor()),
                      options,
                      totals);
            });
  }

  /** Figures over all shards. */
  CompletableFuture<Totals> totalsOnAllShards(
      String collection, String path, FindOptions find, ReadOptions options) {
    return checked(
        () -> {
          Totals totals = new Totals();
          FindRequest.Builder request = Finds.figures(null, path, find);
          return new ListenedScan(
                  news ->
                      finds.scan(collection, request, FindAllOptions.DEFAULT.reads(options), news),
                  page -> {
                    Finds.add(totals, page.found());
                    return ListenedScan.GO_ON;
                  })
              .begin()
              .thenApply(done -> totals);
        });
  }

  /** What a find over the ring finds. */
  <T> CompletableFuture<Void> findAll(
      String collection,
      FindOptions find,
      FindAllOptions options,
      Function<FoundItem, Stored<T>> reader,
      FindListener<T> listener) {
    return checked(
        () -> {
          Finds.requireRing(find);
          FindRequest.Builder request = Finds.request(null, find);
          Giver<T> giver = new Giver<>(find.limit(), options, reader, listener);
          return new ListenedScan(news -> finds.scan(collection, request, options, news), giver)
              .begin();
        });
  }

  private static <T> CompletableFuture<T> checked(Supplier<CompletableFuture<T>> work) {
    try {
      return work.get();
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Gives documents to a listener, as many as are asked for. */
  private static final class Giver<T> implements ListenedScan.Taker {
    private final FindAllOptions options;
    private final Function<FoundItem, Stored<T>> reader;
    private final FindListener<T> listener;
    private long left;

    Giver(
        int limit,
        FindAllOptions options,
        Function<FoundItem, Stored<T>> reader,
        FindListener<T> listener) {
      this.options = options;
      this.reader = reader;
      this.listener = listener;
      this.left = limit == 0 ? Long.MAX_VALUE : limit;
    }

    @Override
    public CompletionStage<Boolean> take(RingScan.Page page) {
      options.progress().accept(page.done());
      List<Stored<T>> documents =
          page.found().getItemsList().stream().limit(left).map(reader).toList();
      left -= documents.size();
      return documents.isEmpty()
          ? ListenedScan.GO_ON
          : listener.found(documents, page.cursor()).thenApply(done -> left > 0);
    }
  }
}
