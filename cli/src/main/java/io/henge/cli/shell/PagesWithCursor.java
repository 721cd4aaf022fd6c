package io.henge.cli.shell;

import java.util.Base64;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * What pages have, as much as was asked for, and then where to go on: whether there is more is
 * looked up when it is asked, and does not move the cursor.
 */
final class PagesWithCursor<T> implements Iterator<T> {
  /** A page; its cursor is null if it is the last one. */
  record Page<T>(List<T> items, byte @Nullable [] cursor) {}

  /** Gets pages. */
  interface Fetch<T> {
    /**
     * One page.
     *
     * @param limit most items
     * @param cursor where it begins; null = at the beginning
     */
    Page<T> page(int limit, byte @Nullable [] cursor);
  }

  private final Fetch<T> fetch;
  private Iterator<T> page = Collections.emptyIterator();
  private byte @Nullable [] next;
  private boolean begun;
  private int left;

  /**
   * @param limit most items over all pages
   * @param cursor where to begin; null = at the beginning
   */
  PagesWithCursor(int limit, byte @Nullable [] cursor, Fetch<T> fetch) {
    this.fetch = fetch;
    this.next = cursor;
    this.left = limit;
  }

  /** Whether there is another one, also beyond the limit. */
  @Override
  public boolean hasNext() {
    if (left == 0) {
      return isMore();
    }
    while (!page.hasNext() && (!begun || next != null)) {
      Page<T> fetched = fetch.page(left, next);
      begun = true;
      page = fetched.items().iterator();
      next = fetched.cursor();
    }
    return page.hasNext();
  }

  private boolean isMore() {
    byte[] place = next;
    while (place != null) {
      Page<T> one = fetch.page(1, place);
      if (!one.items().isEmpty()) {
        return true;
      }
      place = one.cursor();
    }
    return false;
  }

  @Override
  public T next() {
    if (left == 0 || !hasNext()) {
      throw new NoSuchElementException("as much as was asked for has been taken");
    }
    left--;
    return page.next();
  }

  /** Where another one goes on; empty if there is nothing more. */
  String cursor() {
    return next == null ? "" : Base64.getUrlEncoder().withoutPadding().encodeToString(next);
  }
}
