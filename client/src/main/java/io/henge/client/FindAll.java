package io.henge.client;

import java.util.Iterator;

/**
 * What a find over the whole ring finds, in no order: taken page by page from several places at
 * once. Pages are asked for as others are taken, so a slow reader slows the reading down and holds
 * a few pages at most. {@link #hasNext} and {@link #next} block, and fail with {@link
 * io.henge.api.error.HengeException}; what was taken before stands, and {@link #cursor} is good to
 * go on from. What changes meanwhile may be seen or not. Of one thread, but for {@link #close}.
 */
public interface FindAll<T> extends Iterator<Stored<T>>, AutoCloseable {
  /** Share of the ring that is done with the page at hand, 0 to 1. */
  double done();

  /**
   * Where another find goes on behind all pages that were taken to their last document; documents
   * of the page at hand are found again. It stays good whatever becomes of the shards. Empty before
   * the first page has been taken, and at the end.
   */
  byte[] cursor();

  /** Asks for nothing more. */
  @Override
  void close();
}
