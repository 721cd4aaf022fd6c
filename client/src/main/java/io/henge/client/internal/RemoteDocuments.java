package io.henge.client.internal;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.v1.CollectionRecord;
import io.henge.api.v1.Response;
import io.henge.api.v1.WriteResponse;
import io.henge.client.AsyncDocumentCollection;
import io.henge.client.Batch;
import io.henge.client.ChangeListener;
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
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.Session;
import io.henge.client.Stored;
import io.henge.client.Watch;
import io.henge.client.WatchOptions;
import io.henge.client.WriteResult;
import io.henge.client.internal.retry.Call;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.find.Totals;
import io.henge.document.layout.DocumentLayout;
import io.henge.document.patch.Patch;
import io.henge.document.patch.PatchCodec;
import io.henge.document.value.JsonObject;
import io.henge.router.ShardMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A collection of documents in the cluster: a mapping over its items. */
final class RemoteDocuments<T> implements DocumentCollection<T> {
  /** Where documents have their keys; of the collection of that id, which never changes it. */
  private record Known(int collectionId, DocumentLayout layout) {}

  /** What a write does, once the keys are known. */
  private record Write(
      Key shardingKey, Key sortKey, Action action, Condition condition, DocumentOptions options) {}

  private final RemoteItems items;
  private final Core core;
  private final Requests requests;
  private final Finds finds;
  private final @Nullable Session session;
  private final DocumentMapper<T> mapper;
  private final AsyncDocumentCollection<T> async = new Async();
  private volatile @Nullable Known known;

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
    return new RemoteWatch<>(core, new Watching<>(core, requests, name(), options, this::stored));
  }

  @Override
  public DocumentResult<T> insert(T document, DocumentOptions options) {
    return write(insertion(document, options), ErrorCode.ALREADY_EXISTS);
  }

  @Override
  public DocumentResult<T> replace(T document, DocumentOptions options) {
    return write(replacement(document, options), missing(options));
  }

  @Override
  public DocumentResult<T> upsert(T document, DocumentOptions options) {
    return write(put(document, options.condition(), options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public DocumentResult<T> delete(Key shardingKey, Key id, DocumentOptions options) {
    return write(deletion(shardingKey, id, options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public DocumentResult<T> patch(Key shardingKey, Key id, Patch patch, DocumentOptions options) {
    return write(patching(shardingKey, id, patch, options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public DocumentResult<T> patchOrInsert(T initial, Patch patch, DocumentOptions options) {
    return write(patching(initial, patch, options), ErrorCode.CONDITION_FAILED);
  }

  @Override
  public void insertIn(Batch batch, T document, DocumentOptions options) {
    add(batch, insertion(document, options));
  }

  @Override
  public void replaceIn(Batch batch, T document, DocumentOptions options) {
    add(batch, replacement(document, options));
  }

  @Override
  public void upsertIn(Batch batch, T document, DocumentOptions options) {
    add(batch, put(document, options.condition(), options));
  }

  @Override
  public void patchIn(Batch batch, Key id, Patch patch, DocumentOptions options) {
    add(batch, patching(batch.shardingKey(), id, patch, options));
  }

  @Override
  public void patchOrInsertIn(Batch batch, T initial, Patch patch, DocumentOptions options) {
    add(batch, patching(initial, patch, options));
  }

  @Override
  public void deleteIn(Batch batch, Key id, DocumentOptions options) {
    add(batch, deletion(batch.shardingKey(), id, options));
  }

  @Override
  public DocumentResult<T> resultOf(WriteResult step) {
    return new DocumentResult<>(
        step.version(), step.existed(), step.previous().or(step::current).map(this::stored));
  }

  private void add(Batch batch, Function<ShardMap, Write> maker) {
    Write write = core.make(maker);
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
    requireExpiry(write);
    batch.add(name(), write.sortKey(), write.condition(), write.action(), options.returning());
  }

  // ---- What is to be written, by what the map knows of the collection ----

  private Function<ShardMap, Write> insertion(T document, DocumentOptions options) {
    if (!(options.condition() instanceof Condition.None)) {
      throw HengeException.invalid(
          "options: an insert has its own condition, that there is no document; leave the other"
              + " one out, or replace");
    }
    return put(document, Condition.absent(), options);
  }

  private Function<ShardMap, Write> replacement(T document, DocumentOptions options) {
    Condition condition = options.condition();
    return put(
        document, condition instanceof Condition.None ? Condition.present() : condition, options);
  }

  private static ErrorCode missing(DocumentOptions options) {
    return options.condition() instanceof Condition.None
        ? ErrorCode.NOT_FOUND
        : ErrorCode.CONDITION_FAILED;
  }

  private Function<ShardMap, Write> put(T value, Condition condition, DocumentOptions options) {
    JsonObject document = mapper.toDocument(value);
    byte[] bytes = DocumentCodec.encode(document);
    return map -> {
      DocumentLayout layout = layout(map);
      return new Write(
          layout.shardingKey(document),
          layout.sortKey(document),
          new Action.Put(new Value.Document(bytes), options.ttlMillis()),
          condition,
          options);
    };
  }

  private Function<ShardMap, Write> deletion(Key shardingKey, Key id, DocumentOptions options) {
    return map -> keyed(map, shardingKey, id, Action.Remove.REMOVE, options);
  }

  private Function<ShardMap, Write> patching(
      Key shardingKey, Key id, Patch patch, DocumentOptions options) {
    Action action = new Action.Patch(new byte[0], PatchCodec.encode(patch));
    return map -> keyed(map, shardingKey, id, action, options);
  }

  private Function<ShardMap, Write> patching(T initial, Patch patch, DocumentOptions options) {
    JsonObject document = mapper.toDocument(initial);
    Action action = new Action.Patch(DocumentCodec.encode(document), PatchCodec.encode(patch));
    return map -> {
      DocumentLayout layout = layout(map);
      return keyed(map, layout.shardingKey(document), layout.sortKey(document), action, options);
    };
  }

  private Write keyed(
      ShardMap map, Key shardingKey, Key id, Action action, DocumentOptions options) {
    layout(map).requireKeys(shardingKey, id);
    return new Write(shardingKey, id, action, options.condition(), options);
  }

  private DocumentLayout layout(ShardMap map) {
    CollectionRecord collection = map.collection(name());
    if (collection == null) {
      throw new UnknownCollectionException(name());
    }
    Known last = known;
    if (last != null && last.collectionId == collection.getId()) {
      return last.layout;
    }
    if (!collection.hasDocuments()) {
      throw HengeException.invalid(
          "collection " + name() + " holds items, not documents; use HengeClient.collection(...)");
    }
    DocumentLayout layout =
        DocumentLayout.of(
            collection.getDocuments().getShardPathsList(),
            collection.getDocuments().getIdPathsList(),
            collection.getDocuments().getTtlPath());
    known = new Known(collection.getId(), layout);
    return layout;
  }

  // ---- Sending ----

  private Call call(ShardMap map, Function<ShardMap, Write> maker) {
    Write write = maker.apply(map);
    DocumentOptions options = write.options();
    requireExpiry(write);
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

  private static void requireExpiry(Write write) {
    boolean setsExpiry = write.action() instanceof Action.Put;
    if (!setsExpiry && write.options().ttlMillis() != Action.TTL_DEFAULT) {
      throw HengeException.invalid(
          "ttl: only a whole document that is written says when it expires, found "
              + write.options().ttlMillis()
              + " ms with another operation; leave it out");
    }
  }

  private DocumentResult<T> write(Function<ShardMap, Write> maker, ErrorCode ifConditionFails) {
    try {
      return core.call(map -> call(map, maker), this::written);
    } catch (HengeException e) {
      throw named(e, ifConditionFails);
    }
  }

  private DocumentResult<T> written(Call call, Response answer) {
    WriteResponse write = answer.getWrite();
    if (session != null) {
      session.observe(call.seen(write.getShardVersion()));
    }
    return resultOf(Messages.result(Key.EMPTY, Key.EMPTY, write.getResults(0)));
  }

  /** The condition was this class's own: its failure has a name that says more. */
  private HengeException named(HengeException failure, ErrorCode ifConditionFails) {
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

  private Stored<T> stored(Item item) {
    return new Stored<>(
        mapper.fromDocument(item.document()), item.version(), item.expiresAt(), item.copies());
  }

  /** The same without blocking; answers are read on the loop. */
  private final class Async implements AsyncDocumentCollection<T> {
    @Override
    public CompletableFuture<Optional<Stored<T>>> get(
        Key shardingKey, Key id, ReadOptions options) {
      return items
          .async()
          .get(shardingKey, id, options)
          .thenApply(found -> found.map(RemoteDocuments.this::stored));
    }

    @Override
    public CompletableFuture<FindPage<T>> findPage(
        Key shardingKey, FindOptions find, ReadOptions options) {
      return finds.pageAsync(
          name(), shardingKey, find, options, found -> stored(Finds.item(shardingKey, found)));
    }

    @Override
    public CompletableFuture<Totals> totals(
        Key shardingKey, String path, FindOptions find, ReadOptions options) {
      return finds.totalsAsync(name(), shardingKey, path, find, options);
    }

    @Override
    public CompletableFuture<AutoCloseable> watch(
        WatchOptions options, ChangeListener<T> listener) {
      try {
        return new ListenedWatch<>(
                new Watching<>(core, requests, name(), options, RemoteDocuments.this::stored),
                listener)
            .begin();
      } catch (HengeException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    @Override
    public CompletableFuture<DocumentResult<T>> insert(T document, DocumentOptions options) {
      return write(insertion(document, options), ErrorCode.ALREADY_EXISTS);
    }

    @Override
    public CompletableFuture<DocumentResult<T>> replace(T document, DocumentOptions options) {
      return write(replacement(document, options), missing(options));
    }

    @Override
    public CompletableFuture<DocumentResult<T>> upsert(T document, DocumentOptions options) {
      return write(put(document, options.condition(), options), ErrorCode.CONDITION_FAILED);
    }

    @Override
    public CompletableFuture<DocumentResult<T>> delete(
        Key shardingKey, Key id, DocumentOptions options) {
      return write(deletion(shardingKey, id, options), ErrorCode.CONDITION_FAILED);
    }

    @Override
    public CompletableFuture<DocumentResult<T>> patch(
        Key shardingKey, Key id, Patch patch, DocumentOptions options) {
      return write(patching(shardingKey, id, patch, options), ErrorCode.CONDITION_FAILED);
    }

    @Override
    public CompletableFuture<DocumentResult<T>> patchOrInsert(
        T initial, Patch patch, DocumentOptions options) {
      return write(patching(initial, patch, options), ErrorCode.CONDITION_FAILED);
    }

    private CompletableFuture<DocumentResult<T>> write(
        Function<ShardMap, Write> maker, ErrorCode ifConditionFails) {
      return core.callAsync(map -> call(map, maker), RemoteDocuments.this::written)
          .exceptionallyCompose(failure -> failed(failure, ifConditionFails));
    }

    private CompletableFuture<DocumentResult<T>> failed(
        Throwable failure, ErrorCode ifConditionFails) {
      Throwable cause =
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure;
      return CompletableFuture.failedFuture(
          cause instanceof HengeException known ? named(known, ifConditionFails) : cause);
    }
  }
}
