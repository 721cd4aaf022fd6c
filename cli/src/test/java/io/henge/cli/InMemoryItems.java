package io.henge.cli;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import io.henge.client.FamilyItem;
import io.henge.client.Item;
import io.henge.client.ScanOptions;
import io.henge.client.WriteResult;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Items of named collections in a map, and the time by which they expire. Thread-safe. */
final class InMemoryItems {
  record Place(Key shardingKey, String collection, Key sortKey) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int order = shardingKey.compareTo(other.shardingKey);
      order = order != 0 ? order : collection.compareTo(other.collection);
      return order != 0 ? order : sortKey.compareTo(other.sortKey);
    }
  }

  private final NavigableMap<Place, Item> items = new TreeMap<>();
  private long version = 1_000;
  private long nowMillis = 1_800_000_000_000L;

  /** Lets time pass; what is due is gone. */
  synchronized void advance(Duration time) {
    nowMillis += time.toMillis();
    items
        .values()
        .removeIf(i -> i.expiresAt().filter(t -> t.toEpochMilli() <= nowMillis).isPresent());
  }

  /** Forgets the item that was changed last. */
  synchronized void loseTheNewest() {
    items.values().stream()
        .max(Comparator.comparingLong(Item::version))
        .ifPresent(newest -> items.values().remove(newest));
  }

  /** Forgets all of a collection. */
  synchronized void drop(String collection) {
    items.keySet().removeIf(place -> place.collection().equals(collection));
  }

  synchronized Optional<Item> get(Place place) {
    return Optional.ofNullable(items.get(place));
  }

  /** All items of a sharding key, in the order of their keys. */
  synchronized List<FamilyItem> family(Key shardingKey) {
    List<FamilyItem> family = new ArrayList<>();
    items.forEach(
        (place, item) -> {
          if (place.shardingKey().equals(shardingKey)) {
            family.add(new FamilyItem(place.collection(), item));
          }
        });
    return family;
  }

  /** Those of one sharding key of a collection, in the order that is asked for. */
  synchronized List<Item> range(Key shardingKey, String collection, ScanOptions scan) {
    Key from = scan.from();
    Key to = scan.to();
    List<Item> range = new ArrayList<>();
    Place first = new Place(shardingKey, collection, from == null ? Key.EMPTY : from);
    for (Map.Entry<Place, Item> entry : items.tailMap(first).entrySet()) {
      Place place = entry.getKey();
      if (!place.shardingKey().equals(shardingKey)
          || !place.collection().equals(collection)
          || (to != null && place.sortKey().compareTo(to) >= 0)) {
        break;
      }
      range.add(entry.getValue());
    }
    if (scan.reverse()) {
      Collections.reverse(range);
    }
    return range;
  }

  /** Does what is given, all of it or nothing. */
  synchronized <T> T atomically(Supplier<T> work) {
    NavigableMap<Place, Item> before = new TreeMap<>(items);
    try {
      return work.get();
    } catch (HengeException e) {
      items.clear();
      items.putAll(before);
      throw e;
    }
  }

  /**
   * One write.
   *
   * @param ttlDefault of the item's collection
   */
  synchronized WriteResult apply(
      Place place, Condition condition, Action action, Duration ttlDefault) {
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
            expiry(action, before, ttlDefault));
    items.put(place, item);
    long counter = value instanceof Value.Counter number ? number.value() : 0;
    return new WriteResult(item.version(), counter, before != null, Optional.ofNullable(before));
  }

  private static @Nullable Value next(Action action, @Nullable Item before) {
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

  private Optional<Instant> expiry(Action action, @Nullable Item before, Duration ttlDefault) {
    long ttl;
    if (action instanceof Action.Put put) {
      ttl = put.ttlMillis();
    } else if (action instanceof Action.Touch touch) {
      ttl = touch.ttlMillis();
    } else {
      return before == null ? Optional.empty() : before.expiresAt();
    }
    long millis = ttl == Action.TTL_DEFAULT ? ttlDefault.toMillis() : ttl;
    return millis > 0 ? Optional.of(Instant.ofEpochMilli(nowMillis + millis)) : Optional.empty();
  }

  private static void require(Condition condition, @Nullable Item before) {
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
}
