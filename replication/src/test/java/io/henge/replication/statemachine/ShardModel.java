package io.henge.replication.statemachine;

import io.henge.api.error.ErrorCode;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.RequestId;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.api.key.PhysicalKey;
import io.henge.document.Steps;
import io.henge.document.codec.DocumentCodec;
import io.henge.document.filter.FilterCodec;
import io.henge.document.patch.PatchCodec;
import io.henge.document.patch.PatchResult;
import io.henge.document.value.JsonNull;
import io.henge.document.value.JsonNumber;
import io.henge.document.value.JsonObject;
import io.henge.document.value.JsonValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a shard is to do, written down the simplest way: a map, copied for every command. Written
 * from the promises and not from the code; it knows no entries, batches, rows or indexes.
 */
final class ShardModel {
  record Item(Value value, long version, long expiresAtMillis) {}

  private record Memory(long notAfterMillis, WriteOutcome outcome) {}

  /** Why a command fails. */
  private static final class Failed extends Exception {
    private static final long serialVersionUID = 1L;
    final transient ErrorCode code;

    Failed(ErrorCode code) {
      this.code = code;
    }
  }

  private ShardDescription range;
  private final Map<RequestId, Memory> memory = new HashMap<>();
  private TreeMap<String, Item> items = new TreeMap<>();
  private long time;
  private long version;
  private boolean frozen;

  /** Expiries of items that are not (any more, or yet) the shard's but in its store. */
  private final List<Long> foreignExpiries = new ArrayList<>();

  ShardModel(ShardDescription range, long time) {
    this.range = range;
    this.time = time;
  }

  Map<String, Item> items() {
    return items;
  }

  long time() {
    return time;
  }

  long version() {
    return version;
  }

  ShardDescription range() {
    return range;
  }

  /** Gives the part from a key on away. */
  ShardModel split(byte[] at, long childId) {
    long epoch = range.epoch() + 1;
    ShardModel child = new ShardModel(new ShardDescription(childId, epoch, at, range.end()), time);
    child.version = version;
    child.memory.putAll(memory);
    child.foreignExpiries.addAll(foreignExpiries);
    String cut = HexFormat.of().formatHex(at);
    child.items = new TreeMap<>(items.tailMap(cut, true));
    items = new TreeMap<>(items.headMap(cut, false));
    range = new ShardDescription(range.shardId(), epoch, range.start(), at);
    // Either store holds the other's items, too.
    child.foreignExpiries.addAll(expiries(items.values()));
    foreignExpiries.addAll(expiries(child.items.values()));
    return child;
  }

  private static List<Long> expiries(Collection<Item> of) {
    return of.stream().map(Item::expiresAtMillis).filter(at -> at != 0).toList();
  }

  void trim() {
    foreignExpiries.clear();
  }

  void freeze(boolean on) {
    frozen = on;
  }

  /** Has a copy of a neighbour's item beside its own, which expires then (0 = never). */
  void copied(long expiresAtMillis) {
    if (expiresAtMillis > time) {
      foreignExpiries.add(expiresAtMillis);
    }
  }

  /** The neighbour's range is its own. */
  void merge(ShardModel neighbour) {
    foreignExpiries.clear();
    neighbour.memory.forEach(memory::putIfAbsent);
    items.putAll(neighbour.items);
    items.values().removeIf(it -> it.expiresAtMillis != 0 && it.expiresAtMillis <= time);
    version = Math.max(version, neighbour.version);
    range =
        new ShardDescription(
            range.shardId(),
            Math.max(range.epoch(), neighbour.range.epoch()) + 1,
            range.start(),
            neighbour.range.end());
  }

  void advance(long leaderTime) {
    if (frozen) {
      return;
    }
    time = Math.max(time, leaderTime);
    boolean foreign = foreignExpiries.removeIf(at -> at <= time);
    if (items.values().removeIf(it -> it.expiresAtMillis != 0 && it.expiresAtMillis <= time)
        || foreign) {
      version = Math.max(version + 1, time << 16);
    }
  }

  WriteOutcome apply(WriteCommand command) {
    if (command.mutations().isEmpty()) {
      return failure(ErrorCode.INVALID_ARGUMENT);
    }
    byte[] first = command.mutations().get(0).key();
    boolean divided = false;
    for (Mutation mutation : command.mutations()) {
      if (!range.contains(mutation.key())) {
        if (!range.contains(first) || !isOneShardingKey(first, mutation.key())) {
          return failure(ErrorCode.WRONG_SHARD);
        }
        divided = true;
      }
    }
    Memory remembered = memory.get(command.id());
    if (remembered != null && remembered.notAfterMillis >= time) {
      WriteOutcome was = remembered.outcome;
      return new WriteOutcome(
          was.error(), was.message(), was.failedMutation(), was.results(), version, time);
    }
    if (frozen) {
      return failure(ErrorCode.BUSY);
    }
    if (command.notAfterMillis() < time) {
      return failure(ErrorCode.OUTCOME_UNKNOWN);
    }
    if (command.notAfterMillis() - time > 600_000) {
      return failure(ErrorCode.INVALID_ARGUMENT);
    }
    WriteOutcome outcome = divided ? failure(ErrorCode.INVALID_ARGUMENT) : evaluate(command);
    if (outcome.error() == null || outcome.error() != ErrorCode.STALE_CATALOGUE) {
      memory.put(command.id(), new Memory(command.notAfterMillis(), outcome));
    }
    return outcome;
  }

