package io.henge.replication.shard;

import io.henge.replication.statemachine.DocumentFigures;

/**
 * What a patch counts as when an entry is filled. A patch is small whatever it patches; applying it
 * reads and writes the whole document, on every replica. How large the documents are, nobody knows
 * before they are read; but apply has seen those of the entries before. So their average counts: an
 * entry of patches makes apply go through about as many bytes as one of puts may.
 *
 * <p>No part of any format: another leader fills its entries otherwise, and all apply them alike.
 * {@link #applied} is called by one thread after another, {@link #extraBytes} by any.
 */
final class PatchWeight {
  /** What each command that rewrites something counts anyway. */
  static final long COUNTED_BYTES = 16 << 10;

  /** Before anything has been seen. */
  static final long FIRST_BYTES = 64 << 10;

  private final DocumentFigures figures;
  private long patches;
  private long bytes;
  private volatile long average = FIRST_BYTES;

  PatchWeight(DocumentFigures figures) {
    this.figures = figures;
  }

  /** Bytes that a patch counts beyond its command's own weight. */
  long extraBytes() {
    return Math.max(0, average - COUNTED_BYTES);
  }

  /** An entry has been applied here. */
  void applied() {
    long patchesNow = figures.patches() + figures.unchanged();
    if (patchesNow == patches) {
      return;
    }
    long bytesNow = figures.patchedBytes();
    long seen = (bytesNow - bytes) / (patchesNow - patches);
    patches = patchesNow;
    bytes = bytesNow;
    // Large ones count at once; small ones may be the exception.
    average = Math.max(seen, (average + seen) / 2);
  }
}
