package io.henge.client.internal;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Condition;
import io.henge.api.key.Key;
import io.henge.api.v1.Response;
import io.henge.api.v1.WriteResponse;
import io.henge.client.AsyncDocumentCollection;
import io.henge.client.Batch;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentMapper;
import io.henge.client.DocumentOptions;
import io.henge.client.DocumentResult;
import io.henge.client.FindAll;
import io.henge.client.FindAllOptions;
import io.henge.client.FindExplanation;
import io.henge.client.FindOptions;
import io.henge.client.FindPage;
import io.henge.client.Item;
import io.henge.client.Page;
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.Session;
import io.henge.client.Stored;
import io.henge.client.Watch;
import io.henge.client.WatchOptions;
import io.henge.client.WriteResult;
import io.henge.client.internal.retry.Call;
import io.henge.document.find.Totals;
import io.henge.document.patch.Patch;
import io.henge.router.ShardMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A collection of documents in the cluster: a mapping over its items. */
final class RemoteDocuments<T> implements DocumentCollection<T> {
  private final RemoteItems items;
  private final Core core;
  private final Requests requests;
  private final Finds finds;
  private final @Nullable Session session;
  private final DocumentMapper<T> mapper;
  private final DocumentWrites<T> writes;
  private final AsyncDocumentCollection<T> async;

  RemoteDocuments(
      String name,
      Core core,
      Requests requests,
      @Nullable Session session,
      DocumentMapper<T> mapper) {
    this.items = new RemoteItems(name, core, requests, session);
    this.core = core;
    this.requests = requests;
    this.finds = new Finds(core, requests, session);
    this.session = session;
    this.mapper = mapper;
    this.writes = new DocumentWrites<>(name, mapper);
    this.async = new AsyncDocuments<>(this, core, items, new AsyncFinds(finds), writes);
  }

  @Override
  public String name() {
    return items.name();
  }

  @Override
  public AsyncDocumentCollection<T> async() {
    return async;
  }

  @Override
  public Key shardingKey(T document) {
    return core.make(writes.shardingKey(document));
  }

  @Override
  public Key id(T document) {
    return core.make(writes.id(document));
  }

  @Override
  public Optional<Stored<T>> get(Key shardingKey, Key id, ReadOptions options) {
    return items.get(shardingKey, id, options).map(this::stored);
  }

  @Override
  public Iterator<Stored<T>> iterate(Key shardingKey, ScanOptions scan, ReadOptions options) {
    Iterator<Item> all = items.iterate(shardingKey, scan, options);
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return all.hasNext();
      }

