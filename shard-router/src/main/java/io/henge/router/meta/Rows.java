package io.henge.router.meta;

import java.util.AbstractCollection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A sorted table that never changes: a change gives another table, which shares all but one chunk
 * of rows with this one. A cluster has up to a million shards and each command changes one or two
 * of them: a change copies some thousand references, whatever the size of a row.
 *
 * @param <K> what rows are found by
 * @param <E> a row; it holds its own key
 */
final class Rows<K, E> {
  /** About the square root of the largest table, so that neither level is long. */
  private static final int CHUNK_MAX = 512;

  private final Function<? super E, ? extends K> keyOf;
  private final Comparator<? super K> order;

  /** None is empty. */
  private final Object[][] chunks;

  private final int size;

  private Rows(
      Function<? super E, ? extends K> keyOf,
      Comparator<? super K> order,
      Object[][] chunks,
      int size) {
    this.keyOf = keyOf;
    this.order = order;
    this.chunks = chunks;
    this.size = size;
  }

  static <K, E> Rows<K, E> empty(
      Function<? super E, ? extends K> keyOf, Comparator<? super K> order) {
    return new Rows<>(keyOf, order, new Object[0][], 0);
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  @Nullable E get(K key) {
    int chunk = chunkOf(key);
    if (chunk < 0) {
      return null;
    }
    int at = find(chunks[chunk], key);
    return at < 0 ? null : row(chunks[chunk], at);
  }

  /** The first row whose key is not below this one; null if there is none. */
  @Nullable E atOrAfter(K key) {
    Iterator<E> rows = iterator(key);
    return rows.hasNext() ? rows.next() : null;
  }

  /** The last row whose key is below this one; null if there is none. */
  @Nullable E before(K key) {
    int chunk = chunkOf(key);
    if (chunk < 0) {
      return null;
    }
    int at = find(chunks[chunk], key);
    int index = (at < 0 ? -at - 1 : at) - 1;
    if (index >= 0) {
      return row(chunks[chunk], index);
    }
    return chunk == 0 ? null : row(chunks[chunk - 1], chunks[chunk - 1].length - 1);
  }

  /** The first row; the table must not be empty. */
  E first() {
    if (isEmpty()) {
      throw new NoSuchElementException("the table is empty");
    }
    return row(chunks[0], 0);
  }

  /** The table with a row, in the place of the one with its key if there is one. */
  Rows<K, E> with(E row) {
    K key = keyOf.apply(row);
    int chunk = chunkOf(key);
    if (chunk < 0) {
      if (isEmpty()) {
        return new Rows<>(keyOf, order, new Object[][] {{row}}, 1);
      }
      chunk = 0;
    }
    Object[] old = chunks[chunk];
    int at = find(old, key);
    if (at >= 0) {
      Object[] changed = old.clone();
      changed[at] = row;
      Object[][] all = chunks.clone();
      all[chunk] = changed;
      return new Rows<>(keyOf, order, all, size);
    }
    int place = -at - 1;
    Object[] grown = new Object[old.length + 1];
    System.arraycopy(old, 0, grown, 0, place);
    grown[place] = row;
    System.arraycopy(old, place, grown, place + 1, old.length - place);
    return new Rows<>(keyOf, order, replaced(chunk, grown, place), size + 1);
  }

  /** All chunks with one in another's place; halved if it has become too large. */
  private Object[][] replaced(int chunk, Object[] grown, int place) {
    if (grown.length <= CHUNK_MAX) {
      Object[][] all = chunks.clone();
      all[chunk] = grown;
      return all;
    }
    // Rows mostly come in order: then what lies before is left full.
    int cut = place == grown.length - 1 ? grown.length - 1 : grown.length / 2;
    Object[][] all = new Object[chunks.length + 1][];
    System.arraycopy(chunks, 0, all, 0, chunk);
    all[chunk] = Arrays.copyOfRange(grown, 0, cut);
    all[chunk + 1] = Arrays.copyOfRange(grown, cut, grown.length);
    System.arraycopy(chunks, chunk + 1, all, chunk + 2, chunks.length - chunk - 1);
    return all;
  }

  /** The table with many rows at once, later ones in the place of earlier ones. */
  Rows<K, E> withAll(Collection<E> rows) {
    if (rows.size() < 16 || rows.size() < size / 64) {
      Rows<K, E> table = this;
      for (E row : rows) {
        table = table.with(row);
      }
      return table;
    }
    TreeMap<K, E> sorted = new TreeMap<>(order);
    values().forEach(row -> sorted.put(keyOf.apply(row), row));
    rows.forEach(row -> sorted.put(keyOf.apply(row), row));
    List<Object[]> made = new ArrayList<>();
    Iterator<E> next = sorted.values().iterator();
    for (int left = sorted.size(); left > 0; left -= CHUNK_MAX) {
      Object[] chunk = new Object[Math.min(left, CHUNK_MAX)];
      for (int i = 0; i < chunk.length; i++) {
        chunk[i] = next.next();
      }
      made.add(chunk);
    }
    return new Rows<>(keyOf, order, made.toArray(Object[][]::new), sorted.size());
  }

  /** The table without the row that has this key; this one if there is none. */
  Rows<K, E> without(K key) {
    int chunk = chunkOf(key);
    int at = chunk < 0 ? -1 : find(chunks[chunk], key);
    if (at < 0) {
      return this;
    }
    Object[] old = chunks[chunk];
    if (old.length == 1) {
      Object[][] all = new Object[chunks.length - 1][];
      System.arraycopy(chunks, 0, all, 0, chunk);
      System.arraycopy(chunks, chunk + 1, all, chunk, all.length - chunk);
      return new Rows<>(keyOf, order, all, size - 1);
    }
    Object[] shrunk = new Object[old.length - 1];
    System.arraycopy(old, 0, shrunk, 0, at);
    System.arraycopy(old, at + 1, shrunk, at, shrunk.length - at);
    Object[][] all = chunks.clone();
    all[chunk] = shrunk;
    return new Rows<>(keyOf, order, all, size - 1);
  }

  /** All rows, in order. */
  Collection<E> values() {
    return view(() -> new Walk(0, 0), size);
  }

  /** Rows whose keys are not below this one, in order. */
  Iterator<E> iterator(K from) {
    int chunk = Math.max(0, chunkOf(from));
    if (chunk >= chunks.length) {
      return new Walk(chunk, 0);
    }
    int at = find(chunks[chunk], from);
    return new Walk(chunk, at < 0 ? -at - 1 : at);
  }

  private static <E> Collection<E> view(Iterable<E> rows, int size) {
    return new AbstractCollection<>() {
      @Override
      public Iterator<E> iterator() {
        return rows.iterator();
      }

      @Override
      public int size() {
        return size;
      }
    };
  }

  /** The last chunk that does not begin above a key; -1 if all do. */
  private int chunkOf(K key) {
    int low = 0;
    int high = chunks.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (order.compare(keyOf.apply(row(chunks[middle], 0)), key) <= 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  private int find(Object[] chunk, K key) {
    int low = 0;
    int high = chunk.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int compared = order.compare(keyOf.apply(row(chunk, middle)), key);
      if (compared == 0) {
        return middle;
      } else if (compared < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }

  @SuppressWarnings("unchecked") // only rows are ever put in
  private E row(Object[] chunk, int at) {
    return (E) chunk[at];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof Rows<?, ?> that) || that.size != size) {
      return false;
    }
    Iterator<?> theirs = that.values().iterator();
    for (E mine : values()) {
      if (!mine.equals(theirs.next())) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return size;
  }

  @Override
  public String toString() {
    return values().toString();
  }

  private final class Walk implements Iterator<E> {
    private int chunk;
    private int at;

    Walk(int chunk, int at) {
      this.chunk = chunk;
      this.at = at;
      skip();
    }

    private void skip() {
      while (chunk < chunks.length && at >= chunks[chunk].length) {
        chunk++;
        at = 0;
      }
    }

    @Override
    public boolean hasNext() {
      return chunk < chunks.length;
    }

    @Override
    public E next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no more rows");
      }
      E row = row(chunks[chunk], at++);
      skip();
      return row;
    }
  }
}
