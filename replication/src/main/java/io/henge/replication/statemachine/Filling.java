package io.henge.replication.statemachine;

import io.henge.api.item.Value;
import io.henge.api.key.PhysicalKey;
import io.henge.engine.KeySpace;
import io.henge.engine.RowCursor;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Applies FILL entries. Of the applying thread. */
final class Filling {
  /** Most documents of one entry. These limits are part of the format. */
  static final int DOCUMENTS_MAX = 500;

  /** An entry ends with the document that reaches so many bytes. */
  static final int BYTES_MAX = 512 << 10;

  /** Most rows, of other collections too, that one entry looks at. */
  static final int ROWS_MAX = 5000;

  private final EntryReads reads;
  private final Overlay overlay;
  private final Derivation derivation;
  private final DocumentFigures figures;
  private ShardState shard;

  /** Takes a document; false to end the part before it. */
  interface Visitor {
    boolean visit(byte[] key, byte[] document);
  }

  Filling(
      EntryReads reads,
      Overlay overlay,
      Derivation derivation,
      DocumentFigures figures,
      ShardState initial) {
    this.figures = figures;
    this.reads = reads;
    this.overlay = overlay;
    this.derivation = derivation;
    this.shard = initial;
  }

  /**
   * Applies an entry. One that names another position than the one that was reached is a repetition
   * without effect. A frozen shard fills nothing, and one that is absorbing its neighbour neither:
   * what is READY must not change until both are one.
   */
  ShardState apply(Entry.Fill fill, ShardState before, long nowMillis) {
    DerivedState state = before.derived().find(fill.id());
    if (state == null
        || !state.isFilling()
        || !Arrays.equals(state.position(), fill.position())
        || before.shard() == null
        || before.reshaping().isFrozen()
        || before.reshaping().absorbing() != null) {
      return before;
    }
    shard = before;
    derivation.beginFill(before, nowMillis);
    DerivedState after = fillerOf(state).fill(state, this);
    long version = derivation.deriveFilled();
    DerivedStates states = derivation.states();
    return before
        .withVersion(version)
        .with(after == null ? states.without(state.id()) : states.with(after));
  }

  /** Whoever keeps an index or a rule builds and drops it. */
  private Filler fillerOf(DerivedState state) {
    return switch (state.kind()) {
      case INDEX -> INDEXES;
      case RULE -> shard.catalogue().follow().rule(state.id()) == null ? FAMILIES : FOLLOW;
    };
  }

  private static final Filler INDEXES = new IndexFiller();
  private static final Filler FAMILIES = new FamilyFiller();
  private static final Filler FOLLOW = new FollowFiller();

  /** The shard before the entry's first change. */
  ShardState shard() {
    return shard;
  }

  ShardDescription range() {
    return Objects.requireNonNull(shard.shard(), "checked before");
  }

  /** Derived rows, to read and to change. */
  DerivedRows rows() {
    return derivation.rows();
  }

  /** To read and set documents. */
  Derivation derivation() {
    return derivation;
  }

  /**
   * Shows documents of a collection in the order of their keys, as they are now, until the part is
   * large enough.
   *
   * @param after key behind which to begin; empty = at the beginning
   * @return where to go on: key of the last row that has been looked at; null if there are no more
   */
  byte @Nullable [] forEachDocument(byte[] after, int collectionId, Visitor visitor) {
    ShardDescription range = range();
    byte[] from = range.later(after.length == 0 ? after : next(after));
    if (ShardDescription.isEmpty(from, range.end())) {
      return null;
    }
    byte[] last = after;
    int documents = 0;
    int seen = 0;
    long bytes = 0;
    try (RowCursor cursor = reads.view().scan(KeySpace.DATA, from, range.end(), false)) {
      while (cursor.next()) {
        if (documents >= DOCUMENTS_MAX || bytes >= BYTES_MAX || seen >= ROWS_MAX) {
          return last;
        }
        byte[] key = cursor.key();
        seen++;
        if (PhysicalKey.collectionId(key) == collectionId) {
          byte[] document = document(key, cursor);
          if (document != null) {
            if (!visitor.visit(key, document)) {
              return last;
            }
            documents++;
            figures.filled();
            bytes += document.length;
          }
        }
        last = key;
      }
    }
    return null;
  }

  /** What the sweep of the same entry has deleted is not there any more. */
  private byte @Nullable [] document(byte[] key, RowCursor cursor) {
    Overlay.Cell cell = overlay.find(key);
    Value value;
    if (cell != null) {
      overlay.load(cell);
      value = cell.present() ? cell.value() : null;
    } else {
      value = ItemCodec.value(cursor.value());
    }
    return value instanceof Value.Document document ? document.bytes() : null;
  }

  /** The smallest key behind another one. */
  static byte[] next(byte[] key) {
    return Arrays.copyOf(key, key.length + 1);
  }
}
