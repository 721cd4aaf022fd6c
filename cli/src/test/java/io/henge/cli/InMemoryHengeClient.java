package io.henge.cli;

import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.key.Key;
import io.henge.client.Admin;
import io.henge.client.Batch;
import io.henge.client.ClientStatistics;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentMapper;
import io.henge.client.Explanation;
import io.henge.client.FamilyItem;
import io.henge.client.FamilyPage;
import io.henge.client.HengeClient;
import io.henge.client.ItemCollection;
import io.henge.client.Operations;
import io.henge.client.ReadOptions;
import io.henge.client.Session;
import io.henge.client.WriteOptions;
import io.henge.client.WriteResult;
import io.henge.document.value.JsonObject;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A cluster in a few maps, so that commands are tested without one. Thread-safe. */
final class InMemoryHengeClient implements HengeClient {
  private final InMemoryItems items = new InMemoryItems();
  private final InMemoryAdmin admin = new InMemoryAdmin(items, this::fail);
  final InMemoryOperations shape = new InMemoryOperations(admin::nodeNames);
  private volatile boolean closed;

  /** When set, every call fails with it. */
  volatile @Nullable HengeException failure;

  /** Whether only the next call fails. */
  volatile boolean failOnce;

  /** Lets time pass; what is due is gone. */
  void advance(Duration time) {
    items.advance(time);
  }

  /** Forgets the item that was changed last, as if an acknowledged write had been lost. */
  void loseTheNewest() {
    items.loseTheNewest();
  }

  /** Nodes besides the first, as the state of the cluster shows them. */
  void addNodes(String... names) {
    admin.addNodes(names);
  }

  boolean closed() {
    return closed;
  }

  @Override
  public ItemCollection collection(String name) {
    return new InMemoryCollection(this, name);
  }

  @Override
  public DocumentCollection<JsonObject> documents(String name) {
    throw new UnsupportedOperationException("this double holds items only");
  }

  @Override
  public <T> DocumentCollection<T> documents(String name, Class<T> type) {
    throw new UnsupportedOperationException("this double holds items only");
  }

  @Override
  public <T> DocumentCollection<T> documents(String name, DocumentMapper<T> mapper) {
    throw new UnsupportedOperationException("this double holds items only");
  }

  @Override
  public Iterator<FamilyItem> family(Key shardingKey, ReadOptions options) {
    return items.family(shardingKey).iterator();
  }

  @Override
  public FamilyPage familyPage(
      Key shardingKey, int limit, byte @Nullable [] cursor, ReadOptions options) {
    int from = cursor == null ? 0 : ByteBuffer.wrap(cursor).getInt();
    List<FamilyItem> all = List.copyOf(items.family(shardingKey));
    int to = limit == 0 ? all.size() : Math.min(all.size(), from + limit);
    return new FamilyPage(
        all.subList(from, to),
        to == all.size() ? null : ByteBuffer.allocate(Integer.BYTES).putInt(to).array());
  }

  @Override
  public CompletableFuture<FamilyPage> familyPageAsync(
      Key shardingKey, int limit, byte @Nullable [] cursor, ReadOptions options) {
    return future(() -> familyPage(shardingKey, limit, cursor, options));
  }

  @Override
  public List<WriteResult> write(Batch batch, WriteOptions options) {
    return items.atomically(
        () -> {
          List<WriteResult> results = new ArrayList<>();
          for (Batch.Step step : batch.steps()) {
            InMemoryItems.Place place =
                new InMemoryItems.Place(batch.shardingKey(), step.collection(), step.sortKey());
            results.add(apply(place, step.condition(), step.action()));
          }
          return results;
        });
  }

  @Override
  public CompletableFuture<List<WriteResult>> writeAsync(Batch batch, WriteOptions options) {
    return future(() -> write(batch, options));
  }

  /** One write, to a collection that there is. */
  WriteResult apply(InMemoryItems.Place place, Condition condition, Action action) {
    fail();
    return items.apply(place, condition, action, admin.known(place.collection()).ttl());
  }

  /** Fails as it is told to, or if there is no such collection. */
  void requireCollection(String name) {
    fail();
    admin.known(name);
  }

  InMemoryItems items() {
    return items;
  }

  private void fail() {
    HengeException now = failure;
    if (now != null) {
      if (failOnce) {
        failure = null;
      }
      throw now;
    }
  }

  /** What a call gives, or how it fails. */
  static <T> CompletableFuture<T> future(Supplier<T> work) {
    try {
      return CompletableFuture.completedFuture(work.get());
    } catch (HengeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public Explanation explainGet(
      String collection, Key shardingKey, Key sortKey, ReadOptions options) {
    return new Explanation(
        collection(collection).get(shardingKey, sortKey, options),
        1,
        1,
        "n1",
        "leader",
        1,
        0,
        40,
        250,
        List.of("routed to shard 1 by map version 7", "read on n1 under its lease"));
  }

  @Override
  public Operations operations() {
    return shape;
  }

  @Override
  public Admin admin() {
    return admin;
  }

  @Override
  public HengeClient within(Session session) {
    return this;
  }

  @Override
  public ClientStatistics statistics() {
    return new ClientStatistics(0, 0, 0, 0, 0, 7);
  }

  @Override
  public void close() {
    closed = true;
  }
}
