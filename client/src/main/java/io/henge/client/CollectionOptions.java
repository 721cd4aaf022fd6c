package io.henge.client;

import java.time.Duration;

/**
 * Properties of a new collection.
 *
 * @param ttl after which its items expire by default; zero = never
 * @param divisible whether a boundary between shards may fall inside the items of one sharding key,
 *     so that these can grow beyond what one shard takes. A batch whose items lie on both sides of
 *     one is refused with INVALID_ARGUMENT, which names the boundary; reads and scans go on
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