  private static boolean isOneShardingKey(byte[] first, byte[] key) {
    try {
      return PhysicalKey.shardingKey(first).equals(PhysicalKey.shardingKey(key));
    } catch (RuntimeException e) {
      return false;
    }
  }

  private WriteOutcome evaluate(WriteCommand command) {
    TreeMap<String, Item> itemsBefore = new TreeMap<>(items);
    long versionBefore = version;
    try {
      requireWellFormed(command);
      requireKnown(command);
      List<WriteOutcome.Result> results = new ArrayList<>();
      for (Mutation mutation : command.mutations()) {
        results.add(evaluate(mutation));
      }
      return new WriteOutcome(null, null, -1, results, version, time);
    } catch (Failed e) {
      items = itemsBefore;
      version = versionBefore;
      return failure(e.code);
    }
  }

  private static void requireWellFormed(WriteCommand command) throws Failed {
    Key shardingKey = null;
    for (Mutation mutation : command.mutations()) {
      Key its;
      try {
        its = PhysicalKey.shardingKey(mutation.key());
      } catch (RuntimeException e) {
        throw new Failed(ErrorCode.INVALID_ARGUMENT);
      }
      if (shardingKey != null && !shardingKey.equals(its)) {
        throw new Failed(ErrorCode.INVALID_ARGUMENT);
      }
      shardingKey = its;
    }
  }

  private static void requireKnown(WriteCommand command) throws Failed {
    for (Mutation mutation : command.mutations()) {
      CollectionInfo info = collection(mutation);
      if (info == null) {
        throw new Failed(ErrorCode.STALE_CATALOGUE);
      } else if (info.dropped()) {
        throw new Failed(ErrorCode.NOT_FOUND);
      } else if (command.catalogueVersion() != 0 && command.catalogueVersion() < info.changedIn()) {
        throw new Failed(ErrorCode.STALE_CATALOGUE);
      }
    }
  }

  private static @Nullable CollectionInfo collection(Mutation mutation) {
    int id = PhysicalKey.collectionId(mutation.key());
    return TestShard.COLLECTIONS.stream().filter(info -> info.id() == id).findAny().orElse(null);
  }

  private WriteOutcome.Result evaluate(Mutation mutation) throws Failed {
    String key = HexFormat.of().formatHex(mutation.key());
    Item before = items.get(key);
    if (!holds(mutation.condition(), before)) {
      throw new Failed(ErrorCode.CONDITION_FAILED);
    }
    CollectionInfo info = collection(mutation);
    if (info == null) {
      throw new Failed(ErrorCode.STALE_CATALOGUE);
    }
    long ttlDefault = info.ttlMillisDefault();
    Action action = mutation.action();
    long counter = 0;
    requireKind(info, action);
    if (action instanceof Action.Put put) {
      Long said = info.documents() == null ? null : said(document(put.value()));
      set(key, put.value(), said != null ? said : expiry(put.ttlMillis(), ttlDefault));
    } else if (action instanceof Action.Patch patch) {
      patch(mutation.key(), before, patch, ttlDefault);
    } else if (action instanceof Action.Remove) {
      if (items.remove(key) != null) {
        version = Math.max(version + 1, time << 16);
      }
    } else if (action instanceof Action.Add add) {
      if (before != null && !(before.value instanceof Value.Counter)) {
        throw new Failed(ErrorCode.INVALID_ARGUMENT);
      }
      long from = before == null ? 0 : ((Value.Counter) before.value).value();
      BigInteger sum = BigInteger.valueOf(from).add(BigInteger.valueOf(add.delta()));
      if (sum.bitLength() > 63) {
        throw new Failed(ErrorCode.INVALID_ARGUMENT);
      }
      counter = sum.longValue();
      set(key, Value.of(counter), kept(before, ttlDefault));
    } else if (action instanceof Action.Append append) {
      if (before != null && !(before.value instanceof Value.Data)) {
        throw new Failed(ErrorCode.INVALID_ARGUMENT);
      }
      byte[] from = before == null ? new byte[0] : ((Value.Data) before.value).bytes();
      if (from.length + append.bytes().length > 1 << 20) {
        throw new Failed(ErrorCode.INVALID_ARGUMENT);
      }
      java.io.ByteArrayOutputStream joined = new java.io.ByteArrayOutputStream();
      joined.writeBytes(from);
      joined.writeBytes(append.bytes());
      set(key, Value.of(joined.toByteArray()), kept(before, ttlDefault));
    } else if (action instanceof Action.Touch touch) {
      if (before == null) {
        throw new Failed(ErrorCode.NOT_FOUND);
      }
      set(key, before.value, expiry(touch.ttlMillis(), ttlDefault));
    }
    boolean blind =
        action instanceof Action.Put
            && mutation.condition() instanceof Condition.None
            && !mutation.returnPrevious();
    Item after = items.get(key);
    return new WriteOutcome.Result(
        after == null ? 0 : after.version,
        counter,
        before != null && !blind,
        before != null && mutation.returnPrevious()
            ? new StoredItem(mutation.key(), before.value, before.version, before.expiresAtMillis)
            : null,
        after != null && mutation.returnCurrent()
            ? new StoredItem(mutation.key(), after.value, after.version, after.expiresAtMillis)
            : null);
  }

