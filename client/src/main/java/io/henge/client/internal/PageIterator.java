package io.henge.client.internal;

import io.henge.client.Item;
import io.henge.client.Page;
import io.henge.client.ScanOptions;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;

/** Items page by page; the next page is fetched when the last item of one has been taken. */
final class PageIterator implements Iterator<Item> {
  private final Function<ScanOptions, Page> scan;
  private ScanOptions next;
  private Iterator<Item> page = List.<Item>of().iterator();
  private boolean last;

  PageIterator(ScanOptions first, Function<ScanOptions, Page> scan) {
    this.next = first;
    this.scan = scan;
  }

  @Override
  public boolean hasNext() {
    while (!page.hasNext() && !last) {
      Page fetched = scan.apply(next);
      page = fetched.items().iterator();
      last = fetched.cursor() == null;
      next = next.after(fetched.cursor());
    }
    return page.hasNext();
  }

  @Override
  public Item next() {
    if (!hasNext()) {
      throw new NoSuchElementException("no item is left in the range");
    }
    return page.next();
  }
}
