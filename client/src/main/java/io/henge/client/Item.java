package io.henge.client;

import io.henge.api.item.Value;
import io.henge.api.key.Key;
import java.time.Instant;
import java.util.Optional;

/**
 * An item as it was read.
 *
 * @param version rises with every change of the item, for ever
 * @param expiresAt when it expires, in the shard's replicated time
 */
public record Item(
    Key shardingKey, Key sortKey, Value value, long version, Optional<Instant> expiresAt) {
  /** The bytes of the value; a counter as decimal digits. */
  public byte[] bytes() {
    return value instanceof Value.Data data
        ? data.bytes()
        : Long.toString(counter()).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  /** The value as text; a counter as decimal digits. */
  public String text() {
    return new String(bytes(), java.nio.charset.StandardCharsets.UTF_8);
  }

  /** The value of a counter. */
  public long counter() {
    if (value instanceof Value.Counter counter) {
      return counter.value();
    }
    throw new IllegalStateException("the value is bytes, not a counter");
  }
}
