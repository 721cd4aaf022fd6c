package io.henge.replication.statemachine;

import io.henge.engine.KeySpace;
import io.henge.engine.ReadView;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of documents that an index has led to, in the order of their keys. They are read some at a
 * time and compared again. Of one attempt, on a reader thread.
 */
final class CandidatePage {
  private static final int FETCHED_AT_ONCE = 64;

  private final ReadView view;
  private final int itemsMax;
  private final int bytesMax;
  private final RowSieve sieve;
  private final List<StoredItem> items = new ArrayList<>();
  private final List<byte[]> waiting = new ArrayList<>(FETCHED_AT_ONCE);
  private byte @Nullable [] last;
  private long bytes;

  CandidatePage(ReadView view, int itemsMax, int bytesMax, RowSieve sieve) {
    this.view = view;
    this.itemsMax = itemsMax;
    this.bytesMax = bytesMax;
    this.sieve = sieve;
  }

  /**
   * Takes the next candidate, perhaps later.
   *
   * @return false if the page is full
   */
  boolean take(byte[] key) {
    waiting.add(key);
    return waiting.size() < FETCHED_AT_ONCE || flush();
  }

  /** Looks at all that were taken; false if the page ends before one of them. */
  boolean flush() {
    List<byte @Nullable []> rows = view.multiGet(KeySpace.DATA, waiting);
    for (int i = 0; i < rows.size(); i++) {
      if (items.size() >= itemsMax || sieve.isTired()) {
        return false;
      }
      byte[] key = waiting.get(i);
      byte[] row = rows.get(i);
      if (row != null) {
        StoredItem item = ItemCodec.decode(key, row);
        if (sieve.keeps(item)) {
          bytes += key.length + row.length;
          if (bytes > bytesMax && !items.isEmpty()) {
            return false;
          }
          items.add(item);
        }
      }
      last = key;
    }
    waiting.clear();
    return true;
  }

  /** The page, if it is full: the next one goes on behind the last candidate looked at. */
  ItemPage cut() {
    return new ItemPage(items, true, last);
  }

  /** The page, if there is more to find behind a key; all that were taken have been looked at. */
  ItemPage cutBehind(byte[] key) {
    return new ItemPage(items, true, key);
  }

  /** The page, if all has been looked at. */
  ItemPage end() {
    return new ItemPage(items, false, last);
  }
}
