package io.henge.cli;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.Admin;
import io.henge.client.AsyncItemCollection;
import io.henge.client.Batch;
import io.henge.client.ClientStatistics;
import io.henge.client.ClusterStatus;
import io.henge.client.CollectionOptions;
import io.henge.client.CopiesStatus;
import io.henge.client.Copy;
import io.henge.client.DocumentCollection;
import io.henge.client.DocumentMapper;
import io.henge.client.Explanation;
import io.henge.client.FamilyItem;
import io.henge.client.FeatureLevels;
import io.henge.client.HengeClient;
import io.henge.client.Index;
import io.henge.client.Item;
import io.henge.client.ItemCollection;
import io.henge.client.Operations;
import io.henge.client.Page;
import io.henge.client.ReadOptions;
import io.henge.client.ScanOptions;
import io.henge.client.Session;
import io.henge.client.WriteOptions;
import io.henge.client.WriteResult;
import io.henge.document.value.JsonObject;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.DoubleConsumer;
import java.util.function.Supplier;

/** A cluster in a few maps, so that commands are tested without one. Thread-safe by one lock. */
final class InMemoryHengeClient implements HengeClient {
  private static final String NODE = "00000000000000aa";

  private record Place(Key shardingKey, String collection, Key sortKey)
      implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int order = shardingKey.compareTo(other.shardingKey);
      order = order != 0 ? order : collection.compareTo(other.collection);
      return order != 0 ? order : sortKey.compareTo(other.sortKey);
    }
  }

  private final NavigableMap<Place, Item> items = new TreeMap<>();
  private final NavigableMap<String, Admin.CollectionInfo> collections = new TreeMap<>();
  private long version = 1_000;
  private int nextCollection = 1;
  private long nowMillis = 1_800_000_000_000L;
  private boolean closed;
  private int level = 1;
  private final List<String> otherNodes = new ArrayList<>();
  final InMemoryOperations shape = new InMemoryOperations(this::nodeNames);

  /** When set, every call fails with it. */
  volatile @org.jspecify.annotations.Nullable HengeException failure;

  /** Whether only the next call fails. */
  volatile boolean failOnce;

  /** Lets time pass; what is due is gone. */
  synchronized void advance(Duration time) {
    nowMillis += time.toMillis();
    items
        .values()
        .removeIf(i -> i.expiresAt().filter(t -> t.toEpochMilli() <= nowMillis).isPresent());
  }

  /** Forgets the item that was changed last, as if an acknowledged write had been lost. */
  synchronized void loseTheNewest() {
    items.values().stream()
        .max(java.util.Comparator.comparingLong(Item::version))
        .ifPresent(newest -> items.values().remove(newest));
  }

  /** Nodes besides the first, as the state of the cluster shows them. */
  synchronized void addNodes(String... names) {
    otherNodes.addAll(List.of(names));
  }

  synchronized boolean closed() {
    return closed;
  }

  @Override
  public ItemCollection collection(String name) {
    return new InMemoryCollection(name);
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
    List<FamilyItem> family = new ArrayList<>();
    synchronized (this) {
      items.forEach(
          (place, item) -> {
            if (place.shardingKey().equals(shardingKey)) {
              family.add(new FamilyItem(place.collection(), item));
            }
          });
    }
    return family.iterator();
  }

  @Override
  public synchronized List<WriteResult> write(Batch batch, WriteOptions options) {
    NavigableMap<Place, Item> before = new TreeMap<>(items);
    try {
      List<WriteResult> results = new ArrayList<>();
      for (Batch.Step step : batch.steps()) {
        Place place = new Place(batch.shardingKey(), step.collection(), step.sortKey());
        results.add(apply(place, step.condition(), step.action()));
      }
      return results;
    } catch (HengeException e) {
      items.clear();
      items.putAll(before);
      throw e;
    }
  }

  @Override
  public CompletableFuture<List<WriteResult>> writeAsync(Batch batch, WriteOptions options) {
    return future(() -> write(batch, options));
  }

  private synchronized WriteResult apply(Place place, Condition condition, Action action) {
    fail();
    Admin.CollectionInfo collection = known(place.collection());
    Item before = items.get(place);
    require(condition, before);
    Value value = next(action, before);
    if (value == null) {
      items.remove(place);
      return new WriteResult(0, 0, before != null, Optional.ofNullable(before));
    }
    Item item =
        new Item(
            place.shardingKey(),
            place.sortKey(),
            value,
            ++version,
            expiry(action, before, collection));
    items.put(place, item);
    long counter = value instanceof Value.Counter number ? number.value() : 0;
    return new WriteResult(item.version(), counter, before != null, Optional.ofNullable(before));
  }

  private static @org.jspecify.annotations.Nullable Value next(
      Action action, @org.jspecify.annotations.Nullable Item before) {
    if (action instanceof Action.Put put) {
      return put.value();
    } else if (action instanceof Action.Add add) {
      if (before != null && !(before.value() instanceof Value.Counter)) {
        throw HengeException.invalid("increment: the item holds bytes, expected a counter");
      }
      return Value.of(add.delta() + (before == null ? 0 : before.counter()));
    } else if (action instanceof Action.Append append) {
      ByteArrayOutputStream joined = new ByteArrayOutputStream();
      joined.writeBytes(before == null ? new byte[0] : before.bytes());
      joined.writeBytes(append.bytes());
      return Value.of(joined.toByteArray());
    } else if (action instanceof Action.Touch) {
      if (before == null) {
        throw new HengeException(ErrorCode.NOT_FOUND, "touch: there is no such item");
      }
      return before.value();
    }
    return null;
  }

  private Optional<Instant> expiry(
      Action action,
      @org.jspecify.annotations.Nullable Item before,
      Admin.CollectionInfo collection) {
    long ttl;
    if (action instanceof Action.Put put) {
      ttl = put.ttlMillis();
    } else if (action instanceof Action.Touch touch) {
      ttl = touch.ttlMillis();
    } else {
      return before == null ? Optional.empty() : before.expiresAt();
    }
    long millis = ttl == Action.TTL_DEFAULT ? collection.ttl().toMillis() : ttl;
    return millis > 0 ? Optional.of(Instant.ofEpochMilli(nowMillis + millis)) : Optional.empty();
  }

  private static void require(Condition condition, @org.jspecify.annotations.Nullable Item before) {
    boolean holds = true;
    if (condition == Condition.absent()) {
      holds = before == null;
    } else if (condition == Condition.present()) {
      holds = before != null;
    } else if (condition instanceof Condition.VersionIs is) {
      holds = before != null && before.version() == is.version();
    } else if (condition instanceof Condition.ValueIs is) {
      holds = before != null && before.value().equals(is.value());
    }
    if (!holds) {
      throw new HengeException(ErrorCode.CONDITION_FAILED, "the condition does not hold");
    }
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

  private Admin.CollectionInfo known(String name) {
    Admin.CollectionInfo found = collections.get(name);
    if (found == null) {
      throw new HengeException(ErrorCode.NOT_FOUND, "there is no collection " + name);
    }
    return found;
  }

  private static <T> CompletableFuture<T> future(Supplier<T> work) {
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

  private List<String> nodeNames() {
    List<String> names = new ArrayList<>(otherNodes);
    names.add("n1");
    return names;
  }

  @Override
  public Operations operations() {
    return shape;
  }

  @Override
  public Admin admin() {
    return new InMemoryAdmin();
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
  public synchronized void close() {
    closed = true;
  }

  private final class InMemoryAdmin implements Admin {
    @Override
    public CollectionInfo createCollection(String name, CollectionOptions options) {
      synchronized (InMemoryHengeClient.this) {
        fail();
        CollectionInfo there = collections.get(name);
        if (there != null && !options.ifAbsent()) {
          throw new HengeException(ErrorCode.ALREADY_EXISTS, "collection " + name + " exists");
        }
        if (there == null) {
          there = new CollectionInfo(nextCollection++, name, options.ttl(), options.divisible());
          collections.put(name, there);
        }
        return there;
      }
    }

    @Override
    public Verification verify(String collection, boolean repair, DoubleConsumer progress) {
      throw new UnsupportedOperationException("no copies here");
    }

    @Override
    public void dropCollection(String name) {
      synchronized (InMemoryHengeClient.this) {
        fail();
        known(name);
        collections.remove(name);
        items.keySet().removeIf(place -> place.collection().equals(name));
      }
    }

    @Override
    public List<CollectionInfo> collections() {
      synchronized (InMemoryHengeClient.this) {
        fail();
        return List.copyOf(collections.values());
      }
    }

    @Override
    public int createIndex(String collection, Index index) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void dropIndex(String collection, String name) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<IndexStatus> indexes() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int createCopy(Copy copy) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void dropCopy(int id, boolean keep) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void dropCopy(String holder, String path, boolean keep) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<CopyStatus> copies() {
      throw new UnsupportedOperationException();
    }

    @Override
    public CopiesStatus copiesStatus(String collection) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void keepChanges(String collection, Duration retention, boolean before) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void dropChanges(String collection) {
      throw new UnsupportedOperationException();
    }

    @Override
    public ClusterStatus status() {
      fail();
      List<ClusterStatus.Node> nodes = new ArrayList<>();
      nodes.add(node(NODE, "n1"));
      otherNodes.forEach(name -> nodes.add(node("id-" + name, name)));
      byte[] half = {(byte) 0x80, 0, 0, 0, 0, 0, 0, 0};
      return new ClusterStatus(
          "c1",
          7,
          1,
          3,
          1,
          NODE,
          nodes,
          List.of(shard(1, new byte[0], half), shard(2, half, new byte[0])),
          List.of("1 node: every shard has 1 copy; 3 nodes are needed for 3 copies"));
    }

    private ClusterStatus.Node node(String id, String name) {
      return new ClusterStatus.Node(
          id,
          name,
          "127.0.0.1:7400",
          "127.0.0.1:7401",
          "127.0.0.1:7402",
          "default",
          "up",
          true,
          3_725_000,
          2,
          2,
          3_145_728,
          "0.1.0");
    }

    private ClusterStatus.Shard shard(long id, byte[] start, byte[] end) {
      return new ClusterStatus.Shard(
          id,
          1,
          start,
          end,
          NODE,
          List.of(new ClusterStatus.Replica(NODE, "leader", 3, 120, 100, 1, 12, 2_048, 30, 40)));
    }

    @Override
    public void transferLeader(long shardId, String node) {
      fail();
    }

    @Override
    public FeatureLevels featureLevels() {
      fail();
      return new FeatureLevels(
          level,
          2,
          List.of(
              new FeatureLevels.Level(1, "items", List.of()),
              new FeatureLevels.Level(2, "documents", List.of()),
              new FeatureLevels.Level(3, "indexes", List.of("n1"))),
          List.of(new FeatureLevels.Node(NODE, "n1", 2), new FeatureLevels.Node("id-n2", "n2", 3)));
    }

    @Override
    public FeatureLevels raiseFeatureLevel(int wanted) {
      fail();
      if (wanted < level) {
        throw HengeException.invalid("the feature level is " + level + " and never falls");
      } else if (wanted > 2) {
        throw new HengeException(ErrorCode.CONDITION_FAILED, "node n1 reads up to 2");
      }
      level = wanted;
      return featureLevels();
    }
  }

  private final class InMemoryCollection implements ItemCollection {
    private final String name;

    InMemoryCollection(String name) {
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
      return apply(new Place(shardingKey, name, sortKey), options.condition(), action);
    }

    @Override
    public Optional<Item> get(Key shardingKey, Key sortKey, ReadOptions options) {
      synchronized (InMemoryHengeClient.this) {
        fail();
        known(name);
        return Optional.ofNullable(items.get(new Place(shardingKey, name, sortKey)));
      }
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
      synchronized (InMemoryHengeClient.this) {
        fail();
        known(name);
        Key from = scan.from();
        Key to = scan.to();
        List<Item> range = new ArrayList<>();
        Place first = new Place(shardingKey, name, from == null ? Key.EMPTY : from);
        for (Map.Entry<Place, Item> entry : items.tailMap(first).entrySet()) {
          Place place = entry.getKey();
          if (!place.shardingKey().equals(shardingKey)
              || !place.collection().equals(name)
              || (to != null && place.sortKey().compareTo(to) >= 0)) {
            break;
          }
          range.add(entry.getValue());
        }
        if (scan.reverse()) {
          Collections.reverse(range);
        }
        return range.iterator();
      }
    }
  }

  private record InMemoryAsync(ItemCollection items) implements AsyncItemCollection {
    @Override
    public CompletableFuture<Optional<Item>> get(
        Key shardingKey, Key sortKey, ReadOptions options) {
      return future(() -> items.get(shardingKey, sortKey, options));
    }

    @Override
    public CompletableFuture<List<Optional<Item>>> getAll(
        Key shardingKey, List<Key> sortKeys, ReadOptions options) {
      return future(() -> items.getAll(shardingKey, sortKeys, options));
    }

    @Override
    public CompletableFuture<WriteResult> put(
        Key shardingKey, Key sortKey, Value value, WriteOptions options) {
      return future(() -> items.put(shardingKey, sortKey, value, options));
    }

    @Override
    public CompletableFuture<WriteResult> delete(
        Key shardingKey, Key sortKey, WriteOptions options) {
      return future(() -> items.delete(shardingKey, sortKey, options));
    }

    @Override
    public CompletableFuture<WriteResult> increment(
        Key shardingKey, Key sortKey, long delta, WriteOptions options) {
      return future(() -> items.increment(shardingKey, sortKey, delta, options));
    }

    @Override
    public CompletableFuture<WriteResult> append(
        Key shardingKey, Key sortKey, byte[] bytes, WriteOptions options) {
      return future(() -> items.append(shardingKey, sortKey, bytes, options));
    }

    @Override
    public CompletableFuture<WriteResult> touch(
        Key shardingKey, Key sortKey, WriteOptions options) {
      return future(() -> items.touch(shardingKey, sortKey, options));
    }

    @Override
    public CompletableFuture<Page> scan(Key shardingKey, ScanOptions scan, ReadOptions options) {
      return future(() -> items.scan(shardingKey, scan, options));
    }
  }
}
