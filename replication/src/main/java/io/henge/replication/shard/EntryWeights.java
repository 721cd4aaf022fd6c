package io.henge.replication.shard;

import io.henge.replication.statemachine.DocumentFigures;

/**
 * What writes count as when an entry is filled, beyond their own bytes. A patch is small whatever
 * it patches, and so is a document whatever follows from it: applying it reads and writes whole
 * documents and rows, on every replica. How large those are, nobody knows before they are read; but
 * apply has seen those of the entries before. So their averages count: an entry makes apply go
 * through about as many bytes as one of plain puts may. Apply itself keeps what is derived within a
 * limit, so that an average that was wrong does no harm.
 *
 * <p>No part of any format: another leader fills its entries otherwise, and all apply them alike.
 * {@link #applied} is called by one thread after another, the others by any.
 */
final class EntryWeights {
  /** What each command that rewrites something counts anyway. */
  static final long COUNTED_BYTES = 16 << 10;

  /** A patch, before anything has been seen. */
  static final long FIRST_PATCH_BYTES = 64 << 10;

  /** What follows by one rule, before anything has been seen. */
  static final long FIRST_DERIVATION_BYTES = 16 << 10;

  /** Nothing that follows costs less: it is looked for at least. */
  static final long DERIVATION_BYTES_MIN = 256;

  private final DocumentFigures figures;
  private final Average patch = new Average(FIRST_PATCH_BYTES);
  private final Average derivation = new Average(FIRST_DERIVATION_BYTES);

  EntryWeights(DocumentFigures figures) {
    this.figures = figures;
  }

  /** Bytes that a patch counts beyond its command's own weight. */
  long patch() {
    return Math.max(0, patch.bytes - COUNTED_BYTES);
  }

  /** Bytes that each rule and index counts. */
  long derivation() {
    return Math.max(DERIVATION_BYTES_MIN, derivation.bytes);
  }

  /** An entry has been applied here. */
  void applied() {
    patch.see(figures.patches() + figures.unchanged(), figures.patchedBytes());
    derivation.see(figures.derivations(), figures.derivedBytes());
  }

  /** Bytes of one thing, as those of the last entries were. */
  private static final class Average {
    private long countBefore;
    private long bytesBefore;
    private volatile long bytes;

    Average(long first) {
      bytes = first;
    }

    void see(long countNow, long bytesNow) {
      if (countNow == countBefore) {
        return;
      }
      long seen = (bytesNow - bytesBefore) / (countNow - countBefore);
      countBefore = countNow;
      bytesBefore = bytesNow;
      // Large ones count at once; small ones may be the exception.
      bytes = Math.max(seen, (bytes + seen) / 2);
    }
  }
}
