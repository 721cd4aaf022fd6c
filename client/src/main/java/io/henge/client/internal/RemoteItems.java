package io.henge.client.internal;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.v1.RangeResponse;
import io.henge.api.v1.ReadResponse;
import io.henge.api.v1.Response;
import io.henge.api.v1.WriteResponse;
import io.henge.client.AsyncItemCollection;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import io.henge.client.Page;
import io.henge.client.ReadOptions;
import io.henge.client.Returning;
import io.henge.client.ScanOptions;
import io.henge.client.Session;
import io.henge.client.WriteOptions;
import io.henge.client.WriteResult;
import io.henge.client.internal.retry.Call;
import io.henge.router.ShardMap;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A collection in the cluster, blocking; answers are read on the caller's thread. */
final class RemoteItems implements ItemCollection {
  private final String name;
  private final Core core;
  private final Requests requests;
  private final @Nullable Session session;
  private final AsyncItemCollection async = new Async();

  RemoteItems(String name, Core core, Requests requests, @Nullable Session session) {
    this.name = name;
    this.core = core;
    this.requests = requests;
    this.session = session;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public AsyncItemCollection async() {
    return async;
  }

  @Override
  public Optional<Item> get(Key shardingKey, Key sortKey, ReadOptions options) {
    return core.call(
        map -> requests.read(map, name, shardingKey, List.of(sortKey), options, false),
        (call, answer) -> readOne(call, answer, shardingKey, sortKey, options));
  }

  @Override
  public List<Optional<Item>> getAll(Key shardingKey, List<Key> sortKeys, ReadOptions options) {
    if (sortKeys.isEmpty()) {
      return List.of();
    }
    return core.call(
        map -> requests.read(map, name, shardingKey, sortKeys, options, false),
        (call, answer) -> readAll(call, answer, shardingKey, sortKeys, options));
  }

  @Override
  public WriteResult put(Key shardingKey, Key sortKey, Value value, WriteOptions options) {
    return write(shardingKey, sortKey, new Action.Put(value, options.ttlMillis()), options);
  }

  @Override
  public WriteResult delete(Key shardingKey, Key sortKey, WriteOptions options) {
    return write(shardingKey, sortKey, Action.Remove.REMOVE, options);
  }

  @Override
  public WriteResult increment(Key shardingKey, Key sortKey, long delta, WriteOptions options) {
    return write(shardingKey, sortKey, new Action.Add(delta), options);
  }

  @Override
  public WriteResult append(Key shardingKey, Key sortKey, byte[] bytes, WriteOptions options) {
    return write(shardingKey, sortKey, new Action.Append(bytes), options);
  }

  @Override
  public boolean compareAndSet(Key shardingKey, Key sortKey, Value expected, Value value) {
    try {
      WriteOptions options = WriteOptions.DEFAULT.onlyIf(new Condition.ValueIs(expected));
      put(shardingKey, sortKey, value, options);
      return true;
    } catch (HengeException e) {
      if (e.code() == ErrorCode.CONDITION_FAILED) {
        return false;
      }
      throw e;
    }
  }

  @Override
  public WriteResult touch(Key shardingKey, Key sortKey, WriteOptions options) {
    return write(shardingKey, sortKey, new Action.Touch(options.ttlMillis()), options);
  }

  @Override
  public Page scan(Key shardingKey, ScanOptions scan, ReadOptions options) {
    return core.call(
        map -> requests.range(map, name, shardingKey, scan, options),
        (call, answer) -> readPage(call, answer, shardingKey, options));
  }

  @Override
  public Iterator<Item> iterate(Key shardingKey, ScanOptions scan, ReadOptions options) {
    return new PageIterator(scan, next -> scan(shardingKey, next, options));
  }

  private WriteResult write(Key shardingKey, Key sortKey, Action action, WriteOptions options) {
    return core.call(
        map -> writeCall(map, shardingKey, sortKey, action, options),
        (call, answer) -> written(call, answer, shardingKey, sortKey));
  }

  private Call writeCall(
      ShardMap map, Key shardingKey, Key sortKey, Action action, WriteOptions options) {
    boolean setsExpiry = action instanceof Action.Put || action instanceof Action.Touch;
    if (!setsExpiry && options.ttlMillis() != Action.TTL_DEFAULT) {
      throw HengeException.invalid(
          "ttl: only put and touch set when an item expires, found "
              + options.ttlMillis()
              + " ms with another operation; leave it out, or touch the item as well");
    }
    return requests.write(
        map,
        name,
        shardingKey,
        sortKey,
        options.condition(),
        action,
        options.returnPrevious() ? Returning.PREVIOUS : Returning.NOTHING,
        options.timeout());
  }

  private WriteResult written(Call call, Response answer, Key shardingKey, Key sortKey) {
    WriteResponse write = answer.getWrite();
    if (session != null) {
      session.observe(call.seen(write.getShardVersion()));
    }
    return Messages.result(shardingKey, sortKey, write.getResults(0));
  }

  private Optional<Item> readOne(
      Call call, Response answer, Key shardingKey, Key sortKey, ReadOptions options) {
    ReadResponse read = answer.getRead();
    observe(call, read.getShardVersion(), options);
    return Messages.found(shardingKey, sortKey, read.getFound(0));
  }

  private List<Optional<Item>> readAll(
      Call call, Response answer, Key shardingKey, List<Key> sortKeys, ReadOptions options) {
    ReadResponse read = answer.getRead();
    observe(call, read.getShardVersion(), options);
    List<Optional<Item>> items = new ArrayList<>(sortKeys.size());
    for (int i = 0; i < sortKeys.size(); i++) {
      items.add(Messages.found(shardingKey, sortKeys.get(i), read.getFound(i)));
    }
    return items;
  }

  private Page readPage(Call call, Response answer, Key shardingKey, ReadOptions options) {
    RangeResponse range = answer.getRange();
    observe(call, range.getShardVersion(), options);
    List<Item> items = new ArrayList<>(range.getItemsCount());
    for (io.henge.api.v1.Item item : range.getItemsList()) {
      items.add(Messages.item(shardingKey, Messages.key(item.getSortKey()), item));
    }
    return new Page(items, range.getCursor().isEmpty() ? null : range.getCursor().toByteArray());
  }

  private void observe(Call call, long shardVersion, ReadOptions options) {
    if (session != null) {
      session.observe(call.seen(shardVersion));
    }
    if (options.session() != null && options.session() != session) {
      options.session().observe(call.seen(shardVersion));
    }
  }

  /** The same without blocking; answers are read on the loop. */
  private final class Async implements AsyncItemCollection {
    @Override
    public CompletableFuture<Optional<Item>> get(
        Key shardingKey, Key sortKey, ReadOptions options) {
      return core.callAsync(
          map -> requests.read(map, name, shardingKey, List.of(sortKey), options, false),
          (call, answer) -> readOne(call, answer, shardingKey, sortKey, options));
    }

    @Override
    public CompletableFuture<List<Optional<Item>>> getAll(
        Key shardingKey, List<Key> sortKeys, ReadOptions options) {
      if (sortKeys.isEmpty()) {
        return CompletableFuture.completedFuture(List.of());
      }
      return core.callAsync(
          map -> requests.read(map, name, shardingKey, sortKeys, options, false),
          (call, answer) -> readAll(call, answer, shardingKey, sortKeys, options));
    }

    @Override
    public CompletableFuture<WriteResult> put(
        Key shardingKey, Key sortKey, Value value, WriteOptions options) {
      return write(shardingKey, sortKey, new Action.Put(value, options.ttlMillis()), options);
    }

    @Override
    public CompletableFuture<WriteResult> delete(
        Key shardingKey, Key sortKey, WriteOptions options) {
      return write(shardingKey, sortKey, Action.Remove.REMOVE, options);
    }

    @Override
    public CompletableFuture<WriteResult> increment(
        Key shardingKey, Key sortKey, long delta, WriteOptions options) {
      return write(shardingKey, sortKey, new Action.Add(delta), options);
    }

    @Override
    public CompletableFuture<WriteResult> append(
        Key shardingKey, Key sortKey, byte[] bytes, WriteOptions options) {
      return write(shardingKey, sortKey, new Action.Append(bytes), options);
    }

    @Override
    public CompletableFuture<WriteResult> touch(
        Key shardingKey, Key sortKey, WriteOptions options) {
      return write(shardingKey, sortKey, new Action.Touch(options.ttlMillis()), options);
    }

    @Override
    public CompletableFuture<Page> scan(Key shardingKey, ScanOptions scan, ReadOptions options) {
      return core.callAsync(
          map -> requests.range(map, name, shardingKey, scan, options),
          (call, answer) -> readPage(call, answer, shardingKey, options));
    }

    private CompletableFuture<WriteResult> write(
        Key shardingKey, Key sortKey, Action action, WriteOptions options) {
      return core.callAsync(
          map -> writeCall(map, shardingKey, sortKey, action, options),
          (call, answer) -> written(call, answer, shardingKey, sortKey));
    }
  }
}
