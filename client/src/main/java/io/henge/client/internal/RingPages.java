package io.henge.client.internal;

import io.henge.api.error.ErrorCode;
import io.henge.api.error.HengeException;
import io.henge.router.scan.RingScan;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The pages of a scan over the ring, for one thread that waits for them. */
final class RingPages implements AutoCloseable {
  private final Object news = new Object();
  private final RingScan scan;
  private boolean begun;

  // Guarded by news.
  private boolean fresh;
  private boolean closed;

  /**
   * @param scan given what to call when there is news
   */
  RingPages(Function<Runnable, RingScan> scan) {
    this.scan = scan.apply(this::tell);
  }

  private void tell() {
    synchronized (news) {
      fresh = true;
      news.notifyAll();
    }
  }

  /**
   * Waits for a page; null at the end, or when it is closed.
   *
   * @throws HengeException if the scan has failed, or the thread was interrupted
   */
  RingScan.@Nullable Page next() {
    if (!begun) {
      begun = true;
      scan.start();
    }
    while (true) {
      synchronized (news) {
        if (closed) {
          return null;
        }
        fresh = false;
      }
      RingScan.Page page = scan.poll();
      if (page != null || scan.isDone()) {
        return page;
      }
      await();
    }
  }

  private void await() {
    synchronized (news) {
      try {
        while (!fresh && !closed) {
          news.wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new HengeException(
            ErrorCode.DEADLINE, "find over the ring: the thread was interrupted while it waited");
      }
    }
  }

  @Override
  public void close() {
    scan.cancel();
    synchronized (news) {
      closed = true;
      news.notifyAll();
    }
  }
}
