package io.henge.cli;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.AsyncItemCollection;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import io.henge.client.Page;
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.WriteOptions;
import io.henge.client.WriteResult;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A collection of a client in memory. Thread-safe. */
final class InMemoryCollection implements ItemCollection {
  private final InMemoryHengeClient client;
  private final String name;

  InMemoryCollection(InMemoryHengeClient client, String name) {
    this.client = client;
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public AsyncItemCollection async() {
    return new InMemoryAsync(this);
  }

  private WriteResult act(Key shardingKey, Key sortKey, WriteOptions options, Action action) {
    return client.apply(
        new InMemoryItems.Place(shardingKey, name, sortKey), options.condition(), action);
  }

  @Override
  public Optional<Item> get(Key shardingKey, Key sortKey, ReadOptions options) {
    client.requireCollection(name);
    return client.items().get(new InMemoryItems.Place(shardingKey, name, sortKey));
  }

  @Override
  public List<Optional<Item>> getAll(Key shardingKey, List<Key> sortKeys, ReadOptions options) {
    return sortKeys.stream().map(sortKey -> get(shardingKey, sortKey, options)).toList();
  }

  @Override
  public WriteResult put(Key shardingKey, Key sortKey, Value value, WriteOptions options) {
    return act(shardingKey, sortKey, options, new Action.Put(value, options.ttlMillis()));
  }

  @Override
  public WriteResult delete(Key shardingKey, Key sortKey, WriteOptions options) {
    return act(shardingKey, sortKey, options, Action.Remove.REMOVE);
  }

  @Override
  public WriteResult increment(Key shardingKey, Key sortKey, long delta, WriteOptions options) {
    return act(shardingKey, sortKey, options, new Action.Add(delta));
  }

  @Override
  public WriteResult append(Key shardingKey, Key sortKey, byte[] bytes, WriteOptions options) {
    return act(shardingKey, sortKey, options, new Action.Append(bytes));
  }

  @Override
  public boolean compareAndSet(Key shardingKey, Key sortKey, Value expected, Value value) {
    try {
      put(
          shardingKey,
          sortKey,
          value,
          WriteOptions.DEFAULT.onlyIf(new Condition.ValueIs(expected)));
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
    return act(shardingKey, sortKey, options, new Action.Touch(options.ttlMillis()));
  }

  @Override
  public Page scan(Key shardingKey, ScanOptions scan, ReadOptions options) {
    List<Item> found = new ArrayList<>();
    iterate(shardingKey, scan, options).forEachRemaining(found::add);
    return new Page(found, null);
  }

  @Override
  public Iterator<Item> iterate(Key shardingKey, ScanOptions scan, ReadOptions options) {
    client.requireCollection(name);
    return client.items().range(shardingKey, name, scan).iterator();
  }

  private record InMemoryAsync(ItemCollection items) implements AsyncItemCollection {
    @Override
    public CompletableFuture<Optional<Item>> get(
        Key shardingKey, Key sortKey, ReadOptions options) {
      return InMemoryHengeClient.future(() -> items.get(shardingKey, sortKey, options));
    }

    @Override
    public CompletableFuture<List<Optional<Item>>> getAll(
        Key shardingKey, List<Key> sortKeys, ReadOptions options) {
      return InMemoryHengeClient.future(() -> items.getAll(shardingKey, sortKeys, options));
    }

    @Override
    public CompletableFuture<WriteResult> put(
        Key shardingKey, Key sortKey, Value value, WriteOptions options) {
      return InMemoryHengeClient.future(() -> items.put(shardingKey, sortKey, value, options));
    }

    @Override
    public CompletableFuture<WriteResult> delete(
        Key shardingKey, Key sortKey, WriteOptions options) {
      return InMemoryHengeClient.future(() -> items.delete(shardingKey, sortKey, options));
    }

    @Override
    public CompletableFuture<WriteResult> increment(
        Key shardingKey, Key sortKey, long delta, WriteOptions options) {
      return InMemoryHengeClient.future(
          () -> items.increment(shardingKey, sortKey, delta, options));
    }

    @Override
    public CompletableFuture<WriteResult> append(
        Key shardingKey, Key sortKey, byte[] bytes, WriteOptions options) {
      return InMemoryHengeClient.future(() -> items.append(shardingKey, sortKey, bytes, options));
    }

    @Override
    public CompletableFuture<WriteResult> touch(
        Key shardingKey, Key sortKey, WriteOptions options) {
      return InMemoryHengeClient.future(() -> items.touch(shardingKey, sortKey, options));
    }

    @Override
    public CompletableFuture<Page> scan(Key shardingKey, ScanOptions scan, ReadOptions options) {
      return InMemoryHengeClient.future(() -> items.scan(shardingKey, scan, options));
    }
  }
}