      @Override
      public Stored<T> next() {
        return stored(all.next());
      }
    };
  }

  @Override
  public FindPage<T> scan(Key shardingKey, ScanOptions scan, ReadOptions options) {
    return page(items.scan(shardingKey, scan, options));
  }

  FindPage<T> page(Page page) {
    return new FindPage<>(page.items().stream().map(this::stored).toList(), page.cursor());
  }

  @Override
  public Iterator<Stored<T>> find(Key shardingKey, FindOptions find, ReadOptions options) {
    return finds.find(
        name(), shardingKey, find, options, found -> stored(Finds.item(shardingKey, found)));
  }

  @Override
  public FindPage<T> findPage(Key shardingKey, FindOptions find, ReadOptions options) {
    return finds.page(
        name(), shardingKey, find, options, found -> stored(Finds.item(shardingKey, found)));
  }

  @Override
  public Iterator<Stored<T>> findOnAllShards(FindOptions find, ReadOptions options) {
    return finds.find(name(), null, find, options, found -> stored(Finds.item(null, found)));
  }

  @Override
  public FindAll<T> findAll(FindOptions find, FindAllOptions options) {
    return finds.findAll(name(), find, options, found -> stored(Finds.item(null, found)));
  }

  @Override
  public FindExplanation explain(Key shardingKey, FindOptions find, ReadOptions options) {
    return finds.explain(name(), shardingKey, find, options);
  }

  @Override
  public Map<Long, FindExplanation> explainOnAllShards(FindOptions find, ReadOptions options) {
    return finds.explainOnAllShards(name(), find, options);
  }

  @Override
  public Totals totals(Key shardingKey, String path, FindOptions find, ReadOptions options) {
    return finds.totals(name(), shardingKey, path, find, options);
  }

  @Override
  public Totals totalsOnAllShards(String path, FindOptions find, ReadOptions options) {
    return finds.totals(name(), null, path, find, options);
  }

  @Override
  public Watch<T> watch(WatchOptions options) {
    return new RemoteWatch<>(core, watching(options));
  }

  Watching<T> watching(WatchOptions options) {
    Key shardingKey = options.shardingKey();
    if (shardingKey != null) {
      writes.requireShardingKey(core.routes.map(), shardingKey);
    }
    return new Watching<>(core, requests, name(), options, this::stored);
  }

  @Override
  public DocumentResult<T> insert(T document, DocumentOptions options) {
    return write(writes.insertion(document, options), ErrorCode.ALREADY_EXISTS);
  }

  @Override
  public DocumentResult<T> replace(T document, DocumentOptions options) {
    return write(writes.replacement(document, options), missing(options));
  }

  @Override
  public DocumentResult<T> upsert(T document, DocumentOptions options) {
    return write(writes.put(document, options.condition(), options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public DocumentResult<T> delete(Key shardingKey, Key id, DocumentOptions options) {
    return write(writes.deletion(shardingKey, id, options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public DocumentResult<T> patch(Key shardingKey, Key id, Patch patch, DocumentOptions options) {
    return write(writes.patching(shardingKey, id, patch, options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public DocumentResult<T> patchOrInsert(T initial, Patch patch, DocumentOptions options) {
    return write(writes.patching(initial, patch, options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public void insertIn(Batch batch, T document, DocumentOptions options) {
    add(batch, writes.insertion(document, options));
  }

  @Override
  public void replaceIn(Batch batch, T document, DocumentOptions options) {
    add(batch, writes.replacement(document, options));
  }

  @Override
  public void upsertIn(Batch batch, T document, DocumentOptions options) {
    add(batch, writes.put(document, options.condition(), options));
  }

  @Override
  public void patchIn(Batch batch, Key id, Patch patch, DocumentOptions options) {
    add(batch, writes.patching(batch.shardingKey(), id, patch, options));
  }

  @Override
  public void patchOrInsertIn(Batch batch, T initial, Patch patch, DocumentOptions options) {
    add(batch, writes.patching(initial, patch, options));
  }

  @Override
  public void deleteIn(Batch batch, Key id, DocumentOptions options) {
    add(batch, writes.deletion(batch.shardingKey(), id, options));
  }

  @Override
  public DocumentResult<T> resultOf(WriteResult step) {
    return new DocumentResult<>(
        step.version(), step.existed(), step.previous().or(step::current).map(this::stored));
  }

  private void add(Batch batch, Function<ShardMap, DocumentWrites.Write> maker) {
    DocumentWrites.Write write = core.make(maker);
    if (!write.shardingKey().equals(batch.shardingKey())) {
      throw HengeException.invalid(
          "sharding key: the batch is on "
              + batch.shardingKey()
              + ", the document for "
              + name()
              + " has "
              + write.shardingKey()
              + "; a batch is of one sharding key");
    }
    DocumentOptions options = write.options();
    if (!options.timeout().isZero()) {
      throw HengeException.invalid(
          "timeout: a batch has one for all its steps, found "
              + options.timeout()
              + " for a step; give it to HengeClient.write");
    }
    write.requireExpiry();
    batch.add(name(), write.sortKey(), write.condition(), write.action(), options.returning());
  }

  static ErrorCode missing(DocumentOptions options) {
    return options.condition() instanceof Condition.None
        ? ErrorCode.NOT_FOUND
        : ErrorCode.CONDITION_FAILED;
  }

  Call call(ShardMap map, Function<ShardMap, DocumentWrites.Write> maker) {
    DocumentWrites.Write write = maker.apply(map);
    DocumentOptions options = write.options();
    write.requireExpiry();
    return requests.write(
        map,
        name(),
        write.shardingKey(),
        write.sortKey(),
        write.condition(),
        write.action(),
        options.returning(),
        options.timeout());
  }

  private DocumentResult<T> write(
      Function<ShardMap, DocumentWrites.Write> maker, ErrorCode ifConditionFails) {
    try {
      return core.call(map -> call(map, maker), this::written);
    } catch (HengeException e) {
      throw named(e, ifConditionFails);
    }
  }

  DocumentResult<T> written(Call call, Response answer) {
    WriteResponse write = answer.getWrite();
    if (session != null) {
      session.observe(call.seen(write.getShardVersion()));
    }
    return resultOf(Messages.result(Key.EMPTY, Key.EMPTY, write.getResults(0)));
  }

  /** The condition was this class's own: its failure has a name that says more. */
  HengeException named(HengeException failure, ErrorCode ifConditionFails) {
    if (failure.code() != ErrorCode.CONDITION_FAILED
        || ifConditionFails == ErrorCode.CONDITION_FAILED) {
      return failure;
    }
    return new HengeException(
        ifConditionFails,
        ifConditionFails == ErrorCode.ALREADY_EXISTS
            ? "insert into " + name() + ": there is a document of these keys already"
            : "replace in " + name() + ": there is no document of these keys",
        failure);
  }

  Stored<T> stored(Item item) {
    return new Stored<>(
        mapper.fromDocument(item.document()), item.version(), item.expiresAt(), item.copies());
  }
}
