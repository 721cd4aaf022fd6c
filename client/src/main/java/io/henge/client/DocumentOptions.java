package io.henge.client;

import io.henge.api.error.HengeException;
import io.henge.api.item.Action;
import io.henge.api.item.Condition;
import io.henge.document.filter.Filter;
import io.henge.document.filter.FilterCodec;
import java.time.Duration;

/**
 * How to write a document.
 *
 * @param condition must hold, or the write fails with CONDITION_FAILED
 * @param ttlMillis until it expires, unless the document says so itself; {@link Action#TTL_DEFAULT}
 *     or {@link Action#TTL_NEVER}
 * @param returning what to give back
 * @param timeout for the call with all its retries; {@link Duration#ZERO} = the client's default
 */
public record DocumentOptions(
    Condition condition, long ttlMillis, Returning returning, Duration timeout) {
  public static final DocumentOptions DEFAULT =
      new DocumentOptions(Condition.none(), Action.TTL_DEFAULT, Returning.NOTHING, Duration.ZERO);

  /**
   * Only if there is a document and this holds for it.
   *
   * @throws HengeException INVALID_ARGUMENT for a filter with a pattern: see {@link
   *     Filter#deterministic}
   */
  public DocumentOptions onlyIf(Filter filter) {
    return onlyIf(new Condition.Matches(FilterCodec.encode(filter)));
  }

  /** The same; {@code status = "open" and total > 10}. */
  public DocumentOptions onlyIf(String filter) {
    return onlyIf(Filter.parse(filter));
  }

  /** Only if the document is still as it was read. */
  public DocumentOptions onlyIfVersion(long version) {
    return onlyIf(new Condition.VersionIs(version));
  }

  public DocumentOptions onlyIf(Condition required) {
    return new DocumentOptions(required, ttlMillis, returning, timeout);
  }

  /**
   * Expires after so long.
   *
   * @throws HengeException INVALID_ARGUMENT for less than a millisecond
   */
  public DocumentOptions ttl(Duration ttl) {
    return new DocumentOptions(
        condition, WriteOptions.DEFAULT.ttl(ttl).ttlMillis(), returning, timeout);
  }

  public DocumentOptions neverExpires() {
    return new DocumentOptions(condition, Action.TTL_NEVER, returning, timeout);
  }

  public DocumentOptions returning(Returning what) {
    return new DocumentOptions(condition, ttlMillis, what, timeout);
  }

  public DocumentOptions timeout(Duration limit) {
    return new DocumentOptions(condition, ttlMillis, returning, limit);
  }
}
