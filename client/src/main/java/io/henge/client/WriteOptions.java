package io.henge.client;

import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import java.time.Duration;

/**
 * How to write.
 *
 * @param condition must hold, or the write fails with CONDITION_FAILED
 * @param ttlMillis until it expires; {@link Action#TTL_DEFAULT} or {@link Action#TTL_NEVER}
 * @param returnPrevious whether to answer with the item as it was before
 * @param timeout for the call with all its retries; {@link Duration#ZERO} = the client's default
 */
public record WriteOptions(
    Condition condition, long ttlMillis, boolean returnPrevious, Duration timeout) {
  public static final WriteOptions DEFAULT =
      new WriteOptions(Condition.none(), Action.TTL_DEFAULT, false, Duration.ZERO);

  public WriteOptions onlyIf(Condition required) {
    return new WriteOptions(required, ttlMillis, returnPrevious, timeout);
  }

  /**
   * Expires after so long.
   *
   * @throws HengeException INVALID_ARGUMENT for less than a millisecond
   */
  public WriteOptions ttl(Duration ttl) {
    if (ttl.compareTo(Duration.ofMillis(1)) < 0) {
      // Zero milliseconds would mean "the collection's default".
      throw HengeException.invalid("ttl: at least 1 ms expected, found " + ttl);
    }
    return new WriteOptions(condition, ttl.toMillis(), returnPrevious, timeout);
  }

  public WriteOptions neverExpires() {
    return new WriteOptions(condition, Action.TTL_NEVER, returnPrevious, timeout);
  }

  public WriteOptions returningPrevious() {
    return new WriteOptions(condition, ttlMillis, true, timeout);
  }

  public WriteOptions timeout(Duration limit) {
    return new WriteOptions(condition, ttlMillis, returnPrevious, limit);
  }
}
