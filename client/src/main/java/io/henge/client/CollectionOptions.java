package io.henge.client;

import java.time.Duration;

/**
 * Properties of a new collection.
 *
 * @param ttl after which its items expire by default; zero = never
 * @param divisible whether a boundary may fall inside the items of one sharding key; batches are
 *     then atomic per item only
 * @param ifAbsent succeed if it is there already with these properties
 */
public record CollectionOptions(Duration ttl, boolean divisible, boolean ifAbsent) {
  public static CollectionOptions defaults() {
    return new CollectionOptions(Duration.ZERO, false, false);
  }

  public CollectionOptions onlyIfAbsent() {
    return new CollectionOptions(ttl, divisible, true);
  }

  public CollectionOptions withTtl(Duration limit) {
    return new CollectionOptions(limit, divisible, ifAbsent);
  }

  public CollectionOptions thatIsDivisible() {
    return new CollectionOptions(ttl, true, ifAbsent);
  }
}
