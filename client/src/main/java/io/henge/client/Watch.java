package io.henge.client;

import io.henge.api.changes.ChangeToken;
import io.henge.api.error.HengeException;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;

/**
 * The changes of a collection, as they come. At least once: within a sharding key in the order of
 * versions, and again only after it was begun anew from a {@link #token}. Splits, merges, moves and
 * failed leaders are no concern of whoever watches. What is not taken is not fetched.
 *
 * <p>Fails with {@link HengeException} NOT_FOUND if what comes next is not kept any more; then the
 * collection has to be read again ({@link WatchOptions#START}).
 *
 * <p>To be closed. Of one thread, but for {@link #close}.
 */
public interface Watch<T> extends Iterator<DocumentChange<T>>, AutoCloseable {
  /** Waits for the next change; false once the watch is closed. */
  @Override
  boolean hasNext();

  /**
   * The next change; waits for it.
   *
   * @throws java.util.NoSuchElementException if the watch is closed
   */
  @Override
  DocumentChange<T> next();

  /** The next change, if there is one in time. */
  Optional<DocumentChange<T>> poll(Duration timeout);

  /**
   * Where the watch is: behind the last change that was given out. With it another watch goes on,
   * in this process or another one. Moves on by itself while nothing happens, as long as somebody
   * waits in {@link #hasNext} or {@link #poll}.
   */
  ChangeToken token();

  /**
   * Why nothing may come for now: the last failure of a shard that has not answered since. It is
   * asked again and again, so there is nothing to do but to look after the cluster. Empty if all
   * answer. On any thread.
   */
  Optional<HengeException> trouble();

  /** Ends it; whoever waits is told. */
  @Override
  void close();
}
