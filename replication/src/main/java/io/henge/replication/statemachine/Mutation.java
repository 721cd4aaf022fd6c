package io.henge.replication.statemachine;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;

/**
 * One change of one item.
 *
 * @param key the item's physical key
 * @param returnPrevious whether the item before is part of the result
 * @param returnCurrent whether the item afterwards is; of collections of documents only
 */
public record Mutation(
    byte[] key, Condition condition, Action action, boolean returnPrevious, boolean returnCurrent) {

  public Mutation(byte[] key, Condition condition, Action action, boolean returnPrevious) {
    this(key, condition, action, returnPrevious, false);
  }
}