  private static void requireKind(CollectionInfo info, Action action) throws Failed {
    boolean forItems =
        action instanceof Action.Add
            || action instanceof Action.Append
            || action instanceof Action.Touch
            || (action instanceof Action.Put put && !(put.value() instanceof Value.Document));
    boolean forDocuments =
        action instanceof Action.Patch
            || (action instanceof Action.Put put && put.value() instanceof Value.Document);
    if (info.documents() == null ? forDocuments : forItems) {
      throw new Failed(ErrorCode.INVALID_ARGUMENT);
    }
  }

  private static JsonObject document(Value value) {
    return DocumentCodec.decode(((Value.Document) value).bytes());
  }

  /** When a document expires by its field {@code t}; null if it does not say. */
  private @Nullable Long said(JsonObject document) throws Failed {
    JsonValue field = document.get("t");
    if (field == null || field instanceof JsonNull) {
      return null;
    }
    if (!(field instanceof JsonNumber number)) {
      throw new Failed(ErrorCode.INVALID_ARGUMENT);
    }
    BigDecimal at = number.decimal();
    boolean whole = at.remainder(BigDecimal.ONE).signum() == 0;
    if (at.signum() < 0 || !whole || at.toBigInteger().bitLength() > 47) {
      throw new Failed(ErrorCode.INVALID_ARGUMENT);
    }
    return Math.max(at.longValue(), time + 1);
  }

  private void patch(byte[] key, @Nullable Item before, Action.Patch patch, long ttlDefault)
      throws Failed {
    if (before == null && patch.initial().length == 0) {
      throw new Failed(ErrorCode.NOT_FOUND);
    }
    JsonObject from =
        before == null ? DocumentCodec.decode(patch.initial()) : document(before.value);
    PatchResult result = PatchCodec.decode(patch.patch()).apply(from, Steps.standard());
    if (!(result instanceof PatchResult.Patched patched)) {
      throw new Failed(ErrorCode.INVALID_ARGUMENT);
    }
    JsonObject to = patched.document();
    boolean keeps =
        JsonValue.of(PhysicalKey.shardingKey(key).parts().get(0)).equals(to.get("s"))
            && JsonValue.of(PhysicalKey.sortKey(key).parts().get(0)).equals(to.get("i"));
    if (!keeps) {
      throw new Failed(ErrorCode.INVALID_ARGUMENT);
    }
    if (before != null && to.equals(from)) {
      return;
    }
    Long said = said(to);
    long expiresAtMillis =
        said != null
            ? said
            : before != null && said(from) == null ? before.expiresAtMillis : expiry(0, ttlDefault);
    set(
        HexFormat.of().formatHex(key),
        new Value.Document(DocumentCodec.encode(to)),
        expiresAtMillis);
  }

  private void set(String key, Value value, long expiresAtMillis) {
    version = Math.max(version + 1, time << 16);
    items.put(key, new Item(value, version, expiresAtMillis));
  }

  private static boolean holds(Condition condition, @Nullable Item item) {
    if (condition instanceof Condition.Absent) {
      return item == null;
    } else if (condition instanceof Condition.Present) {
      return item != null;
    } else if (condition instanceof Condition.VersionIs is) {
      return item != null && item.version == is.version();
    } else if (condition instanceof Condition.ValueIs is) {
      return item != null && item.value.equals(is.value());
    } else if (condition instanceof Condition.Matches matches) {
      return item != null
          && item.value instanceof Value.Document
          && FilterCodec.decode(matches.filter()).test(document(item.value));
    }
    return true;
  }

  private long kept(@Nullable Item before, long ttlDefault) throws Failed {
    return before == null ? expiry(0, ttlDefault) : before.expiresAtMillis;
  }

  private long expiry(long ttl, long ttlDefault) throws Failed {
    long of = ttl == 0 ? ttlDefault : ttl;
    if (of == -1 || of == 0) {
      return 0;
    }
    if (of < 0 || of > (1L << 47) - 1 - time) {
      throw new Failed(ErrorCode.INVALID_ARGUMENT);
    }
    return time + of;
  }

  private WriteOutcome failure(ErrorCode code) {
    return new WriteOutcome(code, null, -1, List.of(), version, time);
  }
}
