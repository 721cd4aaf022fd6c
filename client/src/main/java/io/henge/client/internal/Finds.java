package io.henge.client.internal;

import com.google.protobuf.ByteString;
import io.henge.api.error.HengeException;
import io.henge.api.key.Key;
import io.henge.api.key.ScanCursor;
import io.henge.api.v1.Aggregate;
import io.henge.api.v1.AggregateResult;
import io.henge.api.v1.FindPlan;
import io.henge.api.v1.FindRequest;
import io.henge.api.v1.FindResponse;
import io.henge.api.v1.FoundItem;
import io.henge.api.v1.Response;
import io.henge.api.v1.SortField;
import io.henge.client.FindAll;
import io.henge.client.FindAllOptions;
import io.henge.client.FindExplanation;
import io.henge.client.FindOptions;
import io.henge.client.FindPage;
import io.henge.client.Item;
import io.henge.client.ReadOptions;
import io.henge.client.Session;
import io.henge.client.Stored;
import io.henge.client.internal.retry.Call;
import io.henge.document.find.SortOrder;
import io.henge.document.find.Totals;
import io.henge.document.value.Json;
import io.henge.document.value.JsonValue;
import io.henge.router.Shard;
import io.henge.router.scan.RingScan;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Finds, page by page. */
final class Finds {
  private final Core core;
  private final Requests requests;
  private final @Nullable Session session;

  Finds(Core core, Requests requests, @Nullable Session session) {
    this.core = core;
    this.requests = requests;
    this.session = session;
  }

  /**
   * What a find finds.
   *
   * @param collection null = all of the sharding key
   * @param shardingKey null = all shards
   * @param reader takes an item of an answer
   */
  <T> Iterator<T> find(
      @Nullable String collection,
      @Nullable Key shardingKey,
      FindOptions find,
      ReadOptions options,
      Function<FoundItem, T> reader) {
    requireSizes(find);
    return new Pages<>(
        request(shardingKey, find),
        find.limit(),
        next -> ask(collection, shardingKey, next, options),
        reader);
  }

  /** One page of a find within a sharding key. */
  <T> FindPage<T> page(
      String collection,
      Key shardingKey,
      FindOptions find,
      ReadOptions options,
      Function<FoundItem, Stored<T>> reader) {
    return page(firstPage(collection, shardingKey, find, options), reader);
  }

  /** One page, as it came. */
  FindResponse firstPage(
      @Nullable String collection, Key shardingKey, FindOptions find, ReadOptions options) {
    requireSizes(find);
    return ask(collection, shardingKey, request(shardingKey, find), options);
  }

  static <T> FindPage<T> page(FindResponse found, Function<FoundItem, Stored<T>> reader) {
    return new FindPage<>(found.getItemsList().stream().map(reader).toList(), cursor(found));
  }

  /** Where to go on behind a page; null = it was the last one. */
  static byte @Nullable [] cursor(FindResponse page) {
    return page.getCursor().isEmpty() ? null : page.getCursor().toByteArray();
  }

  /** How the first page of a find is read. */
  FindExplanation explain(
      String collection, Key shardingKey, FindOptions find, ReadOptions options) {
    requireSizes(find);
    return explanation(
        ask(collection, shardingKey, request(shardingKey, find).setExplain(true), options));
  }

  /** The same of each shard. */
  Map<Long, FindExplanation> explainOnAllShards(
      String collection, FindOptions find, ReadOptions options) {
    requireSizes(find);
    requireNoSort(find);
    Map<Long, FindExplanation> explained = new LinkedHashMap<>();
    for (Shard shard : shards()) {
      explained.put(
          shard.id(), explanation(ask(collection, null, explainedOn(shard, find), options)));
    }
    return explained;
  }

  List<Shard> shards() {
    return core.routes.map().shards();
  }

  /** For the first page that a shard has. */
  static FindRequest.Builder explainedOn(Shard shard, FindOptions find) {
    FindRequest.Builder first =
        request(null, find).setExplain(true).setCursor(place(shard.start()));
    if (shard.end().length != 0) {
      first.setUntil(place(shard.end()));
    }
    return first;
  }

  private static ByteString place(byte[] position) {
    return Messages.wrap(new ScanCursor(false, position).encode(new byte[0]));
  }

  static FindExplanation explanation(FindResponse page) {
    FindPlan plan = page.getPlan();
    return new FindExplanation(
        plan.getText(),
        plan.getIndex(),
        plan.getInOrder(),
        plan.getIndexRows(),
        page.getRowsLookedAt(),
        page.getItemsCount());
  }

  /** Figures over all pages of a find. */
  Totals totals(
      String collection,
      @Nullable Key shardingKey,
      String path,
      FindOptions find,
      ReadOptions options) {
    FindRequest.Builder request = figures(shardingKey, path, find);
    Totals totals = new Totals();
    if (shardingKey == null) {
      FindAllOptions ring = FindAllOptions.DEFAULT.reads(options);
      try (RingPages pages = pages(collection, request, ring)) {
        for (RingScan.Page page = pages.next(); page != null; page = pages.next()) {
          add(totals, page.found());
        }
      }
      return totals;
    }
    do {
      FindResponse page = ask(collection, shardingKey, request, options);
      add(totals, page);
      request.setCursor(page.getCursor());
    } while (!request.getCursor().isEmpty());
    return totals;
  }

  static FindRequest.Builder figures(@Nullable Key shardingKey, String path, FindOptions find) {
    return request(shardingKey, FindOptions.ALL)
        .setFilter(find.filter() == null ? "" : find.filter().toString())
        .addAggregates(Aggregate.newBuilder().setPath(path));
  }

