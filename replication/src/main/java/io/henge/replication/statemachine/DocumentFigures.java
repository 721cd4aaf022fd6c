package io.henge.replication.statemachine;

import java.util.concurrent.atomic.LongAdder;

/**
 * What apply has done to documents since the replica was opened. No part of the state. Counted are
 * mutations that were evaluated with success, also those of a batch that failed by another one.
 * Written by the applying thread, read by any.
 */
public final class DocumentFigures {
  private final LongAdder puts = new LongAdder();
  private final LongAdder patches = new LongAdder();
  private final LongAdder unchanged = new LongAdder();
  private final LongAdder deletions = new LongAdder();
  private final LongAdder patchSteps = new LongAdder();
  private final LongAdder patchedBytes = new LongAdder();
  private final LongAdder derivations = new LongAdder();
  private final LongAdder derivedBytes = new LongAdder();

  private final LongAdder filled = new LongAdder();

  void put() {
    puts.increment();
  }

  /**
   * A patch was evaluated.
   *
   * @param changes whether the document is another one now
   * @param bytes of the document before and afterwards
   */
  public void patched(boolean changes, long steps, long bytes) {
    (changes ? patches : unchanged).increment();
    patchSteps.add(steps);
    patchedBytes.add(bytes);
  }

  /**
   * Something was derived from a command.
   *
   * @param rules as {@link ShardState#derivations} counts them
   * @param bytes of documents and rows that were written for it
   */
  public void derived(int rules, long bytes) {
    derivations.add(rules);
    derivedBytes.add(bytes);
  }

  void deleted() {
    deletions.increment();
  }

  /** A fill has looked at a document. */
  void filled() {
    filled.increment();
  }

  /** Documents that fills of indexes and copies have looked at. */
  public long filledDocuments() {
    return filled.sum();
  }

  /** Documents that were put, new ones and others. */
  public long puts() {
    return puts.sum();
  }

  /** Patches that changed something. */
  public long patches() {
    return patches.sum();
  }

  /** Patches that left the document as it was. */
  public long unchanged() {
    return unchanged.sum();
  }

  /** Documents that were deleted by a mutation, not by their expiry. */
  public long deletions() {
    return deletions.sum();
  }

  /** Steps that all patches took. */
  public long patchSteps() {
    return patchSteps.sum();
  }

  /** Bytes of all documents that were patched, before and afterwards. */
  public long patchedBytes() {
    return patchedBytes.sum();
  }

  /** Rules and indexes of all commands that something was derived from. */
  public long derivations() {
    return derivations.sum();
  }

  /** Bytes of documents and rows that were written for them. */
  public long derivedBytes() {
    return derivedBytes.sum();
  }
}
