package io.henge.client.internal;

import io.henge.api.v1.FoundItem;
import io.henge.client.FindAll;
import io.henge.client.Stored;
import io.henge.router.scan.RingScan;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.DoubleConsumer;
import java.util.function.Function;

/** The documents of the pages of a scan over the ring. */
final class RingFind<T> implements FindAll<T> {
  private final RingPages pages;
  private final Function<FoundItem, Stored<T>> reader;
  private final DoubleConsumer progress;
  private long left;
  private Iterator<FoundItem> page = List.<FoundItem>of().iterator();
  private byte[] behindPage;
  private byte[] cursor;
  private double done;
  private boolean ended;

  /**
   * @param begun where the scan begins
   * @param limit most documents; 0 = no limit
   */
  RingFind(
      RingPages pages,
      byte[] begun,
      int limit,
      Function<FoundItem, Stored<T>> reader,
      DoubleConsumer progress) {
    this.pages = pages;
    this.reader = reader;
    this.progress = progress;
    this.left = limit == 0 ? Long.MAX_VALUE : limit;
    this.cursor = begun;
    this.behindPage = begun;
  }

  @Override
  public boolean hasNext() {
    while (left > 0 && !page.hasNext() && !ended) {
      cursor = behindPage;
      RingScan.Page next = pages.next();
      if (next == null) {
        ended = true;
      } else {
        page = next.found().getItemsList().iterator();
        behindPage = next.cursor();
        done = next.done();
        progress.accept(done);
      }
    }
    return left > 0 && page.hasNext();
  }

  @Override
  public Stored<T> next() {
    if (!hasNext()) {
      throw new NoSuchElementException("nothing is left of the find");
    }
    left--;
    return reader.apply(page.next());
  }

  @Override
  public double done() {
    return done;
  }

  @Override
  public byte[] cursor() {
    return (page.hasNext() ? cursor : behindPage).clone();
  }

  @Override
  public void close() {
    pages.close();
  }
}
