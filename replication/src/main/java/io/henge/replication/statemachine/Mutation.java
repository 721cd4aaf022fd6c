package io.henge.replication.statemachine;

import io.henge.api.item.Action;
import io.henge.api.item.Condition;

/**
 * One change of one item.
 *
 * @param key the item's physical key
 */
public record Mutation(byte[] key, Condition condition, Action action, boolean returnPrevious) {}