  static void add(Totals totals, FindResponse page) {
    AggregateResult more = page.getAggregates(0);
    totals.add(
        more.getCount(),
        more.getNumbers(),
        new BigDecimal(more.getSum()),
        value(more.getMin()),
        value(more.getMax()));
  }

  /** What a find over the ring finds, from several places at once. */
  <T> FindAll<T> findAll(
      String collection,
      FindOptions find,
      FindAllOptions options,
      Function<FoundItem, Stored<T>> reader) {
    requireRing(find);
    return new RingFind<>(
        pages(collection, request(null, find), options),
        options.cursor().clone(),
        find.limit(),
        reader,
        options.progress());
  }

  private RingPages pages(String collection, FindRequest.Builder request, FindAllOptions options) {
    return new RingPages(news -> scan(collection, request, options, news));
  }

  /**
   * A scan over the ring.
   *
   * @param news as {@link RingScan} tells
   */
  RingScan scan(
      String collection, FindRequest.Builder request, FindAllOptions options, Runnable news) {
    FindRequest template = request.build();
    return new RingScan(
        options.cursor(),
        options.parallel(),
        core.limits.keyBytesMax(),
        (cursor, until) ->
            askAsync(
                collection,
                null,
                template.toBuilder()
                    .setCursor(Messages.wrap(cursor))
                    .setUntil(Messages.wrap(until)),
                options.reads()),
        news);
  }

  static void requireRing(FindOptions find) {
    requireSizes(find);
    requireNoSort(find);
    if (find.cursor() != null) {
      throw HengeException.invalid(
          "cursor: a find over all shards goes on from that of FindAllOptions.from; leave this one"
              + " out");
    }
  }

  private static @Nullable JsonValue value(String json) {
    return json.isEmpty() ? null : Json.parse(json);
  }

  static void requireNoSort(FindOptions find) {
    if (!find.sort().isEmpty()) {
      throw HengeException.invalid(
          "sort: only documents of one sharding key are sorted; leave it out");
    }
  }

  static void requireSizes(FindOptions find) {
    if (find.limit() < 0 || find.pageSize() < 0) {
      throw HengeException.invalid(
          "limit, pageSize: 0 (none) or more expected, found "
              + Math.min(find.limit(), find.pageSize()));
    }
  }

  static FindRequest.Builder request(@Nullable Key shardingKey, FindOptions find) {
    FindRequest.Builder request =
        FindRequest.newBuilder()
            .setFilter(find.filter() == null ? "" : find.filter().toString())
            .addAllFields(find.fields());
    for (SortOrder.Field field : find.sort()) {
      request.addSort(
          SortField.newBuilder()
              .setPath(field.path().toString())
              .setDescending(field.descending()));
    }
    if (shardingKey == null) {
      request.setAllShards(true);
    } else {
      request.setShardingKey(Messages.key(shardingKey));
    }
    if (find.cursor() != null) {
      request.setCursor(Messages.wrap(find.cursor()));
    }
    int page = find.pageSize();
    return request.setLimit(
        find.limit() > 0 && (page == 0 || find.limit() < page)
            ? Math.min(find.limit(), RequestLimits.PAGE_ITEMS_MAX)
            : page);
  }

  private FindResponse ask(
      @Nullable String collection,
      @Nullable Key shardingKey,
      FindRequest.Builder request,
      ReadOptions options) {
    return core.call(
        map -> requests.find(map, collection, shardingKey, request, options),
        (call, answer) -> seen(call, answer, options));
  }

  CompletableFuture<FindResponse> askAsync(
      @Nullable String collection,
      @Nullable Key shardingKey,
      FindRequest.Builder request,
      ReadOptions options) {
    return core.callAsync(
        map -> requests.find(map, collection, shardingKey, request, options),
        (call, answer) -> seen(call, answer, options));
  }

  private FindResponse seen(Call call, Response answer, ReadOptions options) {
    FindResponse found = answer.getFind();
    if (session != null) {
      session.observe(call.seen(found.getShardVersion()));
    }
    if (options.session() != null && options.session() != session) {
      options.session().observe(call.seen(found.getShardVersion()));
    }
    return found;
  }

  /** An item of a find within a sharding key, or over all shards. */
  static Item item(@Nullable Key shardingKey, FoundItem found) {
    return Messages.item(
        shardingKey != null ? shardingKey : Messages.key(found.getShardingKey()),
        Messages.key(found.getItem().getSortKey()),
        found.getItem());
  }

  /** The next page is fetched when the last item of one has been taken. */
  private static final class Pages<T> implements Iterator<T> {
    private final FindRequest.Builder request;
    private final Function<FindRequest.Builder, FindResponse> fetch;
    private final Function<FoundItem, T> reader;
    private Iterator<FoundItem> page = List.<FoundItem>of().iterator();
    private long left;
    private boolean last;

    Pages(
        FindRequest.Builder request,
        int limit,
        Function<FindRequest.Builder, FindResponse> fetch,
        Function<FoundItem, T> reader) {
      this.request = request;
      this.left = limit == 0 ? Long.MAX_VALUE : limit;
      this.fetch = fetch;
      this.reader = reader;
    }

    @Override
    public boolean hasNext() {
      while (left > 0 && !page.hasNext() && !last) {
        FindResponse fetched = fetch.apply(request);
        page = new ArrayList<>(fetched.getItemsList()).iterator();
        last = fetched.getCursor().isEmpty();
        request.setCursor(fetched.getCursor());
      }
      return left > 0 && page.hasNext();
    }

    @Override
    public T next() {
      if (!hasNext()) {
        throw new NoSuchElementException("nothing is left of the find");
      }
      left--;
      return reader.apply(page.next());
    }
  }
}
