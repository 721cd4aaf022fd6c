package io.henge.client;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.api.item.Value;
import io.henge.api.key.Key;
import java.util.ArrayList;
import java.util.List;

/**
 * Mutations of items of one sharding key, in one or several collections: all take effect, or none.
 */
public final class Batch {
  /**
   * One mutation.
   *
   * @param returning what its {@link WriteResult} has of the item
   */
  public record Step(
      String collection, Key sortKey, Condition condition, Action action, Returning returning) {}

  private final Key shardingKey;
  private final List<Step> steps = new ArrayList<>();

  private Batch(Key shardingKey) {
    this.shardingKey = shardingKey;
  }

  public static Batch on(Key shardingKey) {
    return new Batch(shardingKey);
  }

  public Batch put(String collection, Key sortKey, Value value) {
    return add(collection, sortKey, Condition.none(), new Action.Put(value, Action.TTL_DEFAULT));
  }

  public Batch delete(String collection, Key sortKey) {
    return add(collection, sortKey, Condition.none(), Action.Remove.REMOVE);
  }

  public Batch increment(String collection, Key sortKey, long delta) {
    return add(collection, sortKey, Condition.none(), new Action.Add(delta));
  }

  public Batch append(String collection, Key sortKey, byte[] bytes) {
    return add(collection, sortKey, Condition.none(), new Action.Append(bytes));
  }

  /** A condition alone: without it the whole batch fails. */
  public Batch require(String collection, Key sortKey, Condition condition) {
    return add(collection, sortKey, condition, Action.Check.CHECK);
  }

  public Batch add(String collection, Key sortKey, Condition condition, Action action) {
    return add(collection, sortKey, condition, action, Returning.NOTHING);
  }

  /** The same, with what its result is to have of the item. */
  public Batch add(
      String collection, Key sortKey, Condition condition, Action action, Returning returning) {
    steps.add(new Step(collection, sortKey, condition, action, returning));
    return this;
  }

  public Key shardingKey() {
    return shardingKey;
  }

  public List<Step> steps() {
    return List.copyOf(steps);
  }
}
