package io.henge.replication.statemachine;

import io.henge.document.DocumentLimits;

/**
 * Limits that apply itself keeps. They are part of the format, equal on every node and in every
 * configuration: a replica that drew the line elsewhere would diverge. Configured limits may be
 * lower, and are checked before a write is proposed.
 */
public final class ApplyLimits {
  /** Largest physical key. */
  public static final int KEY_BYTES_MAX = 4 << 10;

  /** Largest value, also after appending. */
  public static final int VALUE_BYTES_MAX = 1 << 20;

  /** What documents may be; see {@link #STEPS_MAX} for steps. */
  public static final DocumentLimits DOCUMENTS =
      new DocumentLimits(VALUE_BYTES_MAX, 8 << 20, 100, 100_000, 2_000_000);

  /** What documents may be together with the fields that rules own; those are up to 16 deep. */
  static final DocumentLimits HOLDERS =
      new DocumentLimits(VALUE_BYTES_MAX + (576 << 10), 8 << 20, 120, 100_000, 2_000_000);

  /** Where nothing may fail: what rules bound among themselves fits in any case. */
  static final DocumentLimits ANY =
      new DocumentLimits(16 << 20, 16 << 20, DocumentLimits.DEPTH_CEILING, 100_000, Long.MAX_VALUE);

  /** Most steps that the filters and patches of one write take, together. */
  public static final long STEPS_MAX = DOCUMENTS.stepsMax();

  /** Most bytes of items, previous and current ones, that one write gives back. */
  public static final int PREVIOUS_BYTES_MAX = 2 << 20;

  /**
   * What may be derived from the writes of one entry, in bytes of documents and rows, before the
   * next one is told to come again in another entry.
   */
  static final long DERIVED_BYTES_MAX = 64 << 20;

  /** How far a write's not-after time may be ahead: so long its result may take memory. */
  public static final long NOT_AFTER_AHEAD_MILLIS_MAX = 600_000;

  private ApplyLimits() {}
}
