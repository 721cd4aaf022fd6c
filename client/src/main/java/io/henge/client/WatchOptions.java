package io.henge.client;

import io.henge.api.changes.ChangeToken;
import io.henge.api.key.Key;
import io.henge.document.filter.Filter;
import org.jspecify.annotations.Nullable;

/**
 * What to watch, and from where on.
 *
 * @param from where to begin
 * @param token of an earlier watch; only with {@link From#TOKEN}
 * @param shardingKey only documents of this one; null = all
 * @param filter only changes after which the document matches, or before which it did if the
 *     collection keeps the document before; null = all
 */
public record WatchOptions(
    From from, @Nullable ChangeToken token, @Nullable Key shardingKey, @Nullable Filter filter) {

  /** Where a watch begins. */
  public enum From {
    /** With what happens from now on. */
    NOW,
    /** With the documents that are there; then what happens. */
    START,
    /** Behind what an earlier watch has given out. */
    TOKEN
  }

  /** What happens from now on. */
  public static final WatchOptions NOW = new WatchOptions(From.NOW, null, null, null);

  /** The documents that are there, and then what happens. */
  public static final WatchOptions START = new WatchOptions(From.START, null, null, null);

  /** Goes on where an earlier watch of the same documents has got to. */
  public static WatchOptions after(ChangeToken token) {
    return new WatchOptions(From.TOKEN, token, null, null);
  }

  /** Only documents of one sharding key. */
  public WatchOptions of(Key key) {
    return new WatchOptions(from, token, key, filter);
  }

  /** Only what matches. */
  public WatchOptions where(Filter condition) {
    return new WatchOptions(from, token, shardingKey, condition);
  }

  /** The same; {@code status = "open" and total > 10}. */
  public WatchOptions where(String condition) {
    return where(Filter.parse(condition));
  }
}
