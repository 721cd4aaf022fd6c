package io.henge.replication.statemachine;

import java.util.Arrays;

/** A first-in first-out queue of numbers. Not thread-safe. */
final class LongQueue {
  private long[] items = new long[16];
  private int first;
  private int size;

  void add(long item) {
    if (size == items.length) {
      long[] grown = new long[2 * size];
      for (int i = 0; i < size; i++) {
        grown[i] = items[(first + i) & (size - 1)];
      }
      items = grown;
      first = 0;
    }
    items[(first + size) & (items.length - 1)] = item;
    size++;
  }

  long remove() {
    long item = items[first];
    first = (first + 1) & (items.length - 1);
    size--;
    return item;
  }

  boolean isEmpty() {
    return size == 0;
  }

  void clear() {
    first = 0;
    size = 0;
    Arrays.fill(items, 0);
  }
}
