package io.henge.client;

import java.util.function.DoubleConsumer;

/**
 * How to look through the whole ring.
 *
 * @param parallel from how many places of it at once, 1 to 64; as many pages of up to 2 MB are held
 *     at most
 * @param cursor of an earlier {@link FindAll}, to go on from there; empty = from the beginning
 * @param reads how to read each page
 * @param progress told the share of the ring that is done, 0 to 1, after each page; on the thread
 *     that takes the documents
 */
public record FindAllOptions(
    int parallel, byte[] cursor, ReadOptions reads, DoubleConsumer progress) {
  public static final FindAllOptions DEFAULT =
      new FindAllOptions(4, new byte[0], ReadOptions.LINEARIZABLE, done -> {});

  public FindAllOptions parallel(int places) {
    return new FindAllOptions(places, cursor, reads, progress);
  }

  /** Goes on where another one was. */
  public FindAllOptions from(byte[] place) {
    return new FindAllOptions(parallel, place.clone(), reads, progress);
  }

  public FindAllOptions reads(ReadOptions options) {
    return new FindAllOptions(parallel, cursor, options, progress);
  }

  public FindAllOptions progress(DoubleConsumer listener) {
    return new FindAllOptions(parallel, cursor, reads, listener);
  }
}
