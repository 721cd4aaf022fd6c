package io.henge.client;

import java.util.Optional;

/**
 * What became of a mutation.
 *
 * @param version of the item afterwards; 0 = there is none
 * @param counter new value of a counter, after an increment
 * @param existed whether there was an item before
 * @param previous the item before, if it was asked for and existed
 * @param current the item afterwards, if it was asked for and exists; of documents only
 */
public record WriteResult(
    long version, long counter, boolean existed, Optional<Item> previous, Optional<Item> current) {

  public WriteResult(long version, long counter, boolean existed, Optional<Item> previous) {
    this(version, counter, existed, previous, Optional.empty());
  }
}
