package io.henge.replication.statemachine;

import io.henge.api.item.RequestId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which row of {@link io.henge.engine.KeySpace#REQUESTS} may remember a request: about 24 to 48
 * bytes of memory for each, without an object. Requests lie in buckets by their not-after time, so
 * that forgetting drops a bucket whole; a look-up asks each of the few buckets. Of the applying
 * thread, but for {@link #bytes} and {@link #nextForgetting}.
 */
final class RequestIndex {
  /** A bucket holds the not-after times that are equal but for so many low bits: 8.2 s. */
  private static final int BUCKET_BITS = 13;

  private static final int CAPACITY_MIN = 64;

  /** In order of time. */
  private final List<Bucket> buckets = new ArrayList<>();

  /** Memory of the buckets; {@link #bytes} is what others see of it. */
  private long held;

  private volatile long bytes;
  private volatile long nextForgetting = Long.MAX_VALUE;

  /** Requests of one span of not-after times: an open-addressing table of hashes and rows. */
  private static final class Bucket {
    final long number;
    long[] hashes;
    long[] refs;
    int size;

    /** Rows whose last request is of this bucket: they go with it. */
    long[] rows = new long[16];

    int rowCount;

    Bucket(long number, int capacity) {
      this.number = number;
      hashes = new long[capacity];
      refs = new long[capacity];
    }

    void add(long hash, long ref) {
      if (3L * (size + 1) > 2L * hashes.length) {
        grow();
      }
      place(hash, ref);
      size++;
    }

    private void grow() {
      long[] oldHashes = hashes;
      long[] oldRefs = refs;
      hashes = new long[2 * oldHashes.length];
      refs = new long[2 * oldRefs.length];
      for (int i = 0; i < oldHashes.length; i++) {
        if (oldHashes[i] != 0) {
          place(oldHashes[i], oldRefs[i]);
        }
      }
    }

    private void place(long hash, long ref) {
      int mask = hashes.length - 1;
      int slot = (int) hash & mask;
      while (hashes[slot] != 0) {
        slot = (slot + 1) & mask;
      }
      hashes[slot] = hash;
      refs[slot] = ref;
    }

    void addRow(long ref) {
      if (rowCount == rows.length) {
        rows = Arrays.copyOf(rows, 2 * rowCount);
      }
      rows[rowCount++] = ref;
    }

    long bytes() {
      return 16L * hashes.length + 8L * rows.length + 128;
    }

    /** First time at which all its requests are past. */
    long endMillis() {
      return (number + 1) << BUCKET_BITS;
    }
  }

  /** Takes what a look-up has found; false ends it. */
  @FunctionalInterface
  interface Candidates {
    boolean next(long ref);
  }

  /** Shows every row that may hold the request, until told to stop. */
  void find(RequestId id, Candidates candidates) {
    long hash = hash(id);
    for (int b = 0; b < buckets.size(); b++) {
      Bucket bucket = buckets.get(b);
      int mask = bucket.hashes.length - 1;
      for (int slot = (int) hash & mask; bucket.hashes[slot] != 0; slot = (slot + 1) & mask) {
        if (bucket.hashes[slot] == hash && !candidates.next(bucket.refs[slot])) {
          return;
        }
      }
    }
  }

  void add(RequestId id, long notAfterMillis, long ref) {
    Bucket bucket = bucket(notAfterMillis);
    long before = bucket.bytes();
    bucket.add(hash(id), ref);
    hold(bucket.bytes() - before);
  }

  /** Notes a row, by the latest not-after time in it. */
  void addRow(long ref, long notAfterMillisMax) {
    Bucket bucket = bucket(notAfterMillisMax);
    long before = bucket.bytes();
    bucket.addRow(ref);
    hold(bucket.bytes() - before);
  }

  /** Takes rows that are forgotten together. */
  @FunctionalInterface
  interface Forgotten {
    void rows(long[] refs, int count);
  }

  /** Drops the requests that are past, by whole buckets, and gives their rows away. */
  void forget(long timeMillis, Forgotten dead) {
    if (timeMillis < nextForgetting) {
      return;
    }
    while (!buckets.isEmpty() && buckets.get(0).endMillis() <= timeMillis) {
      Bucket bucket = buckets.remove(0);
      hold(-bucket.bytes());
      dead.rows(bucket.rows, bucket.rowCount);
    }
    noteNext();
  }

  void clear() {
    buckets.clear();
    hold(-held);
    noteNext();
  }

  /** Memory that it takes. */
  long bytes() {
    return bytes;
  }

  /** Shard time at which something can be forgotten next. */
  long nextForgetting() {
    return nextForgetting;
  }

  private Bucket bucket(long notAfterMillis) {
    long number = notAfterMillis >> BUCKET_BITS;
    int at = buckets.size();
    while (at > 0 && buckets.get(at - 1).number >= number) {
      at--;
    }
    if (at < buckets.size() && buckets.get(at).number == number) {
      return buckets.get(at);
    }
    // About as many as its neighbour holds: spares most of the growing.
    int neighbour = at > 0 ? buckets.get(at - 1).size : 0;
    Bucket bucket =
        new Bucket(number, Math.max(CAPACITY_MIN, Integer.highestOneBit(neighbour + 1)));
    buckets.add(at, bucket);
    hold(bucket.bytes());
    noteNext();
    return bucket;
  }

  private void hold(long more) {
    if (more != 0) {
      held += more;
      bytes = held;
    }
  }

  private void noteNext() {
    nextForgetting = buckets.isEmpty() ? Long.MAX_VALUE : buckets.get(0).endMillis();
  }

  /** Not 0. In memory only, so it may change. */
  private static long hash(RequestId id) {
    long hash = id.clientHigh() * 0x9E3779B97F4A7C15L;
    hash = (hash ^ (hash >>> 32) ^ id.clientLow()) * 0xBF58476D1CE4E5B9L;
    hash = (hash ^ (hash >>> 29) ^ id.sequence()) * 0x94D049BB133111EBL;
    hash ^= hash >>> 31;
    return hash == 0 ? 1 : hash;
  }
}
