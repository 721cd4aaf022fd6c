package io.henge.client;

import java.util.Optional;

/**
 * What became of a mutation.
 *
 * @param version of the item afterwards; 0 = there is none
 * @param counter new value of a counter, after an increment
 * @param existed whether there was an item before
 * @param previous the item before, if it was asked for and existed
 */
public record WriteResult(long version, long counter, boolean existed, Optional<Item> previous) {}
